"""Writing what is delivered where people and programs look for tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain

from airflow_provider_render.catalog.share import Share
from airflow_provider_render.catalog.spec import CatalogSpec
from airflow_provider_render.catalog.storage import Place
from airflow_provider_render.catalog.table import Row, TableFile, rows_of, table_place
from airflow_provider_render.catalog.table_sql import SqlTable
from airflow_provider_render.core.errors import RenderInputError


class Export:
    """The tables that a run keeps.

    :param spec: what is wanted.
    :param root: output folder.
    :param home: folder of the state.
    :raises RenderInputError: a table cannot be had as it is wanted.
    """

    def __init__(self, spec: CatalogSpec, root: Place, home: Place) -> None:
        self._root = root
        self._home = home
        there = table_place(spec.table, home)
        self._file = TableFile(there, spec.group, spec.groups) if there else None
        if bool(spec.table_conn_id) != bool(spec.table_name):
            raise RenderInputError("table_conn_id, table_name: one needs the other")
        named = spec.table_conn_id and spec.table_name
        self._sql = SqlTable(str(spec.table_conn_id), str(spec.table_name)) if named else None

    def check(self) -> None:
        """Prove that the tables can be written, before anything is paid.

        :raises RenderInputError: one cannot; nothing was paid.
        """
        if self._file:
            self._file.check()
        if self._sql:
            self._sql.check()

    def write(self, share: Share, gone: Collection[str], run: str) -> None:
        """Write the tables; the state is gone through file by file.

        :param share: what the run works on.
        :param gone: keys of items that left the catalog.
        :param run: name of the run.
        :raises OutputError: a table cannot be written.
        """
        left = frozenset(gone)
        if self._file:
            rows = (rows for _, rows in self._shards(share, left, run))
            self._file.write(chain.from_iterable(rows))
        if self._sql:
            self._sql.sync(self._home.url, self._shards(share, left, run), share.store.shards)

    def _shards(self, share: Share, gone: frozenset[str], run: str) -> Iterator[tuple[int, list[Row]]]:
        for number, records in share.store.each(sorted(share.shards)):
            kept = ((key, record) for key, record in sorted(records.items()) if key not in gone)
            yield (
                number,
                [row for key, record in kept for row in rows_of(key, record, root=self._root, run=run)],
            )
