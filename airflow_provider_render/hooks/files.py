"""Files to upload through a hook."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any, BinaryIO, cast

from airflow.sdk import ObjectStoragePath


class StoredFile:
    """A file on disk or in object storage, for ``hook.models.upload(StoredFile("s3://bucket/chair.glb"))``.

    :param path: a path, a URL such as ``s3://bucket/chair.glb``, or an ``ObjectStoragePath``.
    """

    def __init__(self, path: str | PathLike[str] | ObjectStoragePath) -> None:
        self._path = path if isinstance(path, ObjectStoragePath) else ObjectStoragePath(fspath(path))

    @property
    def name(self) -> str:
        """File name with its extension."""
        return str(self._path.name)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return int(self._path.stat().st_size)

    def open(self) -> BinaryIO:
        """Open a fresh, seekable reader at the first byte."""
        return cast(BinaryIO, cast(Any, self._path).open("rb"))
