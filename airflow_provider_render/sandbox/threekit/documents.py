"""The records of all services: JSON documents with an id, kept in one table."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.identity import timestamp
from airflow_provider_render.sandbox.threekit.errors import missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow_provider_render.sandbox.database import Database, Row

Document = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS threekit_documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    parent TEXT NOT NULL, label TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT,
    deleted_at TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS threekit_documents_parent ON threekit_documents (kind, parent);
CREATE INDEX IF NOT EXISTS threekit_documents_label ON threekit_documents (kind, label);
CREATE INDEX IF NOT EXISTS threekit_documents_name ON threekit_documents (kind, json_extract(body, '$.name'));
CREATE INDEX IF NOT EXISTS threekit_documents_file
    ON threekit_documents (kind, json_extract(body, '$.importedFileId'));
CREATE INDEX IF NOT EXISTS threekit_documents_job ON threekit_documents (kind, json_extract(body, '$.jobId'));
"""

ORDERS = {"+createdAt": "number ASC", "createdAt": "number ASC", "-createdAt": "number DESC"}


@dataclass(frozen=True)
class Where:
    """
    A condition on documents.

    :param text: SQL with question marks.
    :param values: what the marks stand for.
    """

    text: str
    values: tuple[Any, ...] = ()


def is_(field: str, value: Any) -> Where:
    """
    Ask for documents whose field has a value.

    :param field: a name that the program chose, not a client.
    """
    return Where(f"json_extract(body, '$.{field}') = ?", (value,))


def like(field: str, part: str) -> Where:
    """Ask for documents whose field contains a text, upper or lower case."""
    return Where(f"instr(lower(json_extract(body, '$.{field}')), lower(?)) > 0", (part,))


def having(field: str, values: Iterable[str]) -> list[Where]:
    """Ask for documents whose list field holds all the values."""
    text = f"EXISTS (SELECT 1 FROM json_each(body, '$.{field}') AS one WHERE one.value = ?)"  # noqa: S608
    return [Where(text, (value,)) for value in values]


def matching(field: str, wanted: Mapping[str, Any]) -> list[Where]:
    """Ask for documents whose object field has all these members; texts and numbers count as equal."""
    text = (
        f"EXISTS (SELECT 1 FROM json_each(body, '$.{field}') AS one"  # noqa: S608
        " WHERE one.key = ? AND CAST(one.value AS TEXT) = CAST(? AS TEXT))"
    )
    return [Where(text, (key, _plain(value))) for key, value in wanted.items()]


def of_parent(parent: str) -> Where:
    """Ask for documents that belong to another one."""
    return Where("parent = ?", (parent,))


def labelled(label: str) -> Where:
    """Ask for documents with a label."""
    return Where("label = ?", (label,))


def made_until(time: str) -> Where:
    """Ask for documents that are not younger than a time."""
    return Where("created_at <= ?", (time,))


ALIVE = Where("deleted_at IS NULL")
DELETED = Where("deleted_at IS NOT NULL")


class Documents:
    """
    The table.

    :param database: where it is kept.
    :param org_id: written into every document.
    :param user_id: who made them all.
    """

    def __init__(self, database: Database, org_id: str, user_id: str) -> None:
        self._database = database
        self._org_id = org_id
        self._user_id = user_id
        database.define(SCHEMA)

    def add(self, kind: str, body: Mapping[str, Any], *, parent: str = "", label: str = "") -> Document:
        """
        Remember a new document; one with an ``id`` in its body keeps it.

        :param kind: what it is, like ``asset``.
        :param parent: id of what it belongs to.
        :param label: a text to find it by.
        """
        now = timestamp()
        identity = str(body.get("id") or uuid.uuid4())
        content = {"orgId": self._org_id, "createdBy": self._user_id, **body, "id": identity}
        self._database.run(
            "INSERT INTO threekit_documents (kind, id, parent, label, created_at, updated_at, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            kind,
            identity,
            parent,
            label,
            now,
            now,
            json.dumps(content),
        )
        return _document(content, now, now, None)

    def find(self, kind: str, identity: str, *, deleted: bool | None = False) -> Document | None:
        """
        Find a document by its id.

        :param deleted: only deleted ones, only the others, or (None) any.
        """
        conditions = [Where("id = ?", (identity,)), *([] if deleted is None else [_state(deleted)])]
        found = self.every(kind, conditions, limit=1)
        return found[0] if found else None

    def get(self, kind: str, identity: str, *, deleted: bool | None = False) -> Document:
        """
        Find a document by its id.

        :raises ApiError: 404.
        """
        document = self.find(kind, identity, deleted=deleted)
        if document is None:
            raise missing(kind.capitalize(), identity)
        return document

    def every(
        self,
        kind: str,
        where: Sequence[Where] = (),
        *,
        order: str = "+createdAt",
        limit: int = -1,
        offset: int = 0,
    ) -> list[Document]:
        """
        List documents.

        :param where: conditions that all must hold; say :data:`ALIVE` to leave out deleted ones.
        :param order: ``+createdAt`` or ``-createdAt``.
        """
        text, values = _joined(kind, where)
        rows = self._database.rows(
            f"SELECT * FROM threekit_documents WHERE {text} ORDER BY {ORDERS[order]} LIMIT ? OFFSET ?",  # noqa: S608
            *values,
            limit,
            offset,
        )
        return [_read(row) for row in rows]

    def count(self, kind: str, where: Sequence[Where] = ()) -> int:
        """Count documents."""
        text, values = _joined(kind, where)
        return self._database.count(f"SELECT count(*) FROM threekit_documents WHERE {text}", *values)  # noqa: S608

    def change(self, identity: str, **fields: Any) -> None:
        """Replace fields of a document."""
        row = self._database.row("SELECT body FROM threekit_documents WHERE id = ?", identity)
        if row:
            self._database.run(
                "UPDATE threekit_documents SET body = ?, updated_at = ? WHERE id = ?",
                json.dumps({**json.loads(row["body"]), **fields}),
                timestamp(),
                identity,
            )

    def delete(self, identity: str) -> None:
        """Mark a document as deleted."""
        self._database.run("UPDATE threekit_documents SET deleted_at = ? WHERE id = ?", timestamp(), identity)

    def restore(self, identity: str) -> None:
        """Take a document's deletion back."""
        self._database.run("UPDATE threekit_documents SET deleted_at = NULL WHERE id = ?", identity)

    def purge(self, kind: str, parent: str) -> None:
        """Remove the documents of a parent for good."""
        self._database.run("DELETE FROM threekit_documents WHERE kind = ? AND parent = ?", kind, parent)


def shown(document: Document) -> Document:
    """Return a document as an answer: without the fields that are the double's own."""
    return {name: value for name, value in document.items() if not name.startswith("_")}


def _state(deleted: bool) -> Where:
    return DELETED if deleted else ALIVE


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else json.dumps(value)


def _joined(kind: str, where: Sequence[Where]) -> tuple[str, list[Any]]:
    parts = [Where("kind = ?", (kind,)), *where]
    return " AND ".join(part.text for part in parts), [value for part in parts for value in part.values]


def _read(row: Row) -> Document:
    return _document(json.loads(row["body"]), row["created_at"], row["updated_at"], row["deleted_at"])


def _document(body: Document, created: str, updated: str | None, deleted: str | None) -> Document:
    return {**body, "createdAt": created, "updatedAt": updated, "deletedAt": deleted}
