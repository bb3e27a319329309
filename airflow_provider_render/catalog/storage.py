"""Files and folders, local or in object storage, with the few operations that a catalog needs.

Object storage is reached through ``ObjectStoragePath``, so every scheme and connection of Airflow works.
Local paths take a short cut through ``os``, which is atomic and an order of magnitude faster.
"""

from __future__ import annotations

import os
import posixpath
import secrets
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any, BinaryIO, Protocol, TypeAlias, cast

from airflow_provider_render.core.errors import RenderInputError

PART = ".part"
"""Ending of files that are not whole yet."""

_BLOCK = 8 * 1024 * 1024
_ETAG_FIELDS = ("ETag", "etag", "md5Hash", "content_md5", "checksum", "generation")
_TIME_FIELDS = ("mtime", "LastModified", "last_modified", "updated", "timeModified", "modified", "created")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a storage tells of a file or folder without reading it.

    :param path: full path, without the protocol.
    :param size: length in bytes; 0 for a folder.
    :param folder: whether it is a folder.
    :param signature: what changes when the bytes change, an ``etag`` or an ``mtime``; empty where the
        storage tells neither.
    """

    path: str
    size: int
    folder: bool = False
    signature: Mapping[str, Any] = field(default_factory=dict)


class _Storage(ABC):
    """The operations that differ between a local and a remote file system."""

    @abstractmethod
    def open(self, path: str) -> BinaryIO: ...

    def read(self, path: str) -> bytes:
        with self.open(path) as file:
            return file.read()

    @abstractmethod
    def write(self, path: str, data: bytes) -> None: ...

    @abstractmethod
    def publish(self, local: str, path: str) -> None: ...

    @abstractmethod
    def entry(self, path: str) -> Entry | None: ...

    @abstractmethod
    def listing(self, path: str) -> Iterator[Entry]: ...

    @abstractmethod
    def walk(self, path: str) -> Iterator[Entry]: ...

    @abstractmethod
    def remove(self, path: str) -> None: ...

    def remove_if_empty(self, path: str) -> None:  # noqa: B027 - object storage has no empty folders
        """Remove a folder without files, where there is such a thing."""


class _Local(_Storage):
    def open(self, path: str) -> BinaryIO:
        return open(path, "rb")

    def write(self, path: str, data: bytes) -> None:
        part = _part(path)
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(path)

    def publish(self, local: str, path: str) -> None:
        part = _part(path)
        try:
            shutil.move(local, part)
            with part.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)

    def entry(self, path: str) -> Entry | None:
        try:
            return self._entry(path, os.stat(path))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def listing(self, path: str) -> Iterator[Entry]:
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(path) as found:
            for file in found:
                with suppress(FileNotFoundError):
                    yield self._entry(file.path, file.stat())

    def walk(self, path: str) -> Iterator[Entry]:
        for entry in self.listing(path):
            if entry.folder and not os.path.islink(entry.path):
                yield from self.walk(entry.path)
            elif not entry.folder:
                yield entry

    def remove(self, path: str) -> None:
        Path(path).unlink(missing_ok=True)

    def remove_if_empty(self, path: str) -> None:
        with suppress(OSError):
            os.rmdir(path)

    @staticmethod
    def _entry(path: str, stat: os.stat_result) -> Entry:
        folder = (stat.st_mode & 0o170000) == 0o040000
        return Entry(path, 0 if folder else stat.st_size, folder, {"mtime": stat.st_mtime_ns})


_FORGETTING = Lock()


class _Remote(_Storage):
    def __init__(self, fs: Any) -> None:
        self._fs = fs

    def _forget(self, path: str) -> None:
        """Forget a listing kept from before: it would hide what another task has written since."""
        # s3fs looks whether a listing is there, then deletes it: of two threads at once, one would fail.
        with _FORGETTING:
            self._fs.invalidate_cache(path)

    def open(self, path: str) -> BinaryIO:
        self._forget(path)
        # Default blocks of 50 MiB per open S3 file would make memory grow with concurrency.
        return cast("BinaryIO", self._fs.open(path, "rb", block_size=_BLOCK))

    def read(self, path: str) -> bytes:
        self._forget(path)
        try:
            # Without a start, s3fs asks for the size first: two requests in place of one.
            return cast("bytes", self._fs.cat_file(path, start=0))
        except FileNotFoundError:
            raise
        except Exception:
            # There is no range of an empty file, and each storage has an error of its own for that.
            if (entry := self.entry(path)) and not entry.folder and entry.size == 0:
                return b""
            raise

    def write(self, path: str, data: bytes) -> None:
        self._in_folder(path, lambda: self._fs.pipe_file(path, data))

    def publish(self, local: str, path: str) -> None:
        self._in_folder(path, lambda: self._fs.put_file(local, path))
        os.unlink(local)

    def entry(self, path: str) -> Entry | None:
        self._forget(path)
        try:
            return self._entry(self._fs.info(path))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def listing(self, path: str) -> Iterator[Entry]:
        self._forget(path)
        with suppress(FileNotFoundError, NotADirectoryError):
            for info in self._fs.ls(path, detail=True):
                if info["name"].strip("/") != path.strip("/"):
                    yield self._entry(info)

    def walk(self, path: str) -> Iterator[Entry]:
        self._forget(path)
        with suppress(FileNotFoundError, NotADirectoryError):
            for info in self._fs.find(path, detail=True).values():
                yield self._entry(info)

    def remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._fs.rm_file(path)

    def _in_folder(self, path: str, action: _Action) -> None:
        """Write; make the folder first only where the file system knows folders and misses it."""
        try:
            action()
        except FileNotFoundError:
            self._fs.makedirs(posixpath.dirname(path), exist_ok=True)
            action()

    @staticmethod
    def _entry(info: Mapping[str, Any]) -> Entry:
        folder = info.get("type") == "directory"
        return Entry(str(info["name"]), 0 if folder else int(info.get("size") or 0), folder, _signature(info))


class _Action(Protocol):
    def __call__(self) -> object: ...


class Place:
    """A file or folder: a storage and a path in it; ``place / "a/b.png"`` is a place below it.

    :param storage: the file system.
    :param path: the path in it, without protocol.
    :param url: the form people write, from which :func:`place` makes the same place again.
    :param local: whether it is in the local file system.
    """

    __slots__ = ("_storage", "local", "path", "url")

    def __init__(self, storage: _Storage, path: str, url: str, local: bool) -> None:
        self._storage = storage
        self.path = path
        self.url = url
        self.local = local

    def __truediv__(self, relative: str) -> Place:
        return Place(self._storage, _join(self.path, relative), _join(self.url, relative), self.local)

    def __str__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"Place({self.url!r})"

    @property
    def name(self) -> str:
        """Last part of the path."""
        return PurePosixPath(self.path).name

    @property
    def parent(self) -> Place:
        """The folder it is in."""
        path, url = posixpath.dirname(self.path.rstrip("/")), self.url.rstrip("/").rpartition("/")[0]
        return Place(self._storage, path or "/", url or "/", self.local)

    def open(self) -> BinaryIO:
        """Open a seekable reader of bytes."""
        return self._storage.open(self.path)

    def read(self) -> bytes:
        """Return all bytes; in object storage that is one request."""
        return self._storage.read(self.path)

    def write(self, data: bytes) -> None:
        """Write a small file, whole or not at all, and durably; its folder is made."""
        self._prepare()
        self._storage.write(self.path, data)

    def prove_writable(self) -> None:
        """Write a file in this folder and remove it; raises what the storage raises."""
        probe = self / f".probe-{secrets.token_hex(4)}"
        probe.write(b"")
        probe.remove()

    def publish(self, local: str | os.PathLike[str]) -> None:
        """Move a local file here, whole or not at all; its folder is made."""
        self._prepare()
        self._storage.publish(os.fspath(local), self.path)

    def entry(self) -> Entry | None:
        """Return what the storage tells of it now, or None if there is nothing."""
        return self._storage.entry(self.path)

    def listing(self) -> Iterator[Entry]:
        """List files and folders directly below, in no order; nothing where there is no folder."""
        return self._storage.listing(self.path)

    def walk(self) -> Iterator[Entry]:
        """List all files below, in no order; nothing where there is no folder."""
        return self._storage.walk(self.path)

    def below(self, entry: Entry) -> str:
        """Return the path of a listed entry relative to this folder."""
        return entry.path.strip("/")[len(self.path.strip("/")) :].strip("/")

    def remove(self) -> None:
        """Remove the file if it is there."""
        self._storage.remove(self.path)

    def remove_if_empty(self) -> None:
        """Remove the folder if there is nothing in it."""
        self._storage.remove_if_empty(self.path)

    def _prepare(self) -> None:
        if self.local:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)


AnyPath: TypeAlias = "str | os.PathLike[str] | Place | Any"
"""A local path, a URL such as ``s3://conn_id@bucket/key``, an ``ObjectStoragePath`` or a :class:`Place`."""


def place(path: AnyPath, conn_id: str | None = None) -> Place:
    """Return the place of a path.

    :param path: where.
    :param conn_id: Airflow connection of the storage; without it the one in the URL, if any.
    :raises RenderInputError: no installed provider knows the scheme.
    """
    if isinstance(path, Place):
        return path
    url = url_of(path, conn_id)
    return _remote(url) if "://" in url else Place(_Local(), url, url, local=True)


def url_of(path: AnyPath, conn_id: str | None = None) -> str:
    """Return an absolute local path, or a URL that names its connection; nothing is reached.

    :param path: where.
    :param conn_id: Airflow connection of the storage; without it the one in the URL, if any.
    """
    text = str(path)
    scheme, found, rest = text.partition("://")
    if not found or scheme in ("file", "local"):
        return os.path.abspath(rest.removeprefix("localhost") if found else text)
    host, slash, key = rest.partition("/")
    known, _, bucket = host.rpartition("@")
    user = conn_id or known
    return f"{scheme}://{user}@{bucket}{slash}{key}" if user else text


def _remote(url: str) -> Place:
    from airflow.sdk import ObjectStoragePath

    try:
        there = ObjectStoragePath(url)
        return Place(_Remote(there.fs), there.path, url, local=False)
    except (ValueError, ImportError) as error:
        scheme, shown = url.partition("://")[0], url.partition("?")[0]
        raise RenderInputError(
            f"cannot reach {shown}: {error}; install the Airflow provider that brings {scheme}:// with its "
            f"file system, such as apache-airflow-providers-amazon[s3fs] for s3://"
        ) from error


def _join(base: str, relative: str) -> str:
    return f"{base.rstrip('/')}/{relative}" if relative else base


def _part(path: str) -> Path:
    folder, name = os.path.split(path)
    return Path(folder, f".{name[:40]}.{secrets.token_hex(6)}{PART}")


def _sync_folder(path: str) -> None:
    handle = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _signature(info: Mapping[str, Any]) -> dict[str, Any]:
    for name in _ETAG_FIELDS:
        if info.get(name):
            return {"etag": str(info[name])}
    for name in _TIME_FIELDS:
        if info.get(name):
            return {"mtime": _plain(info[name])}
    return {}


def _plain(time: Any) -> Any:
    if isinstance(time, datetime):
        return time.isoformat()
    return time if isinstance(time, int | float) else str(time)
