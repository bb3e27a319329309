"""The part of a catalog that one task works on: its items, their state, and what of them is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from airflow_provider_render.catalog.files import (
    ModelsByPath,
    Outputs,
    Signatures,
    look_at_outputs,
    present_outputs,
    read_models,
)
from airflow_provider_render.catalog.items import CatalogItem
from airflow_provider_render.catalog.keys import Keep
from airflow_provider_render.catalog.sources import count_rows, read_catalog
from airflow_provider_render.catalog.spec import CatalogSpec
from airflow_provider_render.catalog.storage import Place
from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.core.errors import CatalogError
from airflow_provider_render.core.job import OutputKind
from airflow_provider_render.core.journal import Record

FEW = 4
"""Items whose files are looked at one by one rather than in a listing of the whole output folder."""

LISTABLE = 100_000
"""Items of a divided catalog up to which each task lists whole folders, in which most files are others'."""


class Share:
    """What one task works on. Rows of other groups are read, and not kept.

    :param spec: what is wanted.
    :param root: output folder.
    :param home: folder of the state.
    :param extensions: of files that count as models beside the usual ones, where the catalog is a folder.
    :raises CatalogError: the catalog has no rows at all, or broken ones, which the message names.
    """

    def __init__(self, spec: CatalogSpec, root: Place, home: Place, extensions: Collection[str] = ()) -> None:
        self._spec = spec
        self._root = root
        self._extensions = extensions
        whole = spec.groups == 1
        catalog = list(spec.catalog) if isinstance(spec.catalog, Iterator) else spec.catalog
        self.items = self._read(catalog) if whole else []

        def count() -> int:
            return self._some(len(self.items) if whole else count_rows(catalog, extensions))

        self.store = StateStore(home, expected_items=count)
        self.shards = self.store.group(spec.group, spec.groups)
        keep = Keep(self.shards, self.store.shards)
        if not whole:
            self.items = self._read(catalog, keep)
        total = self._some(len(self.items) if whole else keep.total)
        self._listable = whole or total <= LISTABLE

    def records(self) -> dict[str, Record]:
        """Return what the journal knows of the items, and of those that left the catalog, by key."""
        if self._spec.partial:
            return {item.key: known for item in self.items if (known := self.store.get(item.key))}
        return self.store.load(self.shards)

    def models(self, records: Mapping[str, Record], progress: Callable[[int, int], None]) -> ModelsByPath:
        """Return the models of the items, or why they cannot be had, by path.

        :param records: what is known of the items; spares reading what did not change.
        :param progress: told how many are done, and of how many.
        """
        known: dict[str, Mapping[str, Any] | None] = dict.fromkeys(item.model for item in self.items)
        known |= {item.model: records[item.key].source for item in self.items if item.key in records}
        return read_models(
            known,
            signatures=Signatures(known if self._listable else ()),
            concurrency=self._spec.concurrency,
            progress=lambda done: progress(done, len(known)),
        )

    def delivered_whole(
        self, records: Mapping[str, Record], kinds: Collection[OutputKind]
    ) -> Callable[[Record], bool]:
        """Return what tells whether all that is wanted of a record is there."""
        present, wanted = self._present(records), frozenset(kinds)
        return lambda record: present.has(record) and wanted <= set(record.kinds)

    def _some(self, rows: int) -> int:
        """Return the number of rows; a catalog without any is a mistake, by which nothing may be removed."""
        if not rows and not self._spec.partial:
            raise CatalogError(f"the catalog has no rows: {self._spec.catalog!r}")
        return rows

    def _read(self, catalog: Any, keep: Keep | None = None) -> list[CatalogItem]:
        items = read_catalog(
            catalog, extra_columns=self._spec.extra_columns, keep=keep, extensions=self._extensions
        )
        # Rows that an operator has made itself are no place that a user could look at.
        own = self._spec.partial or self._spec.state is not None
        return [replace(item, row="") for item in items] if own else list(items)

    def _present(self, records: Mapping[str, Record]) -> Outputs:
        """Return which delivered files are there: one listing, or a look at each."""
        paths = {str(file["path"]) for record in records.values() for file in record.files}
        if len(records) > FEW and not self._spec.partial and self._listable:
            return present_outputs(self._root, paths)
        return look_at_outputs(self._root, paths, concurrency=self._spec.concurrency)
