"""Model files, whose bytes are read again only when their listing changed, and the output folder."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from os import PathLike
from threading import Lock
from typing import Any, BinaryIO, TypeAlias, TypeVar

from airflow_provider_render.catalog.items import RESERVED
from airflow_provider_render.catalog.storage import AnyPath, Entry, Place, place
from airflow_provider_render.catalog.threads import threads
from airflow_provider_render.core.errors import ModelFileError, OutputError, RenderError, RenderInputError
from airflow_provider_render.core.journal import Record
from airflow_provider_render.core.model import ModelFile

CHUNK = 1024 * 1024

T = TypeVar("T")
ModelsByPath: TypeAlias = Mapping[str, ModelFile | ModelFileError]


class StorageFile:
    """A stored file as a source of bytes.

    :param place: where it is.
    :param entry: what the storage told of it.
    """

    __slots__ = ("entry", "place")

    def __init__(self, place: Place, entry: Entry) -> None:
        self.place = place
        self.entry = entry

    @property
    def name(self) -> str:
        """File name with its extension."""
        return self.place.name

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.entry.size

    @property
    def signature(self) -> dict[str, Any]:
        """Path, size, and etag or time: equal for as long as the bytes are."""
        return {"path": self.place.url, "size": self.entry.size, **self.entry.signature}

    def open(self) -> BinaryIO:
        """Open a fresh, seekable reader at the first byte."""
        return self.place.open()


class Signatures:
    """What storage tells of model files; a folder of which many are asked is listed once.

    A listing is a call per thousand files, asking for each is a call per file. Safe for threads.

    :param expected: paths that will be asked, as far as known.
    :param list_from: files of one folder from which it is listed as a whole.
    """

    def __init__(self, expected: Iterable[AnyPath] = (), list_from: int = 8) -> None:
        self._asked = Counter(place(path).parent.url for path in expected if "://" in str(path))
        self._list_from = list_from
        self._folders: dict[str, dict[str, Entry]] = {}
        self._lock = Lock()

    def entry(self, file: Place) -> Entry | None:
        """Return what the storage tells of a file, or None if there is none."""
        folder = file.parent
        if file.local or self._asked[folder.url] < self._list_from:
            return file.entry()
        with self._lock:
            if folder.url not in self._folders:
                self._folders[folder.url] = {folder.below(entry): entry for entry in folder.listing()}
        return self._folders[folder.url].get(file.name)


def named_path(name: str, path: Any, what: str) -> AnyPath:
    """Return a path of which something is left: an empty one would be the worker's own folder.

    :param name: the parameter that it was given as, for the message.
    :param what: what is to be there, for the message.
    :raises RenderInputError: it is none, or a template left nothing of it.
    """
    # An ObjectStoragePath is no PathLike.
    kinds = isinstance(path, str | PathLike | Place) or hasattr(path, "joinpath")
    if not kinds or str(path).strip() in ("", "None"):
        raise RenderInputError(f"{name}: must be the path or URL of {what}, not {path!r}")
    return path


def model_file(
    path: AnyPath,
    known: Mapping[str, Any] | None = None,
    signatures: Signatures | None = None,
    *,
    name: str = "model",
) -> ModelFile:
    """Return a model with its hash; its bytes are read only if they may have changed.

    :param path: path or URL.
    :param known: what :func:`source_record` returned the last time, if anything.
    :param signatures: listings shared by many calls.
    :param name: the parameter that it was given as, for the message.
    :raises ModelFileError: it is missing, empty, a folder or cannot be read.
    """
    try:
        file = _find(place(named_path(name, path, "a file")), signatures or Signatures())
        return ModelFile(file, _known_hash(file, known or {}) or _hash(file))
    except RenderInputError as error:
        raise ModelFileError(str(error)) from error
    except Exception as error:
        raise ModelFileError(f"cannot read model {path}: {_reason(error)}") from error


def _find(there: Place, signatures: Signatures) -> StorageFile:
    entry = signatures.entry(there)
    if entry is None:
        raise ModelFileError(f"there is no model file at {there}")
    if entry.folder:
        raise ModelFileError(f"model {there} is a folder, not a file")
    if entry.size == 0:
        raise ModelFileError(f"model {there} is empty")
    return StorageFile(there, entry)


def _known_hash(file: StorageFile, known: Mapping[str, Any]) -> str | None:
    same = bool(file.entry.signature) and {**known, "sha256": None} == {**file.signature, "sha256": None}
    return known.get("sha256") if same else None


def _hash(file: StorageFile) -> str:
    digest, size = hashlib.sha256(), 0
    with file.open() as reader:
        while chunk := reader.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    if size != file.size:
        raise ModelFileError(f"model {file.place} changed while it was read; is it still being written?")
    return digest.hexdigest()


def source_record(model: ModelFile) -> dict[str, Any]:
    """Return what spares the next run from reading the model again: path, size, etag or time, hash."""
    known = model.source.signature if isinstance(model.source, StorageFile) else {}
    return {**known, "sha256": model.sha256}


def read_models(
    known: Mapping[str, Mapping[str, Any] | None],
    *,
    signatures: Signatures | None = None,
    concurrency: int = 8,
    progress: Callable[[int], None] = lambda _: None,
) -> ModelsByPath:
    """Return many models, or why they cannot be had, by path.

    :param known: the path of each model, and what :func:`source_record` returned of it the last time.
    :param signatures: listings shared with other calls; without them folders of many models are listed.
    :param concurrency: files read at the same time.
    :param progress: told how many are done.
    """
    found: dict[str, ModelFile | ModelFileError] = {}
    listings = signatures or Signatures(known)

    def read(path: str) -> ModelFile | ModelFileError:
        return _model_or_error(path, known[path], listings)

    for path, result in zip(known, _at_once(read, known, concurrency), strict=True):
        found[path] = result
        progress(len(found))
    return found


def _at_once(step: Callable[[str], T], paths: Iterable[str], concurrency: int) -> Iterator[T]:
    """Do a step for all paths, in their order; few of them wait in line, as each takes memory there."""
    left = iter(paths)
    with threads(concurrency, "files") as pool:
        while some := list(islice(left, 256 * concurrency)):
            yield from pool.map(step, some)


def _model_or_error(
    path: str, known: Mapping[str, Any] | None, signatures: Signatures
) -> ModelFile | ModelFileError:
    try:
        return model_file(path, known, signatures)
    except ModelFileError as error:
        return error


def publish(local: str | PathLike[str], to: Place) -> None:
    """Move a finished local file to its final place: it appears there whole or not at all.

    :raises OutputError: it cannot be written there.
    """
    with storing(to):
        to.publish(local)


@contextmanager
def storing(to: Place, trouble: type[Exception] = Exception) -> Iterator[None]:
    """Give trouble with a storage, each of which has errors of its own, the form that an item can fail with.

    :param to: what is written or removed.
    :param trouble: the errors that are the storage's.
    :raises OutputError: it cannot be written there.
    """
    try:
        yield
    except RenderError:
        raise
    except trouble as error:
        raise OutputError(f"cannot write {to}: {_reason(error)}") from error


def check_output(root: AnyPath, conn_id: str | None = None) -> Place:
    """Return the output folder after proving, by writing a file, that results can be kept there.

    :param root: path or URL; made if it is missing.
    :param conn_id: Airflow connection of the storage.
    :raises RenderInputError: none is named, or a template left nothing of the name.
    :raises OutputError: says why nothing can be written there.
    """
    there = place(named_path("output", root, "a folder"), conn_id)
    try:
        entry = there.entry()
        if entry is not None and not entry.folder:
            raise OutputError(f"the output {there} is a file, not a folder")
        (there / RESERVED).prove_writable()
    except OutputError:
        raise
    except Exception as error:
        raise OutputError(f"cannot write to the output folder {there}: {_reason(error)}") from error
    return there


class Outputs(dict[str, int]):
    """Sizes of the files below an output folder, by relative path."""

    def has(self, record: Record) -> bool:
        """Whether all files that a record says were delivered are there in full length."""
        return bool(record.files) and all(self.get(file["path"]) == file["size"] for file in record.files)


def present_outputs(root: Place, paths: Collection[str]) -> Outputs:
    """Return which files are there, from one listing of the whole output folder.

    :param root: output folder.
    :param paths: the files that matter, relative to it.
    """
    files = ((root.below(entry), entry.size) for entry in root.walk())
    return Outputs((path, size) for path, size in files if path in paths)


def look_at_outputs(root: Place, paths: Iterable[str], *, concurrency: int = 8) -> Outputs:
    """Return which files are there, by a look at each.

    :param root: output folder.
    :param paths: the files, relative to it.
    :param concurrency: looks at the same time.
    """
    wanted = list(paths)
    entries = _at_once(lambda path: (root / path).entry(), wanted, concurrency)
    return Outputs((path, entry.size) for path, entry in zip(wanted, entries, strict=True) if entry)


def _reason(error: Exception) -> str:
    """Return an error as people read it: "Permission denied", not "[Errno 13] ...: '/path'"."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__
