"""Bodies that arrive: bounded, spooled to disk, hashed on the way."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from starlette.requests import Request

from airflow_provider_render.sandbox.identity import new_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.datastructures import FormData
    from starlette.types import Message

CHUNK_BYTES = 1 << 20
FORM_OVERHEAD_BYTES = 1 << 20
DEEPEST_JSON = 40


class BodyTooLarge(Exception):  # noqa: N818
    """The request's body is above the limit; it was read to its end and thrown away."""


@dataclass(frozen=True)
class StoredFile:
    """
    A file that arrived.

    :param path: where it is now.
    :param size: bytes.
    :param sha256: lower-case hexadecimal.
    :param head: its first bytes.
    """

    path: Path
    size: int
    sha256: str
    head: bytes


@asynccontextmanager
async def form(request: Request, limit: int) -> AsyncIterator[FormData]:
    """
    Read a multipart form; its files lie on disk and are gone after the block.

    :param request: the request.
    :param limit: bytes that a file may have.
    :raises BodyTooLarge: if the body is clearly larger than that.
    """
    bounded = Request(request.scope, _Bounded(request, limit + FORM_OVERHEAD_BYTES))
    async with bounded.form() as fields:
        yield fields


async def json_object(request: Request, limit: int = 4 << 20) -> dict[str, Any]:
    """
    Read a JSON object; anything else counts as an empty one.

    :param request: the request.
    :param limit: bytes of the body.
    :raises BodyTooLarge: if the body is larger than that.
    """
    try:
        content = parsed(await body(request, limit))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


async def body(request: Request, limit: int = 4 << 20) -> bytes:
    """
    Read a whole body.

    :param request: the request.
    :param limit: bytes that it may have.
    :raises BodyTooLarge: if it is larger than that.
    """
    return await Request(request.scope, _Bounded(request, limit)).body()


def parsed(text: str | bytes) -> Any:
    """
    Read JSON that can be kept and answered again.

    :raises ValueError: it is not JSON, is nested absurdly deep, or holds what no JSON answer can carry: NaN,
        infinity or half a character.
    """
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not _is_shallow(content, DEEPEST_JSON):
        raise ValueError("nested too deep")
    return content


def _is_shallow(content: Any, levels: int) -> bool:
    if isinstance(content, dict):
        content = list(content.values())
    if not isinstance(content, list):
        return True
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in content)


async def store(file: IO[bytes], folder: Path) -> StoredFile:
    """
    Copy an open file into a folder under a new name, without holding it in memory.

    :param file: the file; it is read from its beginning.
    :param folder: made when missing.
    """
    return await asyncio.to_thread(_copy, file, folder)


def _copy(file: IO[bytes], folder: Path) -> StoredFile:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{new_id()}.upload"
    digest, size, head = hashlib.sha256(), 0, b""
    file.seek(0)
    with path.open("wb") as target:
        while chunk := file.read(CHUNK_BYTES):
            head = head or chunk[:64]
            size += len(chunk)
            digest.update(chunk)
            target.write(chunk)
    return StoredFile(path, size, digest.hexdigest(), head)


class _Bounded:
    """A request's ``receive`` that refuses more than so many bytes, but only after it has read them all: a
    client that is cut off while it sends rarely sees the answer."""

    def __init__(self, request: Request, limit: int) -> None:
        self._receive = request.receive
        self._limit = limit
        self._seen = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            while message.get("more_body", False):
                message = await self._receive()
            raise BodyTooLarge
        return message
