"""Background and foreground pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps

from airflow_provider_render.sandbox.dxgl.errors import ApiError

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.database import Database, Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS dxgl_overlays (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, layer TEXT NOT NULL, name TEXT,
    description TEXT, alignment TEXT NOT NULL, file_name TEXT NOT NULL, is_system INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class Overlay:
    """
    One picture.

    :param is_system: whether DXGL published it for everybody.
    """

    id: str
    layer: str
    alignment: str
    name: str | None
    description: str | None
    file_name: str
    is_system: bool = False

    def answer(self) -> dict[str, Any]:
        """Return the overlay as the API shows it after an upload."""
        return {"id": self.id, "layer": self.layer, "alignment": self.alignment, "name": self.name}

    def answer_in_list(self) -> dict[str, Any]:
        """Return the overlay as lists show it."""
        return {**self.answer(), "description": self.description}


SYSTEM = Overlay(
    "StudioGrey01", "background", "top-left", "Studio grey", "Soft grey gradient", "studio.png", True
)


class Overlays:
    """
    The table of overlays, and their files.

    :param database: where they are kept.
    :param folder: where their files are.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        database.define(SCHEMA)
        folder.mkdir(parents=True, exist_ok=True)
        if self._find(SYSTEM.id) is None:
            _draw_gradient(folder / SYSTEM.file_name)
            self.add(SYSTEM)

    def path(self, overlay: Overlay) -> Path:
        """Where the picture is."""
        return self._folder / overlay.file_name

    def add(self, overlay: Overlay) -> None:
        """Remember a new overlay."""
        self._database.run(
            "INSERT INTO dxgl_overlays (id, layer, name, description, alignment, file_name, is_system)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            overlay.id,
            overlay.layer,
            overlay.name,
            overlay.description,
            overlay.alignment,
            overlay.file_name,
            overlay.is_system,
        )

    def get(self, overlay_id: str) -> Overlay:
        """
        Find an overlay.

        :raises ApiError: ``not_found``; the document has no code for it.
        """
        if overlay := self._find(overlay_id):
            return overlay
        raise ApiError("not_found", "Overlay not found")

    def _find(self, overlay_id: str) -> Overlay | None:
        row = self._database.row("SELECT * FROM dxgl_overlays WHERE id = ?", overlay_id)
        return _overlay(row) if row else None

    def all(self, layer: str | None) -> list[Overlay]:
        """
        List own and system overlays, newest first.

        :param layer: only those of a layer.
        """
        rows = self._database.rows(
            "SELECT * FROM dxgl_overlays WHERE layer = coalesce(?, layer) ORDER BY number DESC", layer
        )
        return [_overlay(row) for row in rows]

    def delete(self, overlay: Overlay) -> None:
        """Remove an overlay and its picture."""
        self._database.run("DELETE FROM dxgl_overlays WHERE id = ?", overlay.id)
        self.path(overlay).unlink(missing_ok=True)


def _overlay(row: Row) -> Overlay:
    return Overlay(
        id=row["id"],
        layer=row["layer"],
        alignment=row["alignment"],
        name=row["name"],
        description=row["description"],
        file_name=row["file_name"],
        is_system=bool(row["is_system"]),
    )


def _draw_gradient(path: Path) -> None:
    ImageOps.colorize(Image.linear_gradient("L"), "#f5f6f8", "#8d949e").resize((1024, 1024)).save(path)
