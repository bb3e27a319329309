"""The objects in the storage: what was uploaded, and what was rendered."""

from __future__ import annotations

import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from airflow_provider_render.sandbox.identity import new_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from airflow_provider_render.sandbox.database import Database

SCHEMA = "CREATE TABLE IF NOT EXISTS imagine_objects (key TEXT PRIMARY KEY, file TEXT NOT NULL)"
INCOMING = "incoming"
LONGEST_NAME = 120


class Objects:
    """
    The table of objects, and their files.

    :param database: where the keys are kept.
    :param folder: where the files are.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self.incoming = folder / INCOMING
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir(parents=True)
        database.define(SCHEMA)

    def put(self, key: str, file: Path) -> None:
        """Move a file into the storage; an object of that key is replaced."""
        name = f"{new_id()}{PurePosixPath(key).suffix.lower()}"
        old = self.find(key)
        file.replace(self._folder / name)
        self._database.run("INSERT OR REPLACE INTO imagine_objects VALUES (?, ?)", key, name)
        if old is not None:
            old.unlink(missing_ok=True)

    def find(self, key: str | None) -> Path | None:
        """Find the file of an object, None when there is none."""
        row = self._database.row("SELECT file FROM imagine_objects WHERE key = ?", key)
        return self._folder / row["file"] if row else None

    def forget(self, keys: Iterable[str | None]) -> None:
        """Remove objects for good."""
        for key in keys:
            if file := self.find(key):
                file.unlink(missing_ok=True)
            self._database.run("DELETE FROM imagine_objects WHERE key = ?", key)


def plain_name(text: str) -> str:
    """
    Reduce a client's file name to its last part, without anything that could lead elsewhere.

    :param text: as it was sent.
    """
    base = PurePosixPath(text.replace("\\", "/")).name
    kept = "".join(
        letter if letter.isprintable() and letter not in '/\\?#%"<>|*:' else "_" for letter in base
    )
    return kept[-LONGEST_NAME:].strip(". ") or "file"
