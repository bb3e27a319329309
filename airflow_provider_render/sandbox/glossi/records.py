"""Objects of Glossi in the database: each is one JSON document in its row."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.database import Database, Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS glossi_records (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    owner TEXT, status TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS glossi_records_status ON glossi_records (kind, owner, status);
"""


class Record(Protocol):
    """A frozen dataclass of JSON values.

    :param id: unique among all records.
    :param owner: what it belongs to, None for nothing.
    :param status: where it is.
    """

    @property
    def id(self) -> str:
        """Return its id."""

    @property
    def owner(self) -> str | None:
        """Return its owner."""

    @property
    def status(self) -> str:
        """Return its status."""


R = TypeVar("R", bound=Record)


class Records(Generic[R]):
    """
    All objects of one kind.

    :param database: where they are kept.
    :param kind: their dataclass.
    """

    def __init__(self, database: Database, kind: type[R]) -> None:
        self._database = database
        self._kind = kind
        database.define(SCHEMA)

    def add(self, record: R) -> R:
        """Remember a new one."""
        self._database.run(
            "INSERT INTO glossi_records (kind, id, owner, status, body) VALUES (?, ?, ?, ?, ?)",
            self._kind.__name__,
            record.id,
            record.owner,
            record.status,
            _written(record),
        )
        return record

    def find(self, record_id: str) -> R | None:
        """Find one by its id, None when there is none."""
        row = self._database.row(
            "SELECT body FROM glossi_records WHERE id = ? AND kind = ?", record_id, self._kind.__name__
        )
        return self._read(row) if row else None

    def known(self, record_id: str) -> R:
        """
        Find one that must be there.

        :raises LookupError: it is not.
        """
        record = self.find(record_id)
        if record is None:
            raise LookupError(f"there is no {self._kind.__name__} {record_id}")
        return record

    def change(self, record_id: str, **fields: Any) -> R:
        """Replace some fields of one and return it."""
        record: R = dataclasses.replace(self.known(record_id), **fields)  # type: ignore[type-var]
        self._database.run(
            "UPDATE glossi_records SET owner = ?, status = ?, body = ? WHERE id = ?",
            record.owner,
            record.status,
            _written(record),
            record_id,
        )
        return record

    def all(self, owner: str | None = None, statuses: tuple[str, ...] = ()) -> list[R]:
        """
        List those of an owner, oldest first.

        :param owner: None lists those without one.
        :param statuses: only those; empty for all.
        """
        marks = ", ".join("?" * len(statuses))
        condition = f" AND status IN ({marks})" if statuses else ""
        rows = self._database.rows(
            f"SELECT body FROM glossi_records WHERE kind = ? AND owner IS ?{condition} ORDER BY number",  # noqa: S608
            self._kind.__name__,
            owner,
            *statuses,
        )
        return [self._read(row) for row in rows]

    def counts(self, owner: str) -> dict[str, int]:
        """How many of an owner are in each status."""
        rows = self._database.rows(
            "SELECT status, count(*) AS many FROM glossi_records WHERE kind = ? AND owner = ?"
            " GROUP BY status",
            self._kind.__name__,
            owner,
        )
        return {row["status"]: row["many"] for row in rows}

    def delete(self, record_id: str) -> None:
        """Forget one."""
        self._database.run("DELETE FROM glossi_records WHERE id = ?", record_id)

    def _read(self, row: Row) -> R:
        return self._kind(**json.loads(row["body"]))


def _written(record: Any) -> str:
    return json.dumps(dataclasses.asdict(record))
