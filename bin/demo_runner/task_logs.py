"""Finding out why a task failed."""

from __future__ import annotations

import json
from pathlib import Path


def newest_log(home: Path, dag_id: str, run_id: str) -> Path | None:
    """Return the log that was written last in a run; None where there is none.

    :param home: Airflow's home
    :param dag_id: the DAG
    :param run_id: the run
    """
    folder = home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}"
    logs = [path for path in folder.rglob("*.log") if path.is_file()]
    return max(logs, key=lambda path: path.stat().st_mtime, default=None)


def last_messages(log: Path, count: int = 12) -> list[str]:
    """Return the last warnings and errors of a task log, or its last lines where it has none.

    :param log: a task log, one JSON object a line
    :param count: how many at most
    """
    entries = [_entry(line) for line in log.read_text(errors="replace").splitlines()]
    grave = [text for level, text in entries if level in {"warning", "error", "critical"}]
    return (grave or [text for _, text in entries])[-count:]


def _entry(line: str) -> tuple[str, str]:
    try:
        said = json.loads(line)
    except ValueError:
        return "", line
    if not isinstance(said, dict):
        return "", line
    details = [f"{each['exc_type']}: {each['exc_value']}" for each in said.get("error_detail") or []]
    return str(said.get("level", "")), "; ".join([str(said.get("event", line)), *details])
