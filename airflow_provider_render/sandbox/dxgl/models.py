"""The models of the account."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.dxgl.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from airflow_provider_render.sandbox.database import Database, Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS dxgl_models (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, original_name TEXT NOT NULL,
    format TEXT NOT NULL, title TEXT, sku TEXT, tags TEXT NOT NULL DEFAULT '[]', file_size INTEGER NOT NULL,
    sha256 TEXT NOT NULL, created_at TEXT NOT NULL, archived INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS dxgl_models_sha256 ON dxgl_models (sha256);
"""

CHANGEABLE = ("title", "sku", "tags", "archived", "deleted")


@dataclass(frozen=True)
class Model:
    """
    One uploaded file.

    :param format: ``glb``, ``gltf`` or ``zip``, as it was uploaded.
    """

    id: str
    original_name: str
    format: str
    title: str | None
    sku: str | None
    tags: list[str]
    file_size: int
    sha256: str
    created_at: str

    def answer(self) -> dict[str, Any]:
        """Return the model as the API shows it."""
        return {
            "id": self.id,
            "originalName": self.original_name,
            "title": self.title,
            "sku": self.sku,
            "tags": self.tags,
            "fileSize": self.file_size,
            "sha256": self.sha256,
            "createdAt": self.created_at,
        }


class Models:
    """
    The table of models, and their files.

    :param database: where they are kept.
    :param folder: where their files are.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        database.define(SCHEMA)
        folder.mkdir(parents=True, exist_ok=True)

    def uploaded(self, model: Model) -> Path:
        """Where the file is kept as it was uploaded."""
        return self._folder / f"{model.id}.{model.format}"

    def glb(self, model: Model) -> Path:
        """Where the model's GLB is, or will be once the upload was converted."""
        return self.uploaded(model) if model.format == "glb" else self._folder / f"{model.id}.converted.glb"

    def add(self, model: Model) -> None:
        """Remember a new model."""
        self._database.run(
            "INSERT INTO dxgl_models (id, original_name, format, file_size, sha256, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            model.id,
            model.original_name,
            model.format,
            model.file_size,
            model.sha256,
            model.created_at,
        )

    def get(self, model_id: object) -> Model:
        """
        Find a model that is not deleted.

        :raises ApiError: ``model_not_found``.
        """
        row = self._database.row("SELECT * FROM dxgl_models WHERE id = ? AND NOT deleted", str(model_id))
        if row is None:
            raise ApiError("model_not_found")
        return _model(row)

    def even_deleted(self, model_id: str) -> Model:
        """Find a model whose renders may outlive it."""
        row = self._database.row("SELECT * FROM dxgl_models WHERE id = ?", model_id)
        if row is None:
            raise ApiError("model_not_found")
        return _model(row)

    def by_hash(self, sha256: str) -> Model | None:
        """Find a model that is not deleted by its file."""
        row = self._database.row(
            "SELECT * FROM dxgl_models WHERE sha256 = ? AND NOT deleted ORDER BY number", sha256.lower()
        )
        return _model(row) if row else None

    def page(self, tags: Sequence[str], limit: int, offset: int) -> tuple[list[Model], int]:
        """
        List models that are neither archived nor deleted, newest first.

        :param tags: only models with one of these; empty for all.
        :return: the page and the total.
        """
        where = "FROM dxgl_models WHERE NOT archived AND NOT deleted"
        if tags:
            marks = ", ".join("?" * len(tags))
            where += f" AND EXISTS (SELECT 1 FROM json_each(tags) WHERE value IN ({marks}))"  # noqa: S608
        total = self._database.count(f"SELECT count(*) {where}", *tags)
        rows = self._database.rows(
            f"SELECT * {where} ORDER BY number DESC LIMIT ? OFFSET ?",
            *tags,
            limit,
            offset,
        )
        return [_model(row) for row in rows], total

    def change(self, model_id: str, **fields: Any) -> None:
        """
        Change columns of a model.

        :param fields: any of :data:`CHANGEABLE`.
        """
        for name, value in fields.items():
            if name not in CHANGEABLE:
                raise ValueError(f"{name} cannot be changed")
            stored = json.dumps(value) if name == "tags" else value
            self._database.run(f"UPDATE dxgl_models SET {name} = ? WHERE id = ?", stored, model_id)  # noqa: S608


def _model(row: Row) -> Model:
    return Model(
        id=row["id"],
        original_name=row["original_name"],
        format=row["format"],
        title=row["title"],
        sku=row["sku"],
        tags=json.loads(row["tags"]),
        file_size=row["file_size"],
        sha256=row["sha256"],
        created_at=row["created_at"],
    )
