"""A worker that stands still, is taken for dead, and goes on after another one has done its work."""

from __future__ import annotations

from contextlib import suppress
from itertools import count

import pytest

from airflow_provider_render.core.errors import AmbiguousSubmitError, OutputError
from airflow_provider_render.core.journal import Phase
from tests.catalog.submits import Task, product

pytestmark = pytest.mark.usefixtures("fast_disk")
ABLE = {"announces": True, "tells_submitted": False}


class Sleeper:
    """Stands still at a step of a first worker, and lets a second one do the whole work meanwhile."""

    def __init__(self, task, at):
        self.task, self.at = task, at
        self.steps, self.second = 0, None

    def __call__(self):
        self.steps += 1
        if self.steps == self.at:
            other = Task(self.task.root, self.task.service, **self.task.capabilities)
            other.saved = self.task.saved
            self.second = other.attempt(product("A"))
            self.task.saved = other.saved


def interrupted(root, **capabilities):
    """Yield, for every step of a submit, the task and what a second worker got that came in between."""
    for step in count(1):
        task = Task(root / str(step), **ABLE, **capabilities)
        sleeper = Sleeper(task, step)
        with suppress(OutputError):
            task.attempt(product("A"), step=sleeper)
        if sleeper.second is None:
            assert step > 13
            return
        yield task, sleeper.second


@pytest.mark.parametrize("upload_renders", [True, False])
def test_a_zombie_that_wakes_at_any_step_pays_nothing_twice_and_loses_nothing(tmp_path, upload_renders):
    for task, second in interrupted(tmp_path, upload_renders=upload_renders):
        assert task.service.bill == 1
        record = task.records["A"]
        assert (record.phase, record.job.id) == (Phase.SUBMITTED, "R1")
        assert all(isinstance(error, AmbiguousSubmitError) for error in second.failed.values())
