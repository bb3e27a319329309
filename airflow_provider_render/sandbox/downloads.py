"""Files that leave: by range, or as a ZIP that is made while it is sent."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

CHUNK_BYTES = 256 * 1024
RANGE = re.compile(r"bytes=\s*(\d+-\d*|-\d+)(\s*,\s*(\d+-\d*|-\d+))*\s*")
ENDS = re.compile(r"(\d+)-(\d+)")


class RangedFile(FileResponse):
    """A file with Range, If-Range, ETag, 206 and 416; as RFC 9110 wants, a senseless Range is ignored."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or the part that was asked for."""
        headers = MutableHeaders(scope=scope)
        if not _is_sensible(headers.get("range", "")):
            del headers["range"]
        await super().__call__({**scope, "headers": headers.raw}, receive, send)


def _is_sensible(wanted: str) -> bool:
    ends = ENDS.findall(wanted)
    return RANGE.fullmatch(wanted) is not None and all(int(first) <= int(last) for first, last in ends)


class WholeFile(FileResponse):
    """A file that is always sent whole."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        del self.headers["accept-ranges"]
        headers = MutableHeaders(scope=scope)
        del headers["range"]
        await super().__call__({**scope, "headers": headers.raw}, receive, send)


def streamed_zip(members: Mapping[str, Path], headers: Mapping[str, str]) -> StreamingResponse:
    """
    Send files as one ZIP of unknown length.

    :param members: name inside the ZIP -> file.
    :param headers: more response headers.
    """
    return StreamingResponse(_off_loop(_zipped(members)), headers=headers, media_type="application/zip")


def streamed_file(path: Path, media_type: str, headers: Mapping[str, str]) -> StreamingResponse:
    """
    Send a file without telling its length.

    :param path: the file.
    :param media_type: its Content-Type.
    :param headers: more response headers.
    """
    return StreamingResponse(_off_loop(_chunks(path)), headers=headers, media_type=media_type)


async def _off_loop(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        yield part


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


class _Outlet(io.RawIOBase):
    """Takes what a ZIP writer writes; not seekable, so the writer puts the sizes behind each member."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def _zipped(members: Mapping[str, Path]) -> Iterator[bytes]:
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        for name, path in members.items():
            member = zipfile.ZipInfo.from_file(path, name)
            with archive.open(member, "w") as target:
                for chunk in _chunks(path):
                    target.write(chunk)
                    yield outlet.take()
    yield outlet.take()
