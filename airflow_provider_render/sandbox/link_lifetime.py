"""How long presigned links live: as the vendor says, or as a test wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_render.sandbox.database import Database

PREFIX = "links."


def lifetime(database: Database, vendor: str, documented: float) -> float:
    """
    Tell how many seconds a link of a vendor lives that is made now.

    :param vendor: name of the vendor.
    :param documented: seconds that the vendor's documents say.
    """
    row = database.row("SELECT value FROM facts WHERE name = ?", PREFIX + vendor)
    return float(row["value"]) if row else documented


def shorten(database: Database, vendor: str, seconds: float) -> None:
    """Let all links of a vendor that are made from now on live so many seconds."""
    database.remember(PREFIX + vendor, str(seconds), replace=True)


def restore(database: Database) -> None:
    """Go back to what the vendors' documents say."""
    database.run("DELETE FROM facts WHERE name LIKE ?", f"{PREFIX}%")


def shortened(database: Database, vendors: Sequence[str]) -> dict[str, float]:
    """Return the lifetimes that were changed, by vendor."""
    found = {name: lifetime(database, name, -1.0) for name in vendors}
    return {name: seconds for name, seconds in found.items() if seconds >= 0}
