"""What vendors deliver: expired links, archives, and names that no file should have."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_render.catalog.deliver import Delivery, Parcel, safe_name
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.core.calls import Fetch, send
from airflow_provider_render.core.errors import DownloadError, NotFoundError
from airflow_provider_render.core.job import OutputKind, RenderJob, RenderOutput
from airflow_provider_render.http.archive import zip_damage
from tests.faults.wire import PATIENT, SECRETS, SIGNATURE
from tests.http.probe import ProbeVendor, call
from tests.http.scripted import cut, ok, reply

EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
PARCEL = Parcel("CHR-1", "CHR-1", RenderJob("probe", "r1", "m1"))


class Deliverer(ProbeVendor):
    """A vendor that asks its API for a link to each file.

    :param names: what the files of every render are called.
    """

    default_outputs = frozenset(OutputKind)

    def __init__(self, base_url, *names, link=None):
        super().__init__(base_url)
        self.names, self.link = names, link

    def outputs(self, job):
        fetch = Fetch(self.link) if self.link else None
        return [RenderOutput(OutputKind.IMAGE, name, "image/png", fetch=fetch) for name in self.names]
        yield

    def locate(self, output):
        answer = yield from send(call(path="/link"))
        return Fetch(answer["url"])


@pytest.fixture
def deliver(client, server, tmp_path):
    """Deliver one render whose files have these names; returns the folder and the entries."""

    def deliver(*names, link=None):
        client.vendor, client.options = Deliverer(server.url, *names, link=link), PATIENT
        files = Delivery(client, place(tmp_path)).fetch(PARCEL)
        return tmp_path / "CHR-1", files

    return deliver


def delivered(tmp_path):
    folder = tmp_path / "CHR-1"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


class TestLinks:
    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_an_expired_link_is_asked_for_anew(self, status, deliver, server, elsewhere, said):
        stale, fresh = (f"{elsewhere.url}/{name}?X-Amz-Signature={SIGNATURE}" for name in ("stale", "fresh"))
        server.plays(ok(url=fresh))
        elsewhere.plays(reply(status, EXPIRED, "application/xml"), reply(200, b"pixels", "image/png"))
        folder, _ = deliver("poster.png", link=stale)
        assert (folder / "poster.png").read_bytes() == b"pixels"
        assert [one.target.partition("?")[0] for one in elsewhere.requests] == ["/stale", "/fresh"]
        said.nothing_of(SECRETS)

    def test_links_that_are_always_expired_are_asked_for_twice_and_told(
        self, deliver, server, elsewhere, said, tmp_path
    ):
        server.plays(ok(url=f"{elsewhere.url}/f?X-Amz-Signature={SIGNATURE}"))
        elsewhere.plays(reply(403, EXPIRED, "application/xml"))
        with pytest.raises(DownloadError, match="its URL has probably expired") as caught:
            deliver("poster.png")
        assert (len(server.requests), len(elsewhere.requests)) == (2, 2)
        assert delivered(tmp_path) == []
        said.nothing_of(SECRETS, caught.value)

    def test_a_link_to_nothing_is_not_asked_for_again(self, deliver, server, elsewhere, said, tmp_path):
        server.plays(ok(url=f"{elsewhere.url}/f?X-Amz-Signature={SIGNATURE}"))
        elsewhere.plays(reply(404, EXPIRED, "application/xml"))
        with pytest.raises(NotFoundError) as caught:
            deliver("poster.png")
        assert len(elsewhere.requests) == 1
        said.nothing_of(SECRETS, caught.value)

    def test_a_second_file_that_breaks_leaves_the_first_whole(self, deliver, server, elsewhere, tmp_path):
        server.plays(ok(url=f"{elsewhere.url}/f"))
        broken = cut(reply(200, b"half", "image/png", content_length="500"))
        elsewhere.plays(reply(200, b"pixels", "image/png"), broken)
        with pytest.raises(Exception, match="GET http"):
            deliver("a.png", "b.png")
        assert delivered(tmp_path) == ["a.png"]
        assert list((tmp_path / "_render/spool").iterdir()) == []


def packed(*names, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in names:
            archive.writestr(name, b"pixels" * 200)
    return buffer.getvalue()


class TestArchives:
    def test_an_archive_is_stored_as_it_is_and_never_unpacked(self, deliver, server, elsewhere, tmp_path):
        hostile = packed("../../escaped.png", "/etc/escaped.png", "C:\\escaped.png", "a/../../escaped.png")
        server.plays(ok(url=f"{elsewhere.url}/f"))
        elsewhere.plays(reply(200, hostile, "application/zip"))
        folder, (file,) = deliver("bundle.zip")
        assert (folder / "bundle.zip").read_bytes() == hostile
        assert (file["path"], file["media_type"]) == ("CHR-1/bundle.zip", "application/zip")
        assert list(tmp_path.rglob("*escaped*")) == []

    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
    @pytest.mark.parametrize("keep", [0.02, 0.5, 0.98])
    def test_an_archive_that_is_cut_short_is_not_delivered(
        self, method, keep, deliver, server, elsewhere, tmp_path
    ):
        whole = packed("a.png", "b.png", method=method)
        server.plays(ok(url=f"{elsewhere.url}/f"))
        elsewhere.plays(reply(200, whole[: int(len(whole) * keep)], "application/zip"))
        with pytest.raises(DownloadError, match="the ZIP file is damaged"):
            deliver("bundle.zip")
        assert delivered(tmp_path) == []


METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@given(
    st.sampled_from([packed("\u00e4/a.png", "b.png", method=method) for method in METHODS]),
    st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), max_size=8),
)
def test_no_damage_to_an_archive_breaks_the_check_itself(tmp_path, whole, changes):
    data = bytearray(whole)
    for where, byte in changes:
        data[int(where * len(data))] = byte
    (tmp_path / "a.zip").write_bytes(data)
    damage = zip_damage(tmp_path / "a.zip")
    assert isinstance(damage, str) or damage is None
    assert damage is None or bytes(data) != whole


def test_a_damaged_bzip2_member_is_damage_and_no_trouble_with_the_disk(tmp_path):
    data = bytearray(packed("a.png", method=zipfile.ZIP_BZIP2))
    data[40:60] = bytes(20)
    (tmp_path / "a.zip").write_bytes(data)
    assert zip_damage(tmp_path / "a.zip") == "Invalid data stream"


def test_an_archive_that_cannot_be_read_is_trouble_with_the_disk(tmp_path):
    with pytest.raises(FileNotFoundError):
        zip_damage(tmp_path / "missing.zip")


NAMES = {
    "../../etc/passwd": "passwd.png",
    "..\\..\\windows\\win.ini": "win.ini",
    "/absolute/poster.png": "poster.png",
    "C:\\poster.png": "poster.png",
    "folder/": "file.png",
    "..": "file.png",
    ".": "file.png",
    "": "file.png",
    "   ": "file.png",
    ".htaccess": "htaccess.png",
    "nul\0byte.png": "nul_byte.png",
    "line\nbreak\r\t\x1b[31m.png": "line_break___[31m.png",
    "right\u202egnp.exe.png": "right_gnp.exe.png",
    "half \ud800 pair.png": "half _ pair.png",
    "x" * 4096: "x" * 100 + ".png",
    "x" * 4096 + ".png": "x" * 100 + ".png",
    "a." + "x" * 4096: "a." + "x" * 98,
    "\u6905" * 4096 + ".png": "\u6905" * 66 + ".png",
    "\U0001fa91" * 4096 + ".png": "\U0001fa91" * 50 + ".png",
    "NUL": "_NUL.png",
    "con.png": "_con.png",
    "lpt1.tar.png": "_lpt1.tar.png",
    "console.png": "console.png",
    "Front View Default Camera Angle": "Front View Default Camera Angle.png",
    "render.json": "render-2.json",
    "RENDER.JSON": "RENDER-2.JSON",
}


@pytest.mark.parametrize(("name", "stored"), NAMES.items(), ids=[ascii(name)[:24] for name in NAMES])
def test_no_name_leaves_the_folder_of_its_item(name, stored, deliver, server, elsewhere, tmp_path):
    (tmp_path / "CHR-1").mkdir()
    (tmp_path / "CHR-1/render.json").write_text("{}")
    server.plays(ok(url=f"{elsewhere.url}/f"))
    elsewhere.plays(reply(200, b"pixels", "image/png"))
    _, (file,) = deliver(name)
    assert (file["name"], file["path"]) == (stored, f"CHR-1/{stored}")
    assert delivered(tmp_path) == sorted({"render.json", stored})
    assert (tmp_path / "CHR-1/render.json").read_text() == "{}"
    json.dumps(file).encode("ascii")
    stored.encode()


def test_files_of_one_name_are_all_kept(deliver, server, elsewhere, tmp_path):
    server.plays(ok(url=f"{elsewhere.url}/f"))
    elsewhere.plays(*(reply(200, data, "image/png") for data in (b"one", b"two", b"three", b"four")))
    long = "x" * 150
    folder, files = deliver("a/poster.png", "b/POSTER.png", f"{long}1.png", f"{long}2.png")
    assert [(folder / file["name"]).read_bytes() for file in files] == [b"one", b"two", b"three", b"four"]
    assert [file["name"] for file in files] == [
        "poster.png",
        "POSTER-2.png",
        "x" * 100 + ".png",
        "x" * 100 + "-2.png",
    ]


def test_a_file_without_extension_takes_no_variants_folder(deliver, server, elsewhere, tmp_path):
    (tmp_path / "CHR-1/dark").mkdir(parents=True)
    server.plays(ok(url=f"{elsewhere.url}/f"))
    elsewhere.plays(reply(200, b"bytes", "application/octet-stream"))
    _, (file,) = deliver("dark")
    assert file["path"] == "CHR-1/dark.bin"


@given(st.text(max_size=300) | st.text("./\\ \0nulCON\u6905\ud800", max_size=300))
def test_every_name_becomes_one_that_a_file_system_takes(tmp_path, name):
    safe = safe_name(name)
    assert safe == safe_name(safe)
    assert not {"/", "\\", "\0"} & set(safe)
    assert safe not in ("", ".", "..")
    assert not safe.startswith((".", " "))
    assert not safe.endswith((".", " "))
    assert len(safe.encode()) <= 230
    assert safe.isprintable()
