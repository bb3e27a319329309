"""The sandbox's memory: one SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Row = sqlite3.Row


class Database:
    """
    One connection, used by the event loop's thread alone: a block without ``await`` is never interleaved.

    :param path: the SQLite file; made when missing.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self.define("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)")

    def define(self, schema: str) -> None:
        """
        Create what is missing.

        :param schema: ``CREATE ... IF NOT EXISTS`` statements.
        """
        self._connection.executescript(schema)

    def rows(self, statement: str, *values: Any) -> list[Row]:
        """Run a statement and return all its rows."""
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> Row | None:
        """Run a statement and return its first row, if any."""
        found: Row | None = self._connection.execute(statement, values).fetchone()
        return found

    def count(self, statement: str, *values: Any) -> int:
        """Run a ``SELECT count(...)`` or ``sum`` and return the number, 0 for no row or NULL."""
        found = self.row(statement, *values)
        return int(found[0] or 0) if found else 0

    def run(self, statement: str, *values: Any) -> None:
        """Run a statement for its effect."""
        self._connection.execute(statement, values)

    def remember(self, name: str, value: str, *, replace: bool = False) -> str:
        """
        Keep a single value over restarts.

        :param name: name of the value.
        :param value: what to keep if nothing is kept yet.
        :param replace: keep the new value in any case.
        :return: the value that is kept now.
        """
        verb = "REPLACE" if replace else "IGNORE"
        self.run(f"INSERT OR {verb} INTO facts VALUES (?, ?)", name, value)  # noqa: S608
        kept = self.row("SELECT value FROM facts WHERE name = ?", name)
        return str(kept["value"]) if kept else value

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything done inside, or nothing when it raises; one inside another is part of it."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
