"""What an Airflow leaves behind: its database, its logs and what its tasks wrote."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

ENCRYPTED = "gAAAAA"
WRITTEN = {".json", ".jsonl", ".md", ".html", ".csv"}


def rows(airflow: Path) -> Iterator[tuple[str, str]]:
    """Return every row of the metadata database as text, after its table's name; encrypted values in clear.

    Connections are left out: they are where the secrets live.

    :param airflow: Airflow's home.
    """
    key = Fernet(json.loads((airflow / "demo-keys.json").read_text())["AIRFLOW__CORE__FERNET_KEY"])
    with closing(sqlite3.connect(f"file:{airflow}/airflow.db?mode=ro", uri=True, timeout=30)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in sorted({*tables} - {"connection"}):
            for row in database.execute(f'SELECT * FROM "{table}"'):
                yield table, " ".join(_clear(value, key) for value in row)


def _clear(value: Any, key: Fernet) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return key.decrypt(text).decode() if text.startswith(ENCRYPTED) else text


def logs(home: Path) -> Iterator[tuple[str, str]]:
    """Return the logs of all components and tasks; a sandbox begins its own with its tokens.

    :param home: of the stack.
    """
    for path in [*home.glob("*.log"), *home.glob("airflow/logs/**/*.log")]:
        text = path.read_text(errors="replace")
        if text.startswith("{") and path.parent == home:
            text = text.partition("\n")[2]
        yield str(path.relative_to(home)), text


def database_files(airflow: Path) -> Iterator[tuple[str, str]]:
    """Return the database's files as they are, with what was deleted."""
    for path in airflow.glob("airflow.db*"):
        yield path.name, path.read_bytes().decode("latin-1")


def written(folder: Path) -> Iterator[tuple[str, str]]:
    """Return the reports, states and pages that tasks wrote beside pictures and videos."""
    for path in folder.rglob("renders/**/*"):
        if path.suffix in WRITTEN and path.is_file():
            yield str(path.relative_to(folder)), path.read_text(errors="replace")
