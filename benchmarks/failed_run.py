"""What a failed run of a DAG has left to read: the ends of its tasks' logs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from demo_runner.components import log_tail
from demo_runner.task_logs import last_messages

TASKS, LINES = 3, 40
_FAILED = """
SELECT task_id, map_index, try_number, state FROM task_instance
WHERE dag_id = ? AND run_id = ? AND state IS NOT 'success' ORDER BY state != 'failed', end_date
"""


def account(home: Path, dag_id: str, run_id: str, scheduler: Path) -> str:
    """Return the ends of the logs of the tasks that failed first, and of the scheduler's.

    :param home: Airflow's home
    :param dag_id: the DAG
    :param run_id: the run
    :param scheduler: the scheduler's log
    """
    database = sqlite3.connect(f"file:{home}/airflow.db?mode=ro", uri=True, timeout=30)
    try:
        failed = database.execute(_FAILED, (dag_id, run_id)).fetchall()
    finally:
        database.close()
    folder = home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}"
    parts = [f"{len(failed)} tasks did not succeed"]
    for task_id, map_index, tries, state in failed[:TASKS]:
        parts.append(f"{task_id} [{map_index}] is {state} after {tries} tries")
        parts += [_tail(log) for log in _logs(folder / f"task_id={task_id}", map_index)]
    return "\n\n".join([*parts, f"{scheduler}:\n{log_tail(scheduler, LINES)}"])


def _logs(folder: Path, map_index: int) -> list[Path]:
    mapped = folder if map_index < 0 else folder / f"map_index={map_index}"
    return sorted(path for path in mapped.rglob("attempt=*.log*") if path.is_file())


def _tail(log: Path) -> str:
    grave, end = last_messages(log), log_tail(log, LINES)
    return "\n".join([f"{log}:", *grave, "which ends with", end])
