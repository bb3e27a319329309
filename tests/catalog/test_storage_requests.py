"""What reading from object storage asks of a server, over real sockets."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from fsspec import AbstractFileSystem

from airflow_provider_render.catalog.storage import place
from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.core.errors import OutputError

FILES = {
    "/whole": b"0123456789",
    "/empty": b"",
    "/busy": b"01234",
    "/store/_render/store.json": b'{"version": 1, "shards": 16}',
}
BROKEN = {"/broken": 500, "/forbidden": 403, "/store/_render/state/0000.json": 503}

BUSY = {"/busy"}
"""Files of which the server tells the size, but not what is in them."""


class Objects(BaseHTTPRequestHandler):
    """Serves a few objects with ranges, as object storage does, and writes down what it is asked."""

    asked: list[str]

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.asked.append(f"{self.command} {self.path}")
        data = FILES.get(self.path)
        if self.command == "GET" and self.path in BUSY:
            self.answer(503, b"")
            return
        ranged = "Range" in self.headers
        if data is None:
            self.answer(BROKEN.get(self.path, 404), b"")
        elif ranged and not data:
            self.answer(416, b"")
        else:
            self.answer(206 if ranged else 200, data)

    def answer(self, status, data):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Accept-Ranges", "bytes")
        if status == 206:
            self.send_header("Content-Range", f"bytes 0-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def objects():
    """A place in object storage, and the list of what its server was asked."""
    from airflow.sdk.io import attach
    from fsspec.implementations.http import HTTPFileSystem

    attach("http", fs=HTTPFileSystem(skip_instance_cache=True))
    asked: list[str] = []
    handler = type("Counted", (Objects,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield place(f"http://127.0.0.1:{server.server_port}"), asked
        server.shutdown()


def test_a_whole_file_is_one_request(objects):
    there, asked = objects
    assert (there / "whole").read() == b"0123456789"
    assert asked == ["GET /whole"]


def test_an_empty_file_is_read_where_the_storage_refuses_a_range_of_it(objects):
    there, _ = objects
    assert (there / "empty").read() == b""


def test_a_missing_file_is_told_from_one_that_cannot_be_read(objects):
    there, asked = objects
    with pytest.raises(FileNotFoundError):
        (there / "missing").read()
    assert asked == ["GET /missing"]
    for name in ("broken", "forbidden"):
        with pytest.raises(Exception, match=str(BROKEN[f"/{name}"])) as caught:
            (there / name).read()
        assert not isinstance(caught.value, FileNotFoundError)


def test_a_file_that_holds_something_is_not_empty_because_it_cannot_be_read_now(objects):
    there, asked = objects
    with pytest.raises(Exception, match="503"):
        (there / "busy").read()
    assert asked == ["GET /busy", "HEAD /busy"]
    assert (there / "busy").entry().size == 5


class Remembering(AbstractFileSystem):
    """Keeps listings, as file systems of object storage do, and takes sizes from what it has kept."""

    protocol = "gs"
    cachable = False

    def __init__(self):
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def ls(self, path, detail=True, **_):
        folder = path.rstrip("/")
        if folder not in self.dircache:
            found = ((name, data) for name, data in self.objects.items() if self._parent(name) == folder)
            self.dircache[folder] = [
                {"name": name, "size": len(data), "type": "file"} for name, data in found
            ]
        listed = self.dircache[folder]
        return listed if detail else [entry["name"] for entry in listed]

    def _open(self, path, *_, **__):
        return BytesIO(self.objects[path][: self.info(path)["size"]])

    def invalidate_cache(self, path=None):
        self.dircache.clear()


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(lambda folder: (folder / "a").entry().size, id="entry"),
        pytest.param(lambda folder: len((folder / "a").read()), id="read"),
        pytest.param(lambda folder: len((folder / "a").open().read()), id="open"),
        pytest.param(lambda folder: next(folder.listing()).size, id="listing"),
        pytest.param(lambda folder: next(folder.walk()).size, id="walk"),
    ],
)
def test_what_another_task_has_written_since_is_seen(size, tmp_path):
    from airflow.sdk.io import attach

    storage = Remembering()
    attach("gs", conn_id=tmp_path.name, fs=storage)
    storage.objects["bucket/a"] = b"old"
    folder = place(f"gs://{tmp_path.name}@bucket")
    assert size(folder) == 3
    storage.objects["bucket/a"] = b"newer"
    assert size(folder) == 5


def test_a_state_file_that_cannot_be_read_is_not_taken_for_an_empty_one(objects):
    there, asked = objects
    store = StateStore(there / "store")
    with pytest.raises(OutputError, match=r"cannot read .*0000\.json"):
        store.load({0})
    assert store.load({1}) == {}
    assert asked.count("GET /store/_render/state/0001.json") == 1
    assert "HEAD /store/_render/state/0001.json" not in asked


class Dropping(Remembering):
    """Drops a listing as s3fs does, while another file of the same folder is read."""

    def __init__(self):
        super().__init__()
        self.met = lambda: None

    def invalidate_cache(self, path=None):
        folder = self._parent(path)
        if folder in self.dircache:
            met, self.met = self.met, lambda: None
            met()
            del self.dircache[folder]

    def info(self, path, **_):
        return {"name": path, "size": len(self.objects[path]), "type": "file"}


def test_two_threads_do_not_drop_the_same_listing(tmp_path):
    from airflow.sdk.io import attach

    storage = Dropping()
    attach("gs", conn_id=tmp_path.name, fs=storage)
    storage.objects.update({"bucket/a": b"one", "bucket/b": b"three"})
    sizes = {}

    def read(name):
        sizes[name] = place(f"gs://{tmp_path.name}@bucket/{name}").entry().size

    other = threading.Thread(target=read, args=["b"])

    def meanwhile():
        other.start()
        # The other one has to wait until this one is through.
        other.join(0.3)

    list(place(f"gs://{tmp_path.name}@bucket").listing())
    storage.met = meanwhile
    read("a")
    other.join()
    assert sizes == {"a": 3, "b": 5}
