"""How a wait ends early: by its deadline, or by a user."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.core.errors import RenderTimeoutError, TaskEndedError
from airflow_provider_render.core.polling import Watch
from tests.operators.account import new_model, rows
from tests.operators.task import Died, Task, fire
from tests.operators.test_catalog import catalog, single
from tests.operators.test_single_steps import submit, upload


@pytest.mark.parametrize("make", ["catalog", "single"])
@pytest.mark.parametrize("deferrable", [True, False], ids=["deferred", "blocking"])
def test_renders_that_take_too_long_are_cancelled_and_the_task_fails(idle, tmp_path, make, deferrable):
    model = new_model(tmp_path)
    more = {"deferrable": deferrable, "render_timeout": 0.4}
    if make == "catalog":
        task = catalog(idle, rows(model), tmp_path / "out", **more)
    else:
        task = single(idle, model, tmp_path / "out", **more)

    with pytest.raises(RenderTimeoutError, match=r"1 renders were not done after 0.4 seconds.*cancelled"):
        task.run()

    assert idle.spent == 1
    assert not idle.knows(_job_of(tmp_path / "out"))
    assert task.link == "https://dx.gl/portal"


def _job_of(out: Path) -> str:
    """The render that the state of the output folder names."""
    (job,) = _jobs_of(out)
    return job


def _jobs_of(out: Path) -> list[str]:
    """The renders that the state of the output folder names."""
    shards = [json.loads(shard.read_text())["items"] for shard in out.rglob("_render/**/state/*.json")]
    return [record["job"]["id"] for items in shards for record in items.values() if record.get("job")]


def test_renders_go_on_after_the_timeout_where_they_must_not_be_cancelled(idle, tmp_path):
    task = catalog(
        idle,
        rows(new_model(tmp_path)),
        tmp_path / "out",
        deferrable=True,
        render_timeout=0.2,
        cancel_on_kill=False,
    )
    with pytest.raises(RenderTimeoutError, match="go on, and a retry will take them over"):
        task.run()
    job = _job_of(tmp_path / "out")
    assert idle.knows(job)

    assert task.start().trigger.jobs[0]["id"] == job
    assert idle.spent == 1


def test_what_could_not_be_cancelled_after_the_timeout_is_not_paid_again(idle, tmp_path):
    task = catalog(idle, rows(new_model(tmp_path)), tmp_path / "out", deferrable=True)
    job = task.start().trigger.jobs[0]["id"]
    idle.faults({"kind": "error_before", "match": "^DELETE"})
    with pytest.raises(RenderTimeoutError, match="1 go on, and a retry will take them over"):
        task.time_out()

    idle.faults()
    assert task.start().trigger.jobs[0]["id"] == job
    assert idle.spent == 1


def test_a_deferral_that_times_out_itself_ends_like_the_deadline(idle, tmp_path):
    task = catalog(idle, rows(new_model(tmp_path)), tmp_path / "out", deferrable=True)
    deferred = task.start()
    assert deferred.timeout.total_seconds() > deferred.trigger.deadline - time.time()

    with pytest.raises(RenderTimeoutError):
        task.time_out()

    assert not idle.knows(deferred.trigger.jobs[0]["id"])


def test_a_render_that_was_done_just_in_time_is_delivered_after_all(dxgl, tmp_path):
    task = catalog(dxgl, rows(new_model(tmp_path)), tmp_path / "out", deferrable=True)
    deferred = task.start()
    dxgl.wait(deferred.trigger.jobs[0]["id"])

    assert task.time_out()["delivered"] == 1


@pytest.mark.parametrize(
    ("state", "cancel", "kept"),
    [("failed", True, False), ("failed", False, True), ("running", True, True), ("restarting", True, True)],
)
def test_killing_a_worker_that_waits_cancels_only_what_a_user_gave_up(
    idle, tmp_path, monkeypatch, task_is, state, cancel, kept
):
    task_is(state)
    task = catalog(idle, rows(new_model(tmp_path)), tmp_path / "out", cancel_on_kill=cancel)
    with monkeypatch.context() as patch:
        patch.setattr(Watch, "start", _die)
        with pytest.raises(Died):
            task.start()

    task.operator.on_kill()

    assert idle.knows(_job_of(tmp_path / "out")) is kept


def _die(watch: Watch, now: float) -> float:
    raise Died


@pytest.mark.parametrize(("state", "kept"), [("failed", False), ("running", True)])
def test_killing_a_worker_that_submits_stops_the_paying(idle, tmp_path, monkeypatch, task_is, state, kept):
    task_is(state)
    models = [new_model(tmp_path, f"model-{number}") for number in range(4)]
    task = catalog(idle, rows(*models), tmp_path / "out", deferrable=True, concurrency=1)
    reserve, calls = Ledger.reserve, itertools.count(1)

    def struck(ledger, *given, **more):
        """The signal comes before the third paid call."""
        if next(calls) == 3:
            task.operator.on_kill()
        reserve(ledger, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "reserve", struck)
        with pytest.raises(TaskEndedError, match="nothing more is sent"):
            task.start()

    assert idle.spent == 2
    assert [idle.knows(job) for job in _jobs_of(tmp_path / "out")] == [kept, kept]

    assert len(task.start().trigger.jobs) == 4
    assert idle.spent == 4


def test_killing_a_worker_that_does_not_wait_touches_nothing(idle, tmp_path):
    task = catalog(idle, rows(new_model(tmp_path)), tmp_path / "out", deferrable=True)
    deferred = task.start()

    task.operator.on_kill()

    assert idle.knows(deferred.trigger.jobs[0]["id"])


def test_a_kill_survives_a_vendor_that_does_not_answer(idle, tmp_path, monkeypatch, task_is):
    task_is("failed")
    task = catalog(idle, rows(new_model(tmp_path)), tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr(Watch, "start", _die)
        with pytest.raises(Died):
            task.start()

    idle.faults({"kind": "error_before"})
    task.operator.on_kill()

    idle.faults()
    assert idle.knows(_job_of(tmp_path / "out"))


def test_the_link_is_there_while_the_task_is_deferred_and_after(dxgl, rendered, tmp_path):
    task = catalog(dxgl, rows(new_model(tmp_path)), tmp_path / "out", deferrable=True)
    assert task.link is None

    deferred = task.start()
    assert isinstance(deferred, TaskDeferred)
    assert task.link == "https://dx.gl/portal"

    task.resume(deferred, fire(deferred.trigger))
    assert task.link == "https://dx.gl/portal"


def test_there_is_no_link_before_anything_is_known_at_the_vendor(idle, tmp_path):
    task = catalog(idle, rows(new_model(tmp_path)), tmp_path / "out", plan_only=True)
    task.run()
    assert task.link == ""


def test_a_plain_task_has_the_link_too(idle, tmp_path):
    first = upload(idle, new_model(tmp_path))
    uploaded = first.run()
    second: Task = submit(idle, uploaded)
    second.run()
    assert first.link == second.link == "https://dx.gl/portal"
