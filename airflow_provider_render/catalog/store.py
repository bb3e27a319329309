"""The state of a catalog, kept beside its outputs in files that each hold many items.

``_render/store.json`` fixes the number of files, ``_render/state/00ab.json`` holds the records of the items
whose key hashes to it. A night with nothing changed reads one file per fifty items, and a new item rewrites
one file.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from threading import Lock
from typing import Any

from airflow_provider_render.catalog.files import storing
from airflow_provider_render.catalog.items import RESERVED, CatalogItem
from airflow_provider_render.catalog.keys import key_number
from airflow_provider_render.catalog.storage import AnyPath, Place, place
from airflow_provider_render.catalog.threads import threads
from airflow_provider_render.core.errors import OutputError
from airflow_provider_render.core.journal import Record

VERSION = 1
FEWEST_SHARDS, MOST_SHARDS = 16, 4096
ITEMS_PER_SHARD = 50

_REPEATED = frozenset({"name", "kind", "media_type", "vendor", "phase", "run", "delivered_by"}) | {
    "updated",
    "submitted",
    "rendered",
}


class StateStore:
    """The journal of a catalog: durable records by item key. Safe for threads.

    Before it is rewritten, a file is compared with what was read of it: a second run on the same output
    folder is noticed, as is a superseded worker that still runs.

    :param root: output folder.
    :param expected_items: size of the catalog, which fixes the number of files when the store is made; or
        what counts it, which is called only then.
    :param shards: the number itself, instead; without effect on a store that is there already.
    :param concurrency: files of object storage that are read or written at the same time.
    :raises OutputError: the store is damaged or of a later version, or cannot be read or made.
    """

    def __init__(
        self,
        root: AnyPath,
        *,
        expected_items: int | Callable[[], int] = 0,
        shards: int | None = None,
        concurrency: int = 16,
    ) -> None:
        self._folder = place(root) / RESERVED
        self._concurrency = 1 if self._folder.local else concurrency
        self._known: dict[int, _Shard] = {}
        self._lock = Lock()
        self.shards = _number_of_shards(
            self._folder / "store.json", lambda: shards or _shards_for(expected_items)
        )

    def shard_of(self, key: str) -> int:
        """Return the number of the file that holds an item."""
        return key_number(key) % self.shards

    def group(self, group: int, groups: int) -> frozenset[int]:
        """Return the files that one of several tasks works on, so that no two tasks share a file.

        :param group: which, from 0.
        :param groups: how many there are.
        """
        if not 0 <= group < groups:
            raise ValueError(f"group {group} is not one of {groups}")
        return frozenset(range(group, self.shards, groups))

    def get(self, key: str) -> Record | None:
        """Return the record of an item.

        :raises OutputError: its file is damaged or cannot be read.
        """
        return self._shard(self.shard_of(key)).record(key)

    def put(self, records: Mapping[str, Record]) -> None:
        """Write records of several items durably.

        :raises OutputError: a file cannot be written, or something else has written it meanwhile; the records
            of all other files are written.
        """
        changes: dict[int, dict[str, Record | None]] = defaultdict(dict)
        for key, record in records.items():
            changes[self.shard_of(key)][key] = record
        self._change(changes)

    def forget(self, keys: Iterable[str]) -> None:
        """Remove records durably; keys that are not there are fine.

        :raises OutputError: as :meth:`put`.
        """
        changes: dict[int, dict[str, Record | None]] = defaultdict(dict)
        for key in keys:
            changes[self.shard_of(key)][key] = None
        self._change(changes)

    def keys(self, shards: Collection[int] | None = None) -> list[str]:
        """Return the keys of all records, or of those in some files, in order."""
        return sorted(self.load(shards))

    def load(self, shards: Collection[int] | None = None) -> dict[str, Record]:
        """Return all records, or those in some files, by key.

        :raises OutputError: a file is damaged or cannot be read.
        """
        wanted = list(range(self.shards) if shards is None else shards)
        found: dict[str, Record] = {}
        for shard in self._each(self._shard, wanted):
            found.update(shard.records())
        return found

    def each(self, shards: Iterable[int]) -> Iterator[tuple[int, dict[str, Record]]]:
        """Go through files, a few at a time; those that were not asked for before are not kept in memory.

        :returns: yields the number of each, and its records by key.
        :raises OutputError: a file is damaged or cannot be read.
        """
        left = iter(shards)
        while some := list(islice(left, self._concurrency)):
            yield from zip(some, self._each(self._passing, some), strict=True)

    def _passing(self, number: int) -> dict[str, Record]:
        with self._lock:
            shard = self._known.get(number) or self._unread(number)
        return shard.records()

    def _change(self, changes: Mapping[int, Mapping[str, Record | None]]) -> None:
        tried = self._each(lambda number: self._tried(number, changes[number]), list(changes))
        for error in filter(None, tried):
            raise error

    def _tried(self, number: int, changes: Mapping[str, Record | None]) -> Exception | None:
        try:
            self._shard(number).change(changes)
        except Exception as error:  # noqa: BLE001 - raised when all files were tried
            return error
        return None

    def _each(self, action: Callable[[int], Any], numbers: list[int]) -> list[Any]:
        if self._concurrency == 1 or len(numbers) < 2:
            return [action(number) for number in numbers]
        with threads(self._concurrency, "state") as pool:
            return list(pool.map(action, numbers))

    def _shard(self, number: int) -> _Shard:
        with self._lock:
            if number not in self._known:
                self._known[number] = self._unread(number)
            return self._known[number]

    def _unread(self, number: int) -> _Shard:
        return _Shard(self._folder / f"state/{number:04x}.json")


class _Shard:
    """One state file, read when it is first asked; its records are parsed once."""

    def __init__(self, file: Place) -> None:
        self._file = file
        self._lock = Lock()
        self._seal: bytes | None = None
        self._items: dict[str, Any] | None = None

    def record(self, key: str) -> Record | None:
        with self._lock:
            return self._parsed(self._read(), key)

    def records(self) -> dict[str, Record]:
        with self._lock:
            items = self._read()
            return {key: record for key in items if (record := self._parsed(items, key))}

    def change(self, changes: Mapping[str, Record | None]) -> None:
        with self._lock:
            items = dict(self._read())
            for key, record in changes.items():
                items.pop(key, None)
                if record is not None:
                    items[key] = record
            self._write(items)

    def _read(self) -> dict[str, Any]:
        if self._items is None:
            data = _read(self._file)
            self._seal = _sealed(data)
            self._items = self._decoded(data)
        return self._items

    def _write(self, items: dict[str, Any]) -> None:
        if _sealed(_read(self._file)) != self._seal:
            raise OutputError(
                f"{self._file} was changed by something else while this run worked on it: a second run on "
                "this output folder, or an earlier try that still runs; nothing was written. Let the other "
                "one end, then clear this task; max_active_runs=1 keeps runs apart"
            )
        document = {"version": VERSION, "items": items}
        data = json.dumps(document, sort_keys=True, indent=0, default=Record.to_json).encode()
        try:
            self._file.write(data)
        except Exception as error:
            self._items = None
            raise OutputError(f"cannot write {self._file}: {error}") from error
        self._seal, self._items = _sealed(data), items

    def _decoded(self, data: bytes | None) -> dict[str, Any]:
        if data is None:
            return {}
        items = _document(self._file, data).get("items")
        if not isinstance(items, dict):
            raise _damaged(self._file, "it has no items")
        return items

    def _parsed(self, items: dict[str, Any], key: str) -> Record | None:
        """Return a record, which takes the place of the JSON that it was read from."""
        data = items.get(key)
        if data is None or isinstance(data, Record):
            return data
        try:
            items[key] = record = Record.from_json(data)
        except (ValueError, AttributeError) as error:
            raise _damaged(self._file, f"item {key!r}: {error}") from error
        return record


def _sealed(data: bytes | None) -> bytes | None:
    """Return what tells the bytes of a file from others, in little memory."""
    return None if data is None else hashlib.sha256(data).digest()


def _shards_for(items: int | Callable[[], int]) -> int:
    wanted = -(-(items() if callable(items) else items) // ITEMS_PER_SHARD)
    return min(MOST_SHARDS, max(FEWEST_SHARDS, 1 << max(0, wanted - 1).bit_length()))


def _number_of_shards(file: Place, wanted: Callable[[], int]) -> int:
    """Read the fixed number of shards, or fix it. What is read back counts, since two tasks may start."""
    if _read(file) is None:
        file.write(json.dumps({"version": VERSION, "shards": wanted()}).encode())
    data = _read(file)
    shards = _document(file, data or b"").get("shards")
    if not isinstance(shards, int) or not 1 <= shards <= 65536:
        raise _damaged(file, f"its number of shards is {shards!r}")
    return shards


def _read(file: Place) -> bytes | None:
    try:
        return file.read()
    except FileNotFoundError:
        return None
    except Exception as error:
        raise OutputError(f"cannot read {file}: {error}") from error


def _shared(fields: dict[str, Any]) -> dict[str, Any]:
    """Let equal words of many records be one string in memory."""
    for name in _REPEATED & fields.keys():
        if isinstance(word := fields[name], str):
            fields[name] = sys.intern(word)
    return fields


def _document(file: Place, data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data, object_hook=_shared)
    except ValueError as error:
        raise _damaged(file, str(error)) from error
    if not isinstance(document, dict):
        raise _damaged(file, "it is not a JSON object")
    if not isinstance(version := document.get("version"), int) or version > VERSION:
        raise OutputError(
            f"{file} has version {version!r}, this package knows {VERSION}: "
            "upgrade the package on the workers, or choose another output folder"
        )
    return document


def _damaged(file: Place, why: str) -> OutputError:
    return OutputError(
        f"{file} is damaged: {why}. It says which renders are paid, so it is not taken for empty. Restore "
        "it; or delete it, and its items are looked up at the vendor, or rendered anew where it cannot tell"
    )


def item_document(item: CatalogItem, record: Record, *, vendor: str) -> dict[str, Any]:
    """Return what ``render.json`` tells people and other programs of an item's files.

    :param item: the item.
    :param record: its record after delivery.
    :param vendor: the vendor's name.
    """
    job = record.job
    return {
        "sku": item.sku,
        "variant": item.variant,
        "title": item.title,
        "tags": list(item.tags),
        "vendor": vendor,
        "settings": dict(job.settings if job else item.settings),
        "model": {"path": item.model, "sha256": record.source.get("sha256"), "id": record.model_id},
        "render_id": job.id if job else None,
        "credits": str(record.spent),
        "fingerprint": record.fingerprint,
        "submitted_at": record.submitted or None,
        "rendered_at": record.rendered or None,
        "delivered_at": record.updated or None,
        "files": [dict(file) for file in record.files],
    }


def write_item(root: Place, item: CatalogItem, record: Record, *, vendor: str) -> None:
    """Write ``render.json`` next to an item's files.

    :param root: output folder.
    :raises OutputError: it cannot be written.

    The other parameters are those of :func:`item_document`.
    """
    document = item_document(item, record, vendor=vendor)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    file = root / f"{item.folder}/render.json"
    with storing(file):
        file.write(text.encode("utf-8", "replace"))


def remove_item(root: Place, record: Record) -> None:
    """Remove the files of an item that left the catalog, with their ``render.json``.

    :param root: output folder.
    :param record: its record, which names the files.
    :raises OutputError: one cannot be removed.
    """
    files = [root / str(file["path"]) for file in record.files]
    folders = {file.parent.url: file.parent for file in files}
    remove_files((*files, *(folder / "render.json" for folder in folders.values())))
    for folder in folders.values():
        folder.remove_if_empty()


def remove_files(files: Iterable[Place]) -> None:
    """Remove files; those that are not there are fine.

    :raises OutputError: one cannot be removed.
    """
    for file in files:
        with storing(file):
            file.remove()
