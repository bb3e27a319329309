"""Triggerers that are killed, suspended and replaced while they wait for renders."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.stack.conftest import Stack, until
from tests.stack.test_endings import ITEMS, Order

ARGUMENTS = ("triggerer", "--skip-serve-logs")


class Triggerers:
    """The triggerers of an Airflow, and which process is behind which job."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.jobs = {"triggerer": self._newest()}

    def start(self, name: str) -> None:
        """Start one more, or one that was killed, and wait until Airflow knows it."""
        before = self._newest()
        self.stack.start_component(name, *ARGUMENTS)
        until(lambda: self._newest() > before, f"{name} to report itself")
        self.jobs[name] = self._newest()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a triggerer with all its processes."""
        process = psutil.Process(self.stack.components.running[name].pid)
        for member in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                os.kill(member.pid, number)

    def kill(self, name: str) -> None:
        """End a triggerer hard."""
        self.signal(name, signal.SIGKILL)
        self.stack.components.running.pop(name).wait()

    def owner(self, order: Order) -> str:
        """Return the triggerer that waits for an order."""
        job = (order.task()["triggerer_job"] or {}).get("id")
        return next((name for name, known in self.jobs.items() if known == job), "nobody")

    def _newest(self) -> int:
        found = self.stack.api.get("/api/v2/jobs", job_type="TriggererJob", order_by="-id", limit=1)
        return max((int(job["id"]) for job in found.raise_for_status().json()["jobs"]), default=0)


@pytest.fixture(scope="module")
def known(stack: Stack) -> Triggerers:
    return Triggerers(stack)


@pytest.fixture
def triggerers(stack: Stack, known: Triggerers) -> Iterator[Triggerers]:
    yield known
    for name in set(stack.components.running) & {"triggerer", "second"}:
        known.signal(name, signal.SIGCONT)
    if "second" in stack.components.running:
        known.kill("second")
    if "triggerer" not in stack.components.running:
        known.start("triggerer")


def test_a_triggerer_that_is_killed_and_restarted_goes_on_waiting(
    stack: Stack, tmp_path: Path, triggerers: Triggerers
) -> None:
    order = Order(stack, tmp_path, "killed", "steady", "steady")
    order.taken_up()
    triggerers.kill("triggerer")
    triggerers.start("triggerer")
    _ends_well(order)


def test_another_triggerer_takes_over_from_one_that_is_killed(
    stack: Stack, tmp_path: Path, triggerers: Triggerers
) -> None:
    triggerers.start("second")
    order = Order(stack, tmp_path, "replaced", "steady", "steady")
    order.taken_up()
    triggerers.kill(_sides(triggerers, order)[0])
    _ends_well(order)


def test_a_triggerer_that_was_suspended_cancels_nothing_when_it_wakes_up(
    stack: Stack, tmp_path: Path, triggerers: Triggerers
) -> None:
    triggerers.start("second")
    order = Order(stack, tmp_path, "suspended", "steady", "steady")
    order.taken_up()
    owner, other = _sides(triggerers, order)
    triggerers.signal(owner, signal.SIGSTOP)
    until(lambda: triggerers.owner(order) == other, "the other triggerer to take over")
    triggerers.signal(owner, signal.SIGCONT)
    _ends_well(order)


def _sides(triggerers: Triggerers, order: Order) -> tuple[str, str]:
    owner = triggerers.owner(order)
    assert owner in triggerers.jobs, triggerers.jobs
    return owner, next(name for name in triggerers.jobs if name != owner)


def _ends_well(order: Order) -> None:
    assert order.finish() == "success"
    assert order.delivered()
    assert len(order.left) == len(order.paid) == ITEMS
