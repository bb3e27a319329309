"""Writes a line for every SQL statement of a process; Airflow imports it as ``airflow_local_settings``."""

from __future__ import annotations

import os
import sys
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

LOG = os.environ.get("BENCHMARK_SQL_LOG")
COMPONENT = next((word for word in sys.argv[1:] if not word.startswith("-")), "other")


def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    """Write down which component sent what; the file is opened anew as processes fork."""
    words = statement.split(None, 3)[:3]
    with open(LOG or os.devnull, "a") as log:
        log.write(f"{COMPONENT} {' '.join(words)}\n")


if LOG:
    event.listen(Engine, "before_cursor_execute", note)
