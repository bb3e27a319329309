"""Everything the account had made: viewers, spins, silo images, and the cameras of scenes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.imagine import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_render.sandbox.database import Database, Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS imagine_outputs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, product_id INTEGER, render_id INTEGER NOT NULL,
    setup TEXT NOT NULL, name TEXT NOT NULL, angle_name TEXT NOT NULL, status TEXT NOT NULL,
    files TEXT NOT NULL, doomed INTEGER NOT NULL, archived INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS imagine_outputs_product ON imagine_outputs (product_id);
CREATE INDEX IF NOT EXISTS imagine_outputs_render ON imagine_outputs (render_id);
CREATE TABLE IF NOT EXISTS imagine_renders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, scene_id INTEGER, placements TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS imagine_placed (render_id INTEGER NOT NULL, product_id INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS imagine_placed_render ON imagine_placed (render_id);
INSERT INTO sqlite_sequence (name, seq) SELECT 'imagine_outputs', 29594793
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'imagine_outputs');
INSERT INTO sqlite_sequence (name, seq) SELECT 'imagine_renders', 2281538
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'imagine_renders');
"""

NOT_DONE, PROCESSING, BLENDER = "Not Done", "Processing", "Blender Processing"
DONE, FAILED, INFECTED = "Done", "Failed", "Infected"
TERMINAL = (DONE, FAILED, INFECTED)

VIEWER_3D, VIEWER_AR, SPIN, SILO, CAMERA = "3d", "ar", "360", "silo", "camera"
PICTURES = (SILO, CAMERA)

Placement = dict[str, Any]


@dataclass(frozen=True)
class Output:
    """
    One thing that is made by one render process.

    :param kind: ``3d``, ``ar``, ``360``, ``silo`` or ``camera``.
    :param product_id: number of its product, None for a camera of a scene.
    :param render_id: the order it belongs to.
    :param setup: which silo setup or camera.
    :param name: what the vendor calls it.
    :param angle_name: its camera.
    :param files: key in the storage by what it is, once it is done.
    :param doomed: whether a fault was armed for it.
    """

    id: int
    kind: str
    product_id: int | None
    render_id: int
    setup: str
    name: str
    angle_name: str
    status: str
    files: dict[str, str]
    doomed: bool
    created_at: str
    updated_at: str


class Outputs:
    """
    The tables of outputs and of the orders they come from.

    :param database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(SCHEMA)

    def add_render(self, scene_id: int | None, placements: Sequence[Placement]) -> int:
        """
        Remember an order and return its id.

        :param scene_id: where the products are placed, None for the content of one product.
        :param placements: ``{"product_id", "position", "rotation", "material_id"}``, metres and degrees.
        """
        self._database.run(
            "INSERT INTO imagine_renders (scene_id, placements) VALUES (?, ?)",
            scene_id,
            json.dumps(placements),
        )
        number = self._database.count("SELECT last_insert_rowid()")
        for product_id in dict.fromkeys(each["product_id"] for each in placements):
            self._database.run("INSERT INTO imagine_placed VALUES (?, ?)", number, product_id)
        return number

    def placements(self, render_id: int) -> tuple[int | None, list[Placement]]:
        """Find the scene and the placements of an order."""
        row = self._database.row("SELECT * FROM imagine_renders WHERE id = ?", render_id)
        return (row["scene_id"], json.loads(row["placements"])) if row else (None, [])

    def add(self, output: Mapping[str, Any], *, doomed: bool) -> Output:
        """
        Remember a new output.

        :param output: kind, product_id, render_id, setup, name and angle_name of it.
        :param doomed: whether a fault was armed for it.
        """
        now = clock.written()
        state = {"status": NOT_DONE, "files": "{}", "doomed": doomed, "created_at": now, "updated_at": now}
        columns = {**output, **state}
        marks = ", ".join("?" * len(columns))
        self._database.run(
            f"INSERT INTO imagine_outputs ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
            *columns.values(),
        )
        return self.get(self._database.count("SELECT last_insert_rowid()"))

    def get(self, number: int) -> Output:
        """Find an output that is known to exist."""
        return self._select("WHERE id = ?", number)[0]

    def of_product(self, product_id: int, *kinds: str) -> list[Output]:
        """List what a product's content jobs make, oldest first, without what is archived."""
        marks = ", ".join("?" * len(kinds))
        where = f"WHERE product_id = ? AND kind IN ({marks}) AND NOT archived ORDER BY id"
        return self._select(where, product_id, *kinds)

    def restart(self, output: Output, *, doomed: bool) -> Output:
        """Begin an output again."""
        statement = "UPDATE imagine_outputs SET doomed = ?, files = '{}' WHERE id = ?"
        self._database.run(statement, doomed, output.id)
        self.advance(output.id, NOT_DONE)
        return self.get(output.id)

    def advance(self, number: int, status: str) -> None:
        """Move an output to a status."""
        self._database.run(
            "UPDATE imagine_outputs SET status = ?, updated_at = ? WHERE id = ?",
            status,
            clock.written(),
            number,
        )

    def finish(self, number: int, files: Mapping[str, str]) -> None:
        """Move an output to ``Done``."""
        statement = "UPDATE imagine_outputs SET files = ? WHERE id = ?"
        self._database.run(statement, json.dumps(files), number)
        self.advance(number, DONE)

    def forget(self, product_id: int) -> list[Output]:
        """Remove what a product's content jobs made, and return it."""
        gone = self._select("WHERE product_id = ?", product_id)
        self._database.run("DELETE FROM imagine_outputs WHERE product_id = ?", product_id)
        return gone

    def archive(self, product_id: int, numbers: Sequence[int], *, archived: bool) -> list[int]:
        """
        Hide or restore pictures in which a product is seen, and return the ids of those found.

        :param numbers: ids of pictures.
        :param archived: hide, or restore.
        """
        marks = ", ".join("?" * len(numbers))
        kinds = ", ".join("?" * len(PICTURES))
        seen = "SELECT render_id FROM imagine_placed WHERE product_id = ?"
        where = f"WHERE id IN ({marks}) AND kind IN ({kinds}) AND render_id IN ({seen}) ORDER BY id"
        found = [each.id for each in self._select(where, *numbers, *PICTURES, product_id)]
        for number in found:
            self._database.run("UPDATE imagine_outputs SET archived = ? WHERE id = ?", archived, number)
        return found

    def unfinished(self) -> list[Output]:
        """Put everything that is not finished back to the start and return it, oldest first."""
        marks = ", ".join("?" * len(TERMINAL))
        waiting = self._select(f"WHERE status NOT IN ({marks}) ORDER BY id", *TERMINAL)
        for output in waiting:
            self.advance(output.id, NOT_DONE)
        return waiting

    def exists(self, render_id: str, made_until: str) -> bool:
        """Whether there is an order of that id with cameras, even if all of them are archived."""
        statement = (
            "SELECT 1 FROM imagine_outputs WHERE kind = ? AND CAST(render_id AS TEXT) = ? AND created_at <= ?"
        )
        return self._database.row(statement, CAMERA, render_id, made_until) is not None

    def count_pictures(self, search: PictureSearch) -> int:
        """Count the pictures that a search finds."""
        where, values = search.where()
        return self._database.count(f"SELECT count(*) FROM imagine_outputs {where}", *values)  # noqa: S608

    def pictures(self, search: PictureSearch, offset: int, limit: int) -> list[Output]:
        """List the pictures that a search finds, newest first."""
        where, values = search.where()
        return self._select(f"{where} ORDER BY id DESC LIMIT ? OFFSET ?", *values, limit, offset)

    def _select(self, rest: str, *values: Any) -> list[Output]:
        rows = self._database.rows(f"SELECT * FROM imagine_outputs {rest}", *values)  # noqa: S608
        return [_output(row) for row in rows]


@dataclass(frozen=True)
class PictureSearch:
    """
    Filters of a list of pictures; those that are None or empty do not filter.

    :param kinds: ``silo``, ``camera`` or both.
    :param product_name: part of the name of a product in the picture, in any case.
    :param made_until: later ones are not seen.
    """

    kinds: tuple[str, ...]
    made_until: str
    render_id: str | None = None
    product_id: str | None = None
    sku_id: str | None = None
    product_name: str | None = None

    def where(self) -> tuple[str, list[Any]]:
        """Return the condition in SQL, and its values."""
        marks = ", ".join("?" * len(self.kinds))
        given = [(text, value) for text, value in self._filters() if value]
        texts = [f"kind IN ({marks})", "NOT archived", *(text for text, _ in given)]
        return f"WHERE {' AND '.join(texts)}", [*self.kinds, *(value for _, value in given)]

    def _filters(self) -> list[tuple[str, str | None]]:
        placed = (
            "render_id IN (SELECT render_id FROM imagine_placed JOIN imagine_products"
            " ON imagine_products.id = imagine_placed.product_id WHERE removed_at IS NULL AND {})"
        )
        return [
            ("created_at <= ?", self.made_until),
            ("CAST(render_id AS TEXT) = ?", self.render_id),
            (placed.format("CAST(imagine_products.id AS TEXT) = ?"), self.product_id),
            (placed.format("sku_id = ?"), self.sku_id),
            (placed.format("instr(lower(imagine_products.name), lower(?))"), self.product_name),
        ]


def _output(row: Row) -> Output:
    return Output(
        id=row["id"],
        kind=row["kind"],
        product_id=row["product_id"],
        render_id=row["render_id"],
        setup=row["setup"],
        name=row["name"],
        angle_name=row["angle_name"],
        status=row["status"],
        files=json.loads(row["files"]),
        doomed=bool(row["doomed"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
