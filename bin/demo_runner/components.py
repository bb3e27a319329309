"""Starting, watching and ending the demo's processes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

GRACE_SECONDS = 10.0


class ComponentFailedError(Exception):
    """A component ended, or did not become healthy.

    :param name: the component
    :param reason: what happened to it
    :param log: its log
    """

    def __init__(self, name: str, reason: str, log: Path) -> None:
        super().__init__(f"{name} {reason}")
        self.log = log


def log_tail(path: Path, lines: int = 20) -> str:
    """Return the end of a log; empty where there is none.

    :param path: the log
    :param lines: how many lines at most
    """
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 64 * 1024))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


class Components:
    """The processes of one demo, each in a process group of its own.

    :param logs: the folder of their logs
    :param record: a file that lists them, so that a later demo can end what a killed one left
    """

    def __init__(self, logs: Path, record: Path) -> None:
        self.logs = logs
        self.record = record
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def log(self, name: str) -> Path:
        """Return a component's log."""
        return self.logs / f"{name}.log"

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        """Start a component.

        :param name: its name, which names its log too
        :param command: program and arguments
        :param environment: its whole environment
        :param folder: where it runs
        """
        with self.log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._write_record()

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        """Run a component to its end.

        :raises ComponentFailedError: if it ends with another code than 0
        """
        self.start(name, command, environment, folder)
        code = self.running[name].wait()
        del self.running[name]
        if code:
            raise ComponentFailedError(name, f"ended with code {code}", self.log(name))

    def check(self) -> None:
        """Look at every component once.

        :raises ComponentFailedError: if one has ended
        """
        for name, process in self.running.items():
            code = process.poll()
            if code is not None:
                raise ComponentFailedError(name, f"ended with code {code}", self.log(name))

    def stop(self) -> None:
        """End every component with all that it started; none is left when this returns."""
        family = [member for process in self.running.values() for member in _family(process.pid)]
        for process in self.running.values():
            _signal_group(process.pid, signal.SIGTERM)
        _end(family)
        for process in self.running.values():
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        self.running.clear()
        self.record.unlink(missing_ok=True)

    def stop_leftovers(self) -> int:
        """End what a killed demo left running, and return how many processes that was."""
        try:
            recorded = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return 0
        left = [member for pid, born in recorded for member in _family(pid, born)]
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.terminate()
        _end(left)
        self.record.unlink(missing_ok=True)
        return len(left)

    def _write_record(self) -> None:
        born = [(p.pid, member[0].create_time()) for p in self.running.values() if (member := _family(p.pid))]
        self.record.write_text(json.dumps(born))


def _family(pid: int, born: float | None = None) -> list[psutil.Process]:
    """Return a process and all its descendants; none where another process has its id by now."""
    try:
        process = psutil.Process(pid)
        if born is not None and abs(process.create_time() - born) > 1:
            return []
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _end(processes: list[psutil.Process]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    _, alive = psutil.wait_procs(processes, timeout=max(0.0, deadline - time.monotonic()))
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
