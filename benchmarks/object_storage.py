"""An S3 on this machine, filled from a folder, that counts its requests.

Usage: ``python -m benchmarks.object_storage FOLDER LOG``: prints its address when the bucket ``bench`` holds
what the folder does, and writes a line to LOG for every request.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import WSGIRequestHandler, make_server

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
    for path in folder.rglob("*"):
        if path.is_file():
            backend.put_object(BUCKET, path.relative_to(folder).as_posix(), path.read_bytes())


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
        app = counted(DomainDispatcherApplication(create_backend_app), stream)
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
