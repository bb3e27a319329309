"""What is delivered, in a table of a database, through a connection of the provider common.sql."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, NamedTuple

from airflow_provider_render.catalog.databases import sql_hook
from airflow_provider_render.catalog.table import Row
from airflow_provider_render.core.errors import OutputError, RenderInputError
from airflow_provider_render.core.fingerprint import canonical_json

SHARDS_AT_ONCE = 16
"""Files of the state, of some fifty items each or more, whose rows one transaction brings up to date."""

MOST_REFUSED = 20
"""Rows that a database may refuse before it is not asked any further."""

IDENTITY = ("folder_id", "shard", "row_id")
"""What tells a row from others; it begins with what rows are looked up by."""

TYPES: Mapping[str, str] = {
    "folder_id": "VARCHAR(32) NOT NULL",
    "shard": "INTEGER NOT NULL",
    "row_id": "VARCHAR(32) NOT NULL",
    "output_folder": "TEXT",
    "item_key": "TEXT",
    "sku": "TEXT",
    "variant": "TEXT",
    "path": "TEXT",
    "uri": "TEXT",
    "kind": "VARCHAR(20)",
    "media_type": "VARCHAR(255)",
    "size_bytes": "NUMERIC(20)",
    "sha256": "VARCHAR(64)",
    "link": "TEXT",
    "credits": "NUMERIC(18, 6)",
    "vendor": "VARCHAR(255)",
    "job_id": "TEXT",
    "model_id": "TEXT",
    "submitted_at": "VARCHAR(40)",
    "rendered_at": "VARCHAR(40)",
    "delivered_at": "VARCHAR(40)",
    "delivered": "VARCHAR(10)",
    "delivered_by": "TEXT",
    "checksum": "VARCHAR(32)",
}
"""Column types. Catalogs and vendors set no limit to most texts, and no database indexes texts without one,
nor compares them alike: so rows are told apart by hashes."""

_REMOVE = "DELETE FROM {table} WHERE folder_id = {} AND shard = {} AND row_id = {}"
_BEYOND = "DELETE FROM {table} WHERE folder_id = {} AND shard >= {}"
_THERE = "SELECT shard, row_id, checksum FROM {table} WHERE folder_id = {} AND shard IN ({values})"
_INSERT = "INSERT INTO {table} ({columns}) VALUES ({values})"
_PROBES = (
    "INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE 1 = 0",
    "DELETE FROM {table} WHERE 1 = 0",
)
"""Statements that need the rights to write, and write nothing."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*){0,2}")

_Mark = tuple[int, str]
"""Number of the file of the state, and what tells the row apart in it."""


class _Change(NamedTuple):
    """What makes one row as it should be.

    :param mark: the row.
    :param stale: whether there is one to remove.
    :param values: what to insert; None for nothing.
    :param name: the row, for people.
    """

    mark: _Mark
    stale: bool
    values: tuple[Any, ...] | None
    name: str


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

    def check(self) -> None:
        """Prove that rows can be written; no row is. A table that is missing is created.

        :raises OutputError: the database cannot be reached, refuses, or its table lacks columns.
        """

        def probe(connection: Any, cursor: Any) -> None:
            for statement in _PROBES:
                cursor.execute(self._statement(statement, columns=", ".join(TYPES)))
            connection.commit()

        self._with_table(probe)

    def sync(self, output: str, shards: Iterable[tuple[int, Iterable[Row]]], count: int) -> None:
        """Make the rows of some files of the state equal to what the files say.

        A row that the database refuses does not keep the others from being written.

        :param output: URL of the folder that the state is in.
        :param shards: the number of each file, and the rows of what is delivered of it.
        :param count: how many files the state has; rows of files beyond are removed.
        :raises OutputError: the database cannot be reached or refuses; what was written so far is right.
        """
        refused: list[str] = []

        def write(connection: Any, cursor: Any) -> None:
            cursor.execute(self._statement(_BEYOND), (_digest(output), count))
            connection.commit()
            for some in _in_batches(shards):
                changes = self._changes(cursor, output, some)
                found = self._write(connection, cursor, _digest(output), changes)
                refused.extend(islice(found, MOST_REFUSED - len(refused)))
                if len(refused) >= MOST_REFUSED:
                    break

        self._with_table(write)
        if refused:
            others = "the rest was left" if len(refused) >= MOST_REFUSED else "all others are written"
            raise self._failure(f"rows refused: {len(refused)}; {others}. The first: {refused[0]}")

    def _with_table(self, action: Callable[[Any, Any], None]) -> None:
        try:
            with closing(self._hook.get_conn()) as connection, closing(connection.cursor()) as cursor:
                if self._hook.supports_autocommit:
                    self._hook.set_autocommit(connection, False)
                self._create_missing(connection, cursor)
                self._require_columns(connection, cursor)
                action(connection, cursor)
        except OutputError:
            raise
        except Exception as error:
            raise self._failure(str(error)) from error

    def _failure(self, why: str) -> OutputError:
        return OutputError(f"table_name: cannot write {self._name} on connection {self._conn_id!r}: {why}")

    def _changes(self, cursor: Any, output: str, shards: Mapping[int, Iterable[Row]]) -> list[_Change]:
        """Return what differs; what is to go comes first."""
        wanted = {
            (number, _digest(row["item_key"], row["path"])): row
            for number, rows in shards.items()
            for row in rows
        }
        there = self._there(cursor, output, list(shards))
        changes = [_Change(mark, True, None, "a row to remove") for mark in there if mark not in wanted]
        for mark, row in wanted.items():
            values = _values(output, mark, row)
            if there.get(mark) != values[-1]:
                changes.append(_Change(mark, mark in there, values, f"{row['item_key']}, {row['path']}"))
        return changes

    def _there(self, cursor: Any, output: str, shards: Sequence[int]) -> dict[_Mark, str]:
        there = self._statement(_THERE, values=len(shards))
        cursor.execute(there, (_digest(output), *shards))
        return {(int(shard), row): checksum for shard, row, checksum in cursor.fetchall()}

    def _write(self, connection: Any, cursor: Any, folder: str, changes: Sequence[_Change]) -> Iterator[str]:
        """Write changes at once, or one by one where that does not do; yield what is refused, and why."""
        try:
            self._apply(cursor, folder, changes)
            connection.commit()
        except Exception:
            connection.rollback()
            if not self._has(connection, cursor, "1"):
                raise
            yield from self._refused(connection, cursor, folder, changes)

    def _refused(
        self, connection: Any, cursor: Any, folder: str, changes: Iterable[_Change]
    ) -> Iterator[str]:
        for change in changes:
            try:
                self._apply(cursor, folder, [change])
                connection.commit()
            except Exception as error:  # noqa: BLE001 - each driver has errors of its own
                connection.rollback()
                yield f"{change.name}: {str(error).strip()}"

    def _apply(self, cursor: Any, folder: str, changes: Iterable[_Change]) -> None:
        stale = [(folder, *change.mark) for change in changes if change.stale]
        fresh = [change.values for change in changes if change.values]
        if stale:
            cursor.executemany(self._statement(_REMOVE), stale)
        if fresh:
            insert = self._statement(_INSERT, columns=", ".join(TYPES), values=len(TYPES))
            cursor.executemany(insert, fresh)

    def _create_missing(self, connection: Any, cursor: Any) -> None:
        """Create the table unless it is there; another group of the run may do so at the same time."""
        if self._has(connection, cursor, "1"):
            return
        columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
        create = f"CREATE TABLE {{table}} ({columns}, PRIMARY KEY ({', '.join(IDENTITY)}))"
        try:
            cursor.execute(self._statement(create))
            connection.commit()
        except Exception:
            connection.rollback()
            if not self._has(connection, cursor, "1"):
                raise

    def _require_columns(self, connection: Any, cursor: Any) -> None:
        if self._has(connection, cursor, ", ".join(TYPES)):
            return
        lacking = [name for name in TYPES if not self._has(connection, cursor, name)]
        raise self._failure(
            f"it lacks the columns {', '.join(lacking)}; add them, or drop the table, which is then made anew"
        )

    def _has(self, connection: Any, cursor: Any, columns: str) -> bool:
        try:
            cursor.execute(self._statement("SELECT {columns} FROM {table} WHERE 1 = 0", columns=columns))
            cursor.fetchall()
        except Exception:  # noqa: BLE001 - each driver has an error of its own for a missing table
            connection.rollback()
            return False
        return True

    def _statement(self, text: str, *, columns: str = "", values: int = 0) -> str:
        """Fill in names, and the driver's mark for each value."""
        text = text.replace("{values}", ", ".join(["{}"] * values)).replace("{columns}", columns)
        return text.replace("{table}", self._name).replace("{}", self._mark)


def _values(output: str, mark: _Mark, row: Row) -> tuple[Any, ...]:
    shard, row_id = mark
    whole = {
        "folder_id": _digest(output),
        "shard": shard,
        "row_id": row_id,
        "output_folder": output,
        **row,
        "checksum": _digest(canonical_json(row)),
    }
    return tuple(_storable(whole[column]) for column in TYPES)


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _storable(value: Any) -> Any:
    """Return text without what a vendor may send and databases refuse: NUL, and half a character."""
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _in_batches(shards: Iterable[tuple[int, Iterable[Row]]]) -> Iterator[dict[int, Iterable[Row]]]:
    left = iter(shards)
    while some := dict(islice(left, SHARDS_AT_ONCE)):
        yield some
