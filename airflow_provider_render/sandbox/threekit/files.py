"""Files: bytes that are kept once, and the records that name them."""

from __future__ import annotations

import asyncio
import io
import mimetypes
import os
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from airflow_provider_render.sandbox import uploads
from airflow_provider_render.sandbox.threekit.assumed import HASH_PREFIX
from airflow_provider_render.sandbox.threekit.documents import ALIVE, is_, labelled
from airflow_provider_render.sandbox.threekit.errors import missing

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Document, Documents
    from airflow_provider_render.sandbox.uploads import StoredFile

KIND = "file"
MEDIA_TYPES = {
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".usdz": "model/vnd.usdz+zip",
    ".stl": "model/stl",
    ".dxf": "image/vnd.dxf",
    ".webp": "image/webp",
}


class Files:
    """
    The file service.

    :param documents: where records are kept.
    :param folder: holds the bytes, below ``bytes/``.
    :param user_id: whose files they are.
    """

    def __init__(self, documents: Documents, folder: Path, user_id: str) -> None:
        self._documents = documents
        self._user_id = user_id
        self._folder = folder / "bytes"
        self._incoming = folder / "work"

    async def keep(self, filename: str, content: IO[bytes]) -> Document:
        """
        Keep an open file; the same bytes under the same name are the same record again.

        :param filename: as the client calls it.
        :param content: the open file.
        """
        return self._add(_base_name(filename), await uploads.store(content, self._incoming))

    async def keep_path(self, filename: str, path: Path) -> Document:
        """
        Keep a copy of a file that the double made.

        :param path: where it is now.
        """
        with await asyncio.to_thread(path.open, "rb") as content:
            return await self.keep(filename, content)

    async def keep_text(self, filename: str, text: str) -> Document:
        """Keep a short text, like a log."""
        return await self.keep(filename, io.BytesIO(text.encode()))

    def _add(self, filename: str, stored: StoredFile) -> Document:
        digest = HASH_PREFIX + stored.sha256
        place = self.bytes_of(digest)
        if place.exists():
            stored.path.unlink()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            stored.path.replace(place)
        known = self._documents.every(KIND, [labelled(digest), is_("filename", filename)], limit=1)
        if known:
            return known[0]
        record = {"userId": self._user_id, **_record(filename, stored, digest)}
        return self._documents.add(KIND, record, label=digest)

    def get(self, file_id: str) -> Document:
        """
        Find a record.

        :raises ApiError: 404.
        """
        return self._documents.get(KIND, file_id)

    def by_hash(self, digest: str) -> Document:
        """
        Find a record of some bytes.

        :raises ApiError: 404.
        """
        found = self._documents.every(KIND, [labelled(digest), ALIVE], limit=1)
        if not found:
            raise missing("File", digest)
        return found[0]

    def bytes_of(self, digest: str) -> Path:
        """Where the bytes of a hash are."""
        name = digest.removeprefix(HASH_PREFIX)
        return self._folder / name[:2] / name

    def path(self, record: Document) -> Path:
        """Where the bytes of a record are."""
        return self.bytes_of(record["hash"])

    def linked(self, record: Document, folder: Path) -> Path:
        """
        Give the bytes of a record a name that tells their format, as the renderer wants it.

        :param folder: where the name is made.
        """
        link = (folder / self.path(record).name).with_suffix(
            f".{record['extension']}" if record["extension"] else ""
        )
        if not link.exists():
            folder.mkdir(parents=True, exist_ok=True)
            os.link(self.path(record), link)
        return link


def _base_name(filename: str) -> str:
    return PurePosixPath(filename.replace("\\", "/")).name[:200] or "file"


def _record(filename: str, stored: StoredFile, digest: str) -> Document:
    ending = PurePosixPath(filename).suffix.lower()
    kind = MEDIA_TYPES.get(ending) or mimetypes.guess_type(filename)[0] or "application/octet-stream"
    return {
        "filename": filename,
        "size": stored.size,
        "hash": digest,
        "extension": ending.lstrip("."),
        "mimeType": kind,
        "encodings": {},
    }
