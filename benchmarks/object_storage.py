"""An S3 on this machine, filled from a folder, that counts its requests.

It is moto's server, with lists of its own: moto goes through all objects of the bucket for each page.

Usage: ``python -m benchmarks.object_storage FOLDER LOG``: prints its address when the bucket ``bench`` holds
what the folder does, and writes a line to LOG for every request.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Any, TextIO
from urllib.parse import parse_qsl

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.object_listing import Object, Query, answer

BUCKET = "bench"

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Quiet(WSGIRequestHandler):
    """Keeps connections open, as S3 does, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, *words: Any) -> None:
        """Say nothing."""


def fill(folder: Path) -> None:
    """Put every file below a folder into the bucket.

    :param folder: the folder
    """
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.create_bucket(BUCKET, "us-east-1")
    gc.disable()
    for path in folder.rglob("*"):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            # An etag is made when it is first asked, which two requests must not do at once.
            _ = backend.put_object(BUCKET, name, path.read_bytes()).etag
    gc.freeze()
    gc.enable()


class QuickLists:
    """Moto's app, with the bucket's lists answered here from keys that are kept in order.

    :param app: moto's app
    """

    def __init__(self, app: Wsgi) -> None:
        self._app = app
        self._objects = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_bucket(BUCKET).keys
        self._keys: list[str] | None = None
        self._lock = Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        fields = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
        if environ["PATH_INFO"].strip("/") == BUCKET and fields.get("list-type") == "2":
            body = answer(BUCKET, self._in_order(), Query.read(fields), self._object)
            start("200 OK", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [body]
        result = self._app(environ, start)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            with self._lock:
                self._keys = None
        return result

    def _in_order(self) -> list[str]:
        with self._lock:
            if self._keys is None:
                self._keys = sorted(self._objects.keys())
            return self._keys

    def _object(self, key: str) -> Object:
        found = self._objects[key]
        return Object(found.size, found.etag, found.last_modified_ISO8601)


def counted(app: Wsgi, log: TextIO) -> Wsgi:
    """Return an app that writes down its requests first."""

    def call(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        log.write(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']}\n")
        return app(environ, start)

    return call


def main(folder: str, log: str) -> None:
    """Fill the bucket and serve it."""
    fill(Path(folder))
    with Path(log).open("w", buffering=1) as stream:
        app = counted(QuickLists(DomainDispatcherApplication(create_backend_app)), stream)
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
