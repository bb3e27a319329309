"""When Airflow kills a trigger, and whose renders that may cancel."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace

import pytest
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from airflow_provider_render.triggers.render import RenderTrigger
from tests.triggers.test_render_trigger import ordered, trigger

ENDED = ["failed", "success", "skipped", "removed", "upstream_failed"]
OWNED = [
    "deferred",
    "running",
    "queued",
    "scheduled",
    "restarting",
    "up_for_retry",
    "up_for_reschedule",
    "awaiting_input",
    None,
]


def of_task(waiting: RenderTrigger, map_index: int = -1) -> RenderTrigger:
    waiting.task_instance = SimpleNamespace(
        dag_id="renders", run_id="nightly", task_id="render", map_index=map_index
    )
    return waiting


@pytest.fixture
def task_is(monkeypatch):
    """Let Airflow say in which state the task instances are."""

    def say(states: dict[str, str | None]) -> None:
        def get_task_states(dag_id, map_index=None, task_ids=None, run_ids=None):
            assert (dag_id, task_ids, run_ids) == ("renders", ["render"], ["nightly"])
            return {"nightly": states}

        monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(get_task_states))

    return say


@pytest.mark.parametrize("state", ENDED)
def test_renders_of_a_task_that_a_user_ended_are_cancelled(idle, tmp_path, task_is, state):
    jobs = [ordered(idle, tmp_path, "a"), ordered(idle, tmp_path, "b")]
    task_is({"render": state})

    asyncio.run(of_task(trigger(idle, *jobs)).on_kill())

    assert [idle.knows(job["id"]) for job in jobs] == [False, False]


@pytest.mark.parametrize("state", OWNED)
def test_renders_that_somebody_still_waits_for_are_left_alone(idle, tmp_path, task_is, state):
    job = ordered(idle, tmp_path)
    task_is({"render": state})

    asyncio.run(of_task(trigger(idle, job)).on_kill())

    assert idle.knows(job["id"])


def test_a_task_that_airflow_does_not_know_is_left_alone(idle, tmp_path, task_is):
    job = ordered(idle, tmp_path)
    task_is({})
    asyncio.run(of_task(trigger(idle, job)).on_kill())
    asyncio.run(trigger(idle, job).on_kill())
    assert idle.knows(job["id"])


def test_the_state_of_a_mapped_task_is_that_of_its_own_index(idle, tmp_path, task_is):
    ended, alive = ordered(idle, tmp_path, "a"), ordered(idle, tmp_path, "b")
    task_is({"render_0": "failed", "render_1": "deferred", "render": "failed"})

    asyncio.run(of_task(trigger(idle, ended), map_index=0).on_kill())
    asyncio.run(of_task(trigger(idle, alive), map_index=1).on_kill())

    assert not idle.knows(ended["id"])
    assert idle.knows(alive["id"])


def test_nothing_is_cancelled_where_that_is_not_wanted(idle, tmp_path, task_is):
    job = ordered(idle, tmp_path)
    task_is({"render": "failed"})
    asyncio.run(of_task(trigger(idle, job, cancel_on_kill=False)).on_kill())
    assert idle.knows(job["id"])


def test_a_finished_render_is_kept(dxgl, tmp_path, task_is):
    job = ordered(dxgl, tmp_path)
    dxgl.wait(job["id"])
    task_is({"render": "success"})
    asyncio.run(of_task(trigger(dxgl, job)).on_kill())
    assert dxgl.knows(job["id"])


def test_a_render_that_cannot_be_cancelled_does_not_keep_the_others(idle, tmp_path, task_is):
    jobs = [ordered(idle, tmp_path, "a"), ordered(idle, tmp_path, "b")]
    task_is({"render": "failed"})
    idle.faults({"kind": "error_before", "match": f"^DELETE .*/{jobs[0]['id']}"})

    asyncio.run(of_task(trigger(idle, *jobs)).on_kill())

    assert [idle.knows(job["id"]) for job in jobs] == [True, False]


def test_the_cancelling_survives_being_cancelled_itself_again_and_again(idle, tmp_path, task_is):
    jobs = [ordered(idle, tmp_path, "a"), ordered(idle, tmp_path, "b")]
    task_is({"render": "failed"})
    idle.faults({"kind": "latency", "seconds": 0.2})

    async def triggerer() -> None:
        """Do what Airflow 3.3 does: cancel the kill anew with every round of the triggerer."""
        kill = asyncio.create_task(of_task(trigger(idle, *jobs)).on_kill())
        for _ in range(60):
            await asyncio.sleep(0.05)
            kill.cancel()
        with suppress(asyncio.CancelledError):
            await kill

    asyncio.run(triggerer())

    assert [idle.knows(job["id"]) for job in jobs] == [False, False]


def test_a_render_that_somebody_else_paid_for_is_spared(idle, tmp_path, task_is):
    own, other = ordered(idle, tmp_path, "a"), ordered(idle, tmp_path, "b")
    task_is({"render": "failed"})

    asyncio.run(of_task(trigger(idle, own, other, spare=[other["id"]])).on_kill())

    assert [idle.knows(job["id"]) for job in (own, other)] == [False, True]
