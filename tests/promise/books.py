"""What a sandbox sold: every render on a vendor's bill, what it shows, and whether it came to something."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

LOOK = 16
"""Characters of a model's SHA-256 that tell models apart here."""


class Purchase(NamedTuple):
    """One paid render.

    :param id: number of the line on the bill, and ids of what it bought.
    :param look: the first characters of the model's SHA-256.
    :param variants: which of the two settings it may be.
    """

    id: str
    look: str
    variants: tuple[int, ...]


class Books:
    """The tables of a sandbox, read beside it.

    :param data: the sandbox's folder.
    :param vendor: whose bill.
    :param variants: tells the two settings apart by what the vendor keeps of a render.
    """

    def __init__(self, data: Path, vendor: str, variants: Callable[[Any], tuple[int, ...]]) -> None:
        self._database = sqlite3.connect(
            f"file:{data}/sandbox.sqlite3?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )
        self._vendor = vendor
        self._variants = variants
        self._goods: Callable[[list[str]], tuple[str, tuple[int, ...]] | None] = getattr(self, f"_{vendor}")
        (self._read,) = self._one("SELECT coalesce(max(number), 0) FROM charges")

    def new(self) -> list[Purchase]:
        """Return what was sold since the last question."""
        asked = "SELECT number, call, render_ids FROM charges WHERE vendor = ? AND number > ? ORDER BY number"
        found = []
        for number, call, render_ids in self._rows(asked, self._vendor, self._read):
            self._read = number
            found += self._sold(number, call, json.loads(render_ids))
        return found

    def came_to_something(self, line: str) -> bool:
        """Whether a render is there, finished or under way, and has not failed."""
        return self.is_there(line, f" AND {ALIVE[self._vendor]}")

    def is_there(self, line: str, more: str = "") -> bool:
        """Whether the vendor has a render still."""
        # The first of a job's pictures at Imagine.io is one that each job makes anew.
        asked = f"SELECT count(*) FROM {TABLE[self._vendor]} WHERE id = ?{more}"
        return bool(self._one(asked, line.split("/")[1])[0])

    def under_way(self) -> list[str]:
        """Return the ids of all that is unfinished."""
        return [one for (one,) in self._rows(f"SELECT id FROM {UNFINISHED[self._vendor]}")]

    def close(self) -> None:
        self._database.close()

    def _sold(self, number: int, call: str, render_ids: list[str]) -> Iterator[Purchase]:
        # Imagine.io charges for a job, of whatever many pictures.
        orders = [render_ids] if self._vendor == "imagine" and render_ids else [[one] for one in render_ids]
        for order in orders:
            goods = self._goods(order)
            assert goods, f"{call} sold {order}, which was gone before anybody looked"
            yield Purchase("/".join([str(number), *order]), *goods)

    def _dxgl(self, ids: list[str]) -> tuple[str, tuple[int, ...]] | None:
        asked = (
            "SELECT m.sha256, r.settings FROM dxgl_renders r JOIN dxgl_models m ON m.id = r.model_id"
            " WHERE r.id = ?"
        )
        for sha256, settings in self._rows(asked, *ids):
            return sha256[:LOOK], self._variants(json.loads(settings))
        return None

    def _glossi(self, ids: list[str]) -> tuple[str, tuple[int, ...]]:
        job = self._record(ids[0])
        model, project = self._record(job["model_ids"][0]), self._record(job["project_id"])
        # Glossi keeps no hash; the files are named by theirs.
        return model["file_name"][:LOOK], self._variants(project["template_id"])

    def _record(self, record_id: str) -> dict[str, Any]:
        return dict(json.loads(self._one("SELECT body FROM glossi_records WHERE id = ?", record_id)[0]))

    def _imagine(self, ids: list[str]) -> tuple[str, tuple[int, ...]]:
        asked = (
            "SELECT p.main_asset_name, o.kind FROM imagine_outputs o"
            f" JOIN imagine_products p ON p.id = o.product_id WHERE o.id IN ({_marks(ids)})"
        )
        names, kinds = zip(*self._rows(asked, *ids), strict=True)
        return names[0].rpartition(":")[2][:LOOK], self._variants(kinds)

    def _threekit(self, ids: list[str]) -> tuple[str, tuple[int, ...]]:
        (text,) = self._one("SELECT json_extract(work, '$.layer') FROM threekit_tasks WHERE id = ?", *ids)
        layer = json.loads(text)
        return layer["version"].removeprefix("sha256-")[:LOOK], self._variants(layer)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return self._database.execute(query, values).fetchall()

    def _one(self, query: str, *values: Any) -> Any:
        (row,) = self._rows(query, *values)
        return row


TABLE = {
    "dxgl": "dxgl_renders",
    "glossi": "glossi_records",
    "imagine": "imagine_outputs",
    "threekit": "threekit_tasks",
}
ALIVE = {
    "dxgl": "status NOT IN ('error', 'failed')",
    "glossi": "status NOT IN ('FAILED', 'CANCELLED')",
    # A product has one status for all pictures of a name, which is that of the newest.
    "imagine": "status NOT IN ('Failed', 'Infected') AND NOT EXISTS ("
    "SELECT 1 FROM imagine_outputs AS newer WHERE newer.product_id = imagine_outputs.product_id"
    " AND newer.kind = imagine_outputs.kind AND newer.name = imagine_outputs.name"
    " AND newer.id > imagine_outputs.id AND newer.status IN ('Failed', 'Infected'))",
    "threekit": "coalesce(result, '') != 'Failed'",
}
UNFINISHED = {
    "dxgl": "dxgl_renders WHERE status NOT IN ('done', 'error', 'failed')",
    "glossi": "glossi_records WHERE kind = 'RenderJob' AND status NOT IN ('COMPLETED', 'FAILED')",
    "imagine": "imagine_outputs WHERE status NOT IN ('Done', 'Failed', 'Infected')",
    "threekit": "threekit_tasks WHERE status != 'stopped'",
}


def _marks(values: list[str]) -> str:
    return ", ".join("?" * len(values))
