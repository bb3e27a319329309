"""What is delivered, in a table of a database, through a connection of the provider common.sql."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from airflow_provider_render.catalog.databases import sql_hook
from airflow_provider_render.catalog.table import Row
from airflow_provider_render.core.errors import OutputError, RenderInputError
from airflow_provider_render.core.fingerprint import canonical_json

SHARDS_AT_ONCE = 16
"""Files of the state, of some fifty items each or more, whose rows one transaction brings up to date."""

IDENTITY = ("output_folder", "shard", "item_key", "path")
"""What tells a row from others; it begins with what rows are looked up by."""

TYPES: Mapping[str, str] = {
    "output_folder": "VARCHAR(255) NOT NULL",
    "shard": "INTEGER NOT NULL",
    "item_key": "VARCHAR(255) NOT NULL",
    "path": "VARCHAR(255) NOT NULL",
    "sku": "VARCHAR(255)",
    "variant": "VARCHAR(255)",
    "uri": "VARCHAR(1000)",
    "kind": "VARCHAR(20)",
    "media_type": "VARCHAR(100)",
    "size_bytes": "NUMERIC(20)",
    "sha256": "VARCHAR(64)",
    "link": "VARCHAR(2000)",
    "credits": "NUMERIC(18, 6)",
    "vendor": "VARCHAR(50)",
    "job_id": "VARCHAR(255)",
    "model_id": "VARCHAR(255)",
    "rendered_at": "VARCHAR(40)",
    "delivered": "VARCHAR(10)",
    "delivered_by": "VARCHAR(1000)",
    "checksum": "VARCHAR(32)",
}
"""Column types that every database of SQL-92 has."""

_REMOVE = "DELETE FROM {table} WHERE output_folder = {} AND shard = {} AND item_key = {} AND path = {}"
_BEYOND = "DELETE FROM {table} WHERE output_folder = {} AND shard >= {}"
_THERE = (
    "SELECT shard, item_key, path, checksum FROM {table} WHERE output_folder = {} AND shard IN ({values})"
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*){0,2}")


class SqlTable:
    """A table of a database that is kept in step with what is delivered.

    It is created where it is missing. Rows belong to the output folder that they are of, so that several
    catalogs may share one table. Only what differs is written.

    :param conn_id: Airflow connection of the database.
    :param name: the table, with its schema before a dot where it needs one.
    :raises RenderInputError: the name is none, a provider is missing, or there is no such connection.
    """

    def __init__(self, conn_id: str, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise RenderInputError(
                f"table_name: must be a plain name such as renders or shop.renders, not {name!r}"
            )
        try:
            self._hook = sql_hook(conn_id)
        except RenderInputError as error:
            raise RenderInputError(f"table_conn_id: {error}") from error
        self._conn_id = conn_id
        self._name = name
        self._mark = str(self._hook.placeholder)

    def sync(self, output: str, shards: Iterable[tuple[int, Iterable[Row]]], count: int) -> None:
        """Make the rows of some files of the state equal to what the files say.

        :param output: URL of the folder that the state is in.
        :param shards: the number of each file, and the rows of what is delivered of it.
        :param count: how many files the state has; rows of files beyond are removed.
        :raises OutputError: the database cannot be reached or refuses; what was written so far is right.
        """
        try:
            with closing(self._hook.get_conn()) as connection, closing(connection.cursor()) as cursor:
                if self._hook.supports_autocommit:
                    self._hook.set_autocommit(connection, False)
                self._create_missing(connection, cursor)
                cursor.execute(self._statement(_BEYOND), (output, count))
                for some in _in_batches(shards):
                    self._sync(cursor, output, some)
                    connection.commit()
                connection.commit()
        except OutputError:
            raise
        except Exception as error:
            raise OutputError(
                f"table_name: cannot write {self._name} on connection {self._conn_id!r}: {error}"
            ) from error

    def _sync(self, cursor: Any, output: str, shards: Mapping[int, Iterable[Row]]) -> None:
        wanted = {
            (number, row["item_key"], row["path"]): _values(output, number, row)
            for number, rows in shards.items()
            for row in rows
        }
        there = self._there(cursor, output, list(shards))
        stale = [
            (output, *row) for row, sum_ in there.items() if row not in wanted or wanted[row][-1] != sum_
        ]
        fresh = [values for row, values in wanted.items() if there.get(row) != values[-1]]
        if stale:
            cursor.executemany(self._statement(_REMOVE), stale)
        if fresh:
            insert = "INSERT INTO {table} ({columns}) VALUES ({values})"
            cursor.executemany(self._statement(insert, columns=", ".join(TYPES), values=len(TYPES)), fresh)

    def _there(self, cursor: Any, output: str, shards: Sequence[int]) -> dict[tuple[int, str, str], str]:
        columns = ", ".join((*IDENTITY[1:], "checksum"))
        there = self._statement(_THERE, columns=columns, values=len(shards))
        cursor.execute(there, (output, *shards))
        return {(int(shard), key, path): sum_ for shard, key, path, sum_ in cursor.fetchall()}

    def _create_missing(self, connection: Any, cursor: Any) -> None:
        """Create the table unless it is there; another group of the run may do so at the same time."""
        if self._is_there(connection, cursor):
            return
        columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
        create = f"CREATE TABLE {{table}} ({columns}, PRIMARY KEY ({', '.join(IDENTITY)}))"
        try:
            cursor.execute(self._statement(create))
            connection.commit()
        except Exception:
            connection.rollback()
            if not self._is_there(connection, cursor):
                raise

    def _is_there(self, connection: Any, cursor: Any) -> bool:
        try:
            cursor.execute(self._statement("SELECT checksum FROM {table} WHERE 1 = 0"))
            cursor.fetchall()
        except Exception:  # noqa: BLE001 - each driver has an error of its own for a missing table
            connection.rollback()
            return False
        return True

    def _statement(self, text: str, *, columns: str = "", values: int = 0) -> str:
        """Fill in names, and the driver's mark for each value."""
        text = text.replace("{values}", ", ".join(["{}"] * values)).replace("{columns}", columns)
        return text.replace("{table}", self._name).replace("{}", self._mark)


def _values(output: str, shard: int, row: Row) -> tuple[Any, ...]:
    checksum = hashlib.sha256(canonical_json(row).encode("utf-8", "replace")).hexdigest()[:32]
    whole = {"output_folder": output, "shard": shard, **row, "checksum": checksum}
    return tuple(whole[column] for column in TYPES)


def _in_batches(shards: Iterable[tuple[int, Iterable[Row]]]) -> Iterator[dict[int, Iterable[Row]]]:
    left = iter(shards)
    while some := dict(islice(left, SHARDS_AT_ONCE)):
        yield some
