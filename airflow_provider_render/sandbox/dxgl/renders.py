"""The renders of the account."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.dxgl.errors import ApiError
from airflow_provider_render.sandbox.identity import timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from airflow_provider_render.sandbox.database import Database, Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS dxgl_renders (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, model_id TEXT NOT NULL,
    status TEXT NOT NULL, settings TEXT NOT NULL, file_size INTEGER, error_message TEXT,
    has_web_variant INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    preview_of TEXT, is_preview INTEGER NOT NULL, watermarked INTEGER NOT NULL, doomed INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS dxgl_renders_model ON dxgl_renders (model_id);
CREATE INDEX IF NOT EXISTS dxgl_renders_status ON dxgl_renders (status);
"""

PENDING, POSTER_PROCESSING, POSTER_DONE = "pending", "poster-processing", "poster-done"
VIDEO_PROCESSING, DONE, ERROR, FAILED = "video-processing", "done", "error", "failed"
UNFINISHED = (PENDING, POSTER_PROCESSING, POSTER_DONE, VIDEO_PROCESSING)
MARKS = ", ".join("?" * len(UNFINISHED))

ALWAYS = "9999"


@dataclass(frozen=True)
class Render:
    """
    One render.

    :param settings: as they were sent.
    :param is_preview: whether it is the free system preview of an upload.
    :param preview_of: for a preview: the render whose process also makes it.
    :param watermarked: whether a free credit paid for it.
    :param doomed: whether a fault was armed for it.
    """

    id: str
    model_id: str
    settings: dict[str, Any]
    created_at: str
    updated_at: str
    status: str = PENDING
    file_size: int | None = None
    error_message: str | None = None
    has_web_variant: bool = False
    is_preview: bool = False
    preview_of: str | None = None
    watermarked: bool = False
    doomed: bool = False

    def answer(self) -> dict[str, Any]:
        """Return the render as ``GET /renders/:id`` shows it."""
        shown = {
            "id": self.id,
            "modelId": self.model_id,
            "status": self.status,
            "renderSettings": self.settings,
            "fileSize": self.file_size,
            "errorMessage": self.error_message,
            "hasWebVariant": self.has_web_variant,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }
        return self._marked(shown)

    def answer_within_model(self) -> dict[str, Any]:
        """Return the render as ``GET /models/:id`` shows it."""
        names = ("id", "status", "renderSettings", "createdAt", "updatedAt")
        return self._marked({name: self.answer()[name] for name in names})

    def _marked(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {**shown, "is_system_preview": True} if self.is_preview else shown


class Renders:
    """
    The table of renders, and their files.

    :param database: where they are kept.
    :param folder: holds one folder per render.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        database.define(SCHEMA)

    def folder(self, render_id: str) -> Path:
        """Folder of a render's files."""
        return self._folder / render_id

    def add(self, render: Render) -> None:
        """Remember a new render."""
        self._database.run(
            "INSERT INTO dxgl_renders (id, model_id, status, settings, created_at, updated_at, preview_of,"
            " is_preview, watermarked, doomed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            render.id,
            render.model_id,
            render.status,
            json.dumps(render.settings),
            render.created_at,
            render.updated_at,
            render.preview_of,
            render.is_preview,
            render.watermarked,
            render.doomed,
        )

    def find(self, render_id: str) -> Render | None:
        """Find a render, None when it does not exist."""
        row = self._database.row("SELECT * FROM dxgl_renders WHERE id = ?", render_id)
        return _render(row) if row else None

    def get(self, render_id: str, listed_until: str = ALWAYS) -> Render:
        """
        Find a render.

        :param listed_until: those made later are not seen.
        :raises ApiError: ``render_not_found``.
        """
        render = self.find(render_id)
        if render is None or render.created_at > listed_until:
            raise ApiError("render_not_found")
        return render

    def page(
        self, *, model: str | None, status: str | None, limit: int, offset: int, listed_until: str = ALWAYS
    ) -> tuple[list[Render], int]:
        """
        List renders, newest first.

        :param model: only those of a model.
        :param status: only those in a status.
        :param limit: rows of the page; -1 is all.
        :param offset: rows before it.
        :param listed_until: those made later are not seen.
        :return: the page and the total.
        """
        conditions = {"created_at <= ?": listed_until, "model_id = ?": model, "status = ?": status}
        given = {condition: value for condition, value in conditions.items() if value}
        where = "FROM dxgl_renders WHERE " + " AND ".join(given)
        total = self._database.count(f"SELECT count(*) {where}", *given.values())
        rows = self._database.rows(
            f"SELECT * {where} ORDER BY number DESC LIMIT ? OFFSET ?",
            *given.values(),
            limit,
            offset,
        )
        return [_render(row) for row in rows], total

    def advance(self, render_id: str, status: str) -> None:
        """Move a render to a status."""
        self._database.run(
            "UPDATE dxgl_renders SET status = ?, updated_at = ? WHERE id = ?", status, timestamp(), render_id
        )

    def finish(self, render_id: str, file_size: int | None, *, has_web_variant: bool) -> None:
        """
        Move a render to ``done``.

        :param file_size: bytes of its main file.
        :param has_web_variant: whether there is a lighter video.
        """
        self._database.run(
            "UPDATE dxgl_renders SET file_size = ?, has_web_variant = ? WHERE id = ?",
            file_size,
            has_web_variant,
            render_id,
        )
        self.advance(render_id, DONE)

    def fail(self, render_id: str, message: str) -> None:
        """Move a render to ``error``."""
        self._database.run("UPDATE dxgl_renders SET error_message = ? WHERE id = ?", message, render_id)
        self.advance(render_id, ERROR)

    def delete(self, render_id: str) -> None:
        """Remove a render and its files for good."""
        self._database.run("DELETE FROM dxgl_renders WHERE id = ?", render_id)
        shutil.rmtree(self.folder(render_id), ignore_errors=True)

    def waiting_previews(self, render_id: str) -> list[Render]:
        """Find the unfinished previews that the process of a render shall make."""
        rows = self._database.rows(
            f"SELECT * FROM dxgl_renders WHERE preview_of = ? AND status IN ({MARKS})",  # noqa: S608
            render_id,
            *UNFINISHED,
        )
        return [_render(row) for row in rows]

    def release_previews(self, render_id: str) -> list[Render]:
        """Let the unfinished previews of a render be made by processes of their own, and return them."""
        released = self.waiting_previews(render_id)
        self._database.run("UPDATE dxgl_renders SET preview_of = NULL WHERE preview_of = ?", render_id)
        return released

    def restart_unfinished(self) -> Sequence[Render]:
        """Put unfinished renders back to ``pending`` and return those that need a process, oldest first."""
        self._database.run(
            f"UPDATE dxgl_renders SET status = ? WHERE status IN ({MARKS})",  # noqa: S608
            PENDING,
            *UNFINISHED,
        )
        rows = self._database.rows(
            "SELECT * FROM dxgl_renders WHERE status = ? AND preview_of IS NULL ORDER BY number", PENDING
        )
        return [_render(row) for row in rows]


def _render(row: Row) -> Render:
    return Render(
        id=row["id"],
        model_id=row["model_id"],
        settings=json.loads(row["settings"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        status=row["status"],
        file_size=row["file_size"],
        error_message=row["error_message"],
        has_web_variant=bool(row["has_web_variant"]),
        is_preview=bool(row["is_preview"]),
        preview_of=row["preview_of"],
        watermarked=bool(row["watermarked"]),
        doomed=bool(row["doomed"]),
    )
