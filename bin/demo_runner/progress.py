"""What the terminal shows while the catalog is rendered."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

BAR_WIDTH = 24


@dataclass(frozen=True)
class Progress:
    """How far a catalog run has come.

    :param stage: plan, upload, submit, render, download, report or done
    :param done: items that are through this stage
    :param total: items that this stage has
    :param counts: how many items met each outcome so far
    """

    stage: str
    done: int = 0
    total: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


def read_progress(file: Path, since: float) -> Progress | None:
    """Read what the catalog operator says; None before it says anything in this run.

    :param file: the progress file
    :param since: when the run was started, in seconds of the epoch; an older file is another run's
    """
    try:
        if file.stat().st_mtime < since:
            return None
        said = json.loads(file.read_text())
        counts = {str(name): int(count) for name, count in (said.get("counts") or {}).items()}
        return Progress(str(said["stage"]), int(said.get("done") or 0), int(said.get("total") or 0), counts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def clock(seconds: float) -> str:
    """Write a duration as minutes and seconds.

    :param seconds: the duration
    """
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def bar(done: int, total: int) -> str:
    """Draw a bar; empty where there is no total."""
    if total <= 0:
        return " " * (BAR_WIDTH + 2)
    filled = BAR_WIDTH * min(done, total) // total
    return f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}]"


def progress_line(progress: Progress, elapsed: float) -> str:
    """Write the line that tells how far the run has come.

    :param progress: what the operator says
    :param elapsed: seconds since the run was started
    """
    items = f"{progress.done} of {progress.total}" if progress.total else ""
    failed = progress.counts.get("failed", 0)
    notes = f"  {failed} failed" if failed else ""
    return f"{progress.stage:<9}{bar(progress.done, progress.total)} {items:<12}{clock(elapsed)}{notes}"


def progress_step(progress: Progress) -> str:
    """Return a word that changes with the stage and with every tenth of it.

    :param progress: what the operator says
    """
    return f"{progress.stage} {10 * progress.done // max(progress.total, 1)}"


def tasks_line(tasks: list[dict[str, Any]], elapsed: float) -> str:
    """Write the line for the time before the operator says anything.

    :param tasks: the run's task instances
    :param elapsed: seconds since the run was started
    """
    states = sorted({f"{task['task_id']}: {task['state'] or 'waiting'}" for task in tasks})
    return f"{'airflow':<9}{', '.join(states) or 'waiting for the scheduler'}  {clock(elapsed)}"


class Line:
    """One line that is redrawn on a terminal, or printed again when its start changes elsewhere.

    :param stream: where it is written
    """

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.stream = stream
        self.redraws = stream.isatty()
        self.last = ""

    def show(self, text: str, key: str) -> None:
        """Show the line.

        :param text: what it says now
        :param key: what must change for a stream that cannot be redrawn to get another line
        """
        if self.redraws:
            self.stream.write(f"\r\033[K  {text}")
        elif key != self.last:
            self.stream.write(f"  {text}\n")
        self.last = key
        self.stream.flush()

    def close(self) -> None:
        """Leave the line as it is and go on below it."""
        if self.redraws and self.last:
            self.stream.write("\n")
            self.stream.flush()
        self.last = ""
