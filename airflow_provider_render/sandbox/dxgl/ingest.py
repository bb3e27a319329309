"""Model files that arrive: what they are called, what they are, and how they are fetched from a URL."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import httpx

from airflow_provider_render.sandbox import uploads
from airflow_provider_render.sandbox.dxgl.errors import ApiError
from airflow_provider_render.sandbox.dxgl.orders import Upload

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.dxgl.double import Dxgl
    from airflow_provider_render.sandbox.uploads import StoredFile

LARGEST_FILE = 100 * 1024 * 1024
FORMATS = ("glb", "gltf", "zip")
URL_FORMATS = ("glb", "gltf")


async def keep(dxgl: Dxgl, name: str, file: IO[bytes], formats: tuple[str, ...] = FORMATS) -> Upload:
    """
    Store an open file below the account's incoming folder.

    :param name: file name as the client gave it.
    :param file: the open file.
    :param formats: what is accepted.
    :raises ApiError: ``invalid_format`` or ``file_too_large``; the file is then gone.
    """
    stored = await uploads.store(file, dxgl.incoming)
    try:
        base = PurePosixPath(name.replace("\\", "/")).name
        return Upload(base, _format(base, stored, formats), stored)
    except ApiError:
        stored.path.unlink(missing_ok=True)
        raise


def _format(name: str, stored: StoredFile, formats: tuple[str, ...]) -> str:
    ending = PurePosixPath(name).suffix.lower().lstrip(".")
    if ending not in formats or not _looks_like(ending, stored.head):
        wanted = ", ".join(f".{each}" for each in formats)
        raise ApiError("invalid_format", f"File is not one of {wanted}: {name}")
    if stored.size > LARGEST_FILE:
        raise ApiError("file_too_large")
    return ending


def _looks_like(ending: str, head: bytes) -> bool:
    if ending == "gltf":
        return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    return head.startswith(b"glTF" if ending == "glb" else b"PK")


async def fetch(dxgl: Dxgl, url: object) -> Upload:
    """
    Download a model.

    :param url: the ``url`` field of the request.
    :raises ApiError: ``url_required``, ``invalid_url``, ``timeout``, ``file_too_large``, ``invalid_format``.
    """
    if not url:
        raise ApiError("url_required")
    path = _path_of(url)
    seconds = dxgl.ground.options.ingest_timeout
    with tempfile.TemporaryFile() as target:
        try:
            async with asyncio.timeout(seconds):
                await _download(str(url), target, seconds)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ApiError("timeout") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ApiError("invalid_url", f"The URL could not be downloaded: {error}") from error
        return await keep(dxgl, _named(path, target), target, URL_FORMATS)


def _path_of(url: object) -> str:
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        # Reading the port checks it.
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return unquote(parts.path)
    except ValueError:
        pass
    raise ApiError("invalid_url")


async def _download(url: str, target: IO[bytes], seconds: float) -> None:
    async with (
        httpx.AsyncClient(follow_redirects=True, timeout=seconds) as client,
        client.stream("GET", url) as answer,
    ):
        answer.raise_for_status()
        async for chunk in answer.aiter_bytes():
            target.write(chunk)
            if target.tell() > LARGEST_FILE:
                raise ApiError("file_too_large")


def _named(path: str, file: IO[bytes]) -> str:
    name = PurePosixPath(path).name
    if PurePosixPath(name).suffix:
        return name
    file.seek(0)
    return f"{name or 'model'}.{'glb' if file.read(4) == b'glTF' else 'gltf'}"
