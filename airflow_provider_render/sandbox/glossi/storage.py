"""The storage behind Glossi: uploads and renders, reached by presigned links on another origin."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from airflow_provider_render.sandbox.downloads import RangedFile
from airflow_provider_render.sandbox.glossi import assumed
from airflow_provider_render.sandbox.identity import new_id
from airflow_provider_render.sandbox.link_lifetime import lifetime
from airflow_provider_render.sandbox.presign import PresignError, Signer, check_request, xml_error

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.database import Database
    from airflow_provider_render.sandbox.vendor import Origins

LARGEST_BYTES = 5 << 30
MEDIA_TYPES = {".png": "image/png", ".mp4": "video/mp4"}


class Storage:
    """
    Objects by key, as files.

    :param name: prefix of the vendor.
    :param workspace: id of the workspace that all keys begin with.
    :param folder: where they are.
    :param incoming: where they arrive.
    :param signer: signs links to them.
    :param origins: where the storage is reached.
    :param database: knows how long links live.
    """

    def __init__(
        self,
        name: str,
        workspace: str,
        folder: Path,
        incoming: Path,
        signer: Signer,
        origins: Origins,
        database: Database,
    ) -> None:
        self._name = name
        self._workspace = workspace
        self._folder = folder
        self._incoming = incoming
        self._signer = signer
        self._origins = origins
        self._database = database

    def key(self, *parts: str) -> str:
        """Make the key of an object of the workspace."""
        return "/".join(("workspaces", self._workspace, *parts))

    def path(self, key: str) -> Path:
        """File of an object; its folder is made."""
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def has(self, key: str) -> bool:
        """Tell whether an object is there."""
        return (self._folder / key).is_file()

    def upload_url(self, key: str) -> str:
        """Make the link that puts an object."""
        return self._link("PUT", key, assumed.UPLOAD_LINK_SECONDS)

    def render_url(self, key: str) -> str:
        """Make the link that gets an object."""
        return self._link("GET", key, assumed.RENDER_LINK_SECONDS)

    def app(self) -> Starlette:
        """Make the app that serves the links."""
        routes = [
            Route("/{key:path}", self._put, methods=["PUT"]),
            Route("/{key:path}", self._get, methods=["GET"]),
        ]
        handlers = {PresignError: _refusal, 404: _not_found, 405: _not_allowed}
        return Starlette(routes=routes, exception_handlers=handlers)

    def _link(self, method: str, key: str, seconds: int) -> str:
        query = self._signer.sign(
            method, f"/{key}", int(time.time() + lifetime(self._database, self._name, seconds))
        )
        return f"{self._origins.storage_url(self._name)}/{quote(key)}?{urlencode(query)}"

    async def _put(self, request: Request) -> Response:
        key = request.path_params["key"]
        check_request(self._signer, request, f"/{key}")
        arriving = self._incoming / new_id()
        try:
            etag = await _received(request, arriving)
            if etag is None:
                return xml_error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum size")
            arriving.replace(self.path(key))
        except ClientDisconnect:
            return Response(status_code=400)
        finally:
            arriving.unlink(missing_ok=True)
        return Response(headers={"ETag": f'"{etag}"'})

    async def _get(self, request: Request) -> Response:
        key = request.path_params["key"]
        check_request(self._signer, request, f"/{key}")
        if not self.has(key):
            return xml_error(404, "NoSuchKey", "The specified key does not exist.")
        path = self.path(key)
        return RangedFile(path, media_type=MEDIA_TYPES.get(path.suffix, "application/octet-stream"))


async def _received(request: Request, path: Path) -> str | None:
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with path.open("wb") as target:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= LARGEST_BYTES:
                digest.update(chunk)
                target.write(chunk)
    return digest.hexdigest() if size <= LARGEST_BYTES else None


async def _refusal(request: Request, error: Exception) -> Response:
    known = error if isinstance(error, PresignError) else PresignError()
    async for _ in request.stream():
        """A client that is cut off while it sends rarely sees the answer."""
    return known.response()


async def _not_found(request: Request, error: Exception) -> Response:
    return xml_error(404, "NoSuchKey", "The specified key does not exist.")


async def _not_allowed(request: Request, error: Exception) -> Response:
    return xml_error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
