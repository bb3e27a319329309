from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSensorTimeout, TaskDeferred

from airflow_provider_render.core.errors import (
    AuthError,
    RenderFailedError,
    RenderInputError,
    UnavailableError,
)
from airflow_provider_render.sensors.render import RenderSensor
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor
from tests.operators.account import SETTINGS, new_model
from tests.operators.task import Task, fire
from tests.operators.test_single_steps import submit, upload


def sensor(account, job, **more) -> Task:
    given = {"task_id": "wait", "job": job, "render_conn_id": account.conn_id, "poll_interval": 0.1, **more}
    return Task(lambda: RenderSensor(**given))


def ordered(account, folder, name="chair") -> dict:
    """A render that was just submitted."""
    return upload(account, new_model(folder, name)).run()["job"]


def finished(account, model) -> dict:
    """A render that has succeeded."""
    return submit(account, upload(account, model).run(), SETTINGS).run()


@pytest.fixture(params=[True, False], ids=["deferred", "blocking"])
def deferrable(request) -> bool:
    return request.param


def test_it_gives_on_what_it_was_given_once_all_have_succeeded(dxgl, rendered, tmp_path, deferrable):
    jobs = [ordered(dxgl, tmp_path), finished(dxgl, rendered[0])]

    assert sensor(dxgl, jobs, deferrable=deferrable).run() == jobs
    assert dxgl.spent == 1


def test_it_does_not_defer_for_what_has_ended(dxgl, rendered):
    job = finished(dxgl, rendered[0])
    assert sensor(dxgl, job, deferrable=True).start() == job


def test_no_renders_are_nothing_to_wait_for(dxgl, deferrable):
    assert sensor(dxgl, [], deferrable=deferrable).run() == []


def test_it_fails_with_the_vendors_reason_where_a_render_failed(dxgl, rendered, tmp_path, deferrable):
    dxgl.faults({"kind": "render_failure", "next": 1})
    jobs = [ordered(dxgl, tmp_path), finished(dxgl, rendered[0])]

    with pytest.raises(RenderFailedError, match=f"1 of 2 renders failed: {jobs[0]['id']}: .*armed"):
        sensor(dxgl, jobs, deferrable=deferrable).run()


def test_a_timeout_leaves_the_renders_alone(idle, tmp_path, deferrable):
    job = ordered(idle, tmp_path)
    with pytest.raises(AirflowSensorTimeout):
        sensor(idle, job, deferrable=deferrable, timeout=0.3).run()
    assert idle.knows(job["id"])
    assert idle.spent == 1


def test_a_timeout_cancels_the_renders_where_that_is_wanted(idle, tmp_path, deferrable):
    job = ordered(idle, tmp_path)
    with pytest.raises(AirflowSensorTimeout):
        sensor(idle, job, deferrable=deferrable, timeout=0.3, cancel_on_kill=True).run()
    assert not idle.knows(job["id"])


def test_a_cancellation_that_fails_does_not_hide_the_timeout(idle, tmp_path):
    job = ordered(idle, tmp_path)
    task = sensor(idle, job, deferrable=True, cancel_on_kill=True)
    deferred = task.start()
    idle.faults({"kind": "error_before", "match": "^DELETE"})

    with pytest.raises(AirflowSensorTimeout):
        task.resume(deferred, {"status": "expired"})


def test_a_deferral_that_times_out_itself_is_a_sensor_timeout(idle, tmp_path):
    task = sensor(idle, ordered(idle, tmp_path), deferrable=True)
    task.start()
    with pytest.raises(AirflowSensorTimeout):
        task.time_out()


@pytest.mark.parametrize(
    ("state", "cancel", "kept"),
    [("failed", True, False), ("failed", False, True), ("running", True, True), ("restarting", True, True)],
)
def test_a_killed_worker_cancels_only_what_a_user_gave_up(idle, tmp_path, task_is, state, cancel, kept):
    task_is(state)
    job = ordered(idle, tmp_path)
    task = sensor(idle, job, cancel_on_kill=cancel, deferrable=True)
    task.start()

    task.operator.on_kill()

    assert idle.knows(job["id"]) is kept


def test_the_event_is_only_a_hint_while_renders_are_open(idle, tmp_path):
    task = sensor(idle, ordered(idle, tmp_path), deferrable=True)
    deferred = task.start()

    assert isinstance(task.resume(deferred, {"status": "wait"}), TaskDeferred)
    assert isinstance(task.resume(deferred, None), TaskDeferred)


def test_a_render_that_the_vendor_lost_fails(idle):
    lost = {"vendor": "dxgl", "id": "nowhere", "model_id": "m1"}
    task = sensor(idle, lost, deferrable=True)
    deferred = task.start()

    with pytest.raises(RenderFailedError, match="nowhere: the vendor does not know it"):
        task.resume(deferred, {"status": "ready"})


LOST = {"vendor": "dxgl", "id": "nowhere", "model_id": "m1"}


@pytest.fixture
def impatient(monkeypatch):
    """A vendor at which a render that is not listed at once is lost."""
    monkeypatch.setattr(DxglVendor, "poll_policy", replace(DxglVendor.poll_policy, listing_grace=0.3))


def test_a_render_that_the_vendor_does_not_know_is_lost_wherever_is_waited(idle, impatient, deferrable):
    with pytest.raises(RenderFailedError, match="1 of 1 renders failed: nowhere: the vendor does not know"):
        sensor(idle, LOST, deferrable=deferrable, timeout=20).run()


def test_a_lost_render_is_told_once_the_others_have_ended(dxgl, impatient, tmp_path, deferrable):
    jobs = [LOST, ordered(dxgl, tmp_path)]
    with pytest.raises(RenderFailedError, match="1 of 2 renders failed: nowhere: "):
        sensor(dxgl, jobs, deferrable=deferrable, timeout=60).run()


def test_a_fresh_render_may_be_unknown_for_a_while(dxgl, tmp_path, deferrable):
    dxgl.faults({"kind": "late_listing", "seconds": 1})
    job = ordered(dxgl, tmp_path)
    assert sensor(dxgl, job, deferrable=deferrable, timeout=60).run() == job


def test_a_rescheduled_sensor_counts_from_the_first_look_of_all(idle):
    task = sensor(idle, LOST, deferrable=False, mode="reschedule", poke_interval=60)
    with pytest.raises(AirflowRescheduleException):
        task.start()
    task.first_poked = datetime.now(UTC) - timedelta(seconds=100)
    with pytest.raises(AirflowRescheduleException):
        task.start()
    task.first_poked -= timedelta(seconds=21)
    with pytest.raises(RenderFailedError, match="nowhere: the vendor does not know it"):
        task.start()


def test_a_timeout_names_the_renders_that_are_open(dxgl, rendered, tmp_path, deferrable):
    done = finished(dxgl, rendered[0])
    open_ = [{**LOST, "id": f"open{number:02}"} for number in range(12)]
    with pytest.raises(AirflowSensorTimeout) as caught:
        sensor(dxgl, [done, *open_], deferrable=deferrable, timeout=0.3).run()
    named = ", ".join(job["id"] for job in open_[:10])
    assert str(caught.value) == f"12 renders were not done after 0.3 seconds: {named} and 2 more"


def test_a_vendor_that_refuses_to_tell_fails_the_try(idle, tmp_path):
    job = ordered(idle, tmp_path)
    task = sensor(idle, job, deferrable=True)
    deferred = task.start()
    with pytest.raises(UnavailableError, match="cannot be watched: no reason"):
        task.resume(deferred, {"status": "hopeless", "message": "no reason"})
    assert idle.knows(job["id"])


def test_refused_credentials_are_told(idle, tmp_path, monkeypatch, deferrable):
    job = ordered(idle, tmp_path)
    monkeypatch.setenv("AIRFLOW_CONN_DXGL_IDLE", idle.connection(password="dxgl_sk_wrong"))
    with pytest.raises(AuthError):
        sensor(idle, job, deferrable=deferrable).run()


def test_a_retry_and_a_clear_only_look_again(dxgl, rendered, deferrable):
    task = sensor(dxgl, finished(dxgl, rendered[0]), deferrable=deferrable)
    with dxgl.counted("^(POST|PUT|DELETE)") as writes:
        first = task.run()
        task.clear()
        assert task.run() == first
    assert writes == [0]


def test_the_link_is_there_while_deferred_and_after(dxgl, tmp_path):
    task = sensor(dxgl, ordered(dxgl, tmp_path), deferrable=True)
    deferred = task.start()
    assert task.link == "https://dx.gl/portal"
    task.resume(deferred, fire(deferred.trigger))
    assert task.link == "https://dx.gl/portal"


@pytest.mark.parametrize("job", ["abc", None, [None], {"id": "x"}, 7])
def test_what_is_no_render_is_refused(idle, job, deferrable):
    with pytest.raises(RenderInputError, match="job: "):
        sensor(idle, job, deferrable=deferrable).run()


def test_a_vendor_that_cannot_be_asked_for_a_while_is_waited_out_on_the_worker(dxgl, rendered, monkeypatch):
    job = finished(dxgl, rendered[0])
    asked, ask = [], RenderSensor._look

    def look(self, jobs):
        asked.append(jobs)
        if len(asked) < 3:
            raise UnavailableError("503")
        return ask(self, jobs)

    monkeypatch.setattr(RenderSensor, "_look", look)
    assert sensor(dxgl, job, deferrable=False).run() == job
    assert len(asked) == 3
