"""One render that cannot be read, among others on the same connection."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from airflow_provider_render.catalog.waiting import look, look_on
from airflow_provider_render.core.errors import AuthError, UnavailableError, VendorError
from airflow_provider_render.core.job import RenderJob, RenderStatus
from airflow_provider_render.core.looking import unread
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.triggers.poller import Poller
from tests.operators.account import LOOKS, new_model
from tests.operators.test_catalog import catalog
from tests.triggers.test_render_trigger import QUICK, ordered, trigger

FORBIDDEN = {"kind": "reject", "code": "forbidden"}
BROKEN = {"kind": "error_before"}


def of(job, fault) -> dict:
    """A fault of the looks at one render."""
    return {**fault, "match": f"{LOOKS}/{job['id']}$"}


def fired_together(*waiting) -> list[dict]:
    """Run triggers in one process, and return what each fires."""

    async def triggerer():
        events = await asyncio.gather(*(anext(one.run()) for one in waiting))
        return [event.payload for event in events]

    return asyncio.run(triggerer())


@pytest.mark.parametrize(
    ("fault", "status", "said"), [(FORBIDDEN, "hopeless", "403"), (BROKEN, "expired", "500")]
)
def test_it_is_the_trouble_of_its_own_task_only(dxgl, tmp_path, fault, status, said):
    theirs, ours = ordered(dxgl, tmp_path, "a"), ordered(dxgl, tmp_path, "b")
    dxgl.wait(ours["id"])
    dxgl.faults(of(theirs, fault))

    waiting = trigger(dxgl, theirs, deadline=time.time() + 1), trigger(dxgl, ours)
    blind, other = fired_together(*waiting)

    assert (blind["status"], theirs["id"] in blind["message"], said in blind["message"]) == (
        status,
        True,
        True,
    )
    assert other == {"status": "ready", "message": ""}


@pytest.mark.parametrize("fault", [FORBIDDEN, BROKEN])
def test_it_does_not_blind_others_where_lists_are_read_first(dxgl, tmp_path, fault):
    theirs, *ours = (ordered(dxgl, tmp_path, name) for name in "abcde")
    for job in ours:
        dxgl.wait(job["id"])
    unlisted = {"vendor": "dxgl", "id": f"0{theirs['id']}", "model_id": "m"}
    dxgl.faults(of(unlisted, fault))

    waiting = trigger(dxgl, unlisted, deadline=time.time() + 1), *(trigger(dxgl, job) for job in ours)

    assert [event["status"] for event in fired_together(*waiting)][1:] == ["ready"] * 4


def test_a_task_waits_for_its_other_renders_before_it_gives_one_up(dxgl, tmp_path):
    theirs, ours = ordered(dxgl, tmp_path, "a"), ordered(dxgl, tmp_path, "b")
    dxgl.faults(of(theirs, FORBIDDEN))

    (event,) = fired_together(trigger(dxgl, theirs, ours))

    assert (event["status"], theirs["id"] in event["message"]) == ("hopeless", True)
    assert dxgl.render(ours["id"])["status"] == "done"


def test_it_is_waited_for_again_once_it_can_be_read(dxgl, tmp_path):
    theirs, ours = ordered(dxgl, tmp_path, "a"), ordered(dxgl, tmp_path, "b")
    dxgl.faults({**of(theirs, BROKEN), "next": 2})

    events = fired_together(trigger(dxgl, theirs), trigger(dxgl, ours))

    assert [event["status"] for event in events] == ["ready", "ready"]


def test_it_never_counts_as_lost(dxgl, tmp_path):
    theirs, ours = ordered(dxgl, tmp_path, "a"), ordered(dxgl, tmp_path, "b")
    dxgl.faults(of(theirs, BROKEN))

    (event,) = fired_together(
        trigger(dxgl, theirs, ours, since=time.time() - 3600, deadline=time.time() + 1, poll=QUICK)
    )

    assert event["status"] == "expired"


@pytest.mark.parametrize("fault", [FORBIDDEN, BROKEN])
def test_a_look_with_one_costs_no_more_calls_than_a_good_one(idle, tmp_path, fault):
    jobs = [RenderJob.from_json(ordered(idle, tmp_path, name)) for name in "abc"]

    async def looks() -> list[object]:
        poller = Poller(idle.conn_id)
        with poller.interest(jobs):
            asked = (poller.states([job], 3600.0) for job in jobs)
            return await asyncio.gather(*asked, return_exceptions=True)

    with idle.counted() as good:
        asyncio.run(looks())
    idle.faults(of(jobs[1].to_json(), fault), {"kind": "latency", "seconds": 0, "match": LOOKS})
    first, second, third = asyncio.run(looks())

    assert (set(first), set(third)) == ({jobs[0].id}, {jobs[2].id})
    assert isinstance(second, VendorError)
    assert (good, idle.fired()) == ([3], [1, 3])


@pytest.mark.parametrize(("fault", "error"), [(FORBIDDEN, AuthError), (BROKEN, UnavailableError)])
def test_a_worker_sees_the_others_and_takes_it_as_under_way(dxgl, tmp_path, caplog, fault, error):
    theirs, ours = ordered(dxgl, tmp_path, "a"), ordered(dxgl, tmp_path, "b")
    dxgl.wait(ours["id"])
    dxgl.faults(of(theirs, fault))
    hook, jobs = RenderHook.for_connection(dxgl.conn_id), [RenderJob.from_json(job) for job in (theirs, ours)]

    with caplog.at_level(logging.WARNING):
        states = look_on(hook, jobs)

    assert {job: state.status for job, state in states.items()} == {
        theirs["id"]: RenderStatus.RUNNING,
        ours["id"]: RenderStatus.SUCCEEDED,
    }
    assert {job: type(why) for job, why in unread(states).items()} == {theirs["id"]: error}
    assert theirs["id"] in caplog.text
    with pytest.raises(error):
        look(hook, jobs)


def test_a_worker_goes_on_though_the_only_render_under_way_cannot_be_read(idle, tmp_path):
    job = ordered(idle, tmp_path)
    idle.faults(of(job, BROKEN))
    states = look_on(RenderHook.for_connection(idle.conn_id), [RenderJob.from_json(job)])
    assert states[job["id"]].status is RenderStatus.RUNNING


@pytest.mark.parametrize("fault", [BROKEN, {"kind": "drop_before"}])
def test_a_worker_stops_where_the_vendor_is_down(idle, tmp_path, fault):
    table = [{"sku": f"S{n}", "model": new_model(tmp_path, f"m{n}")} for n in range(5)]
    deferred = catalog(idle, table, tmp_path / "out", deferrable=True).start()
    idle.faults({**fault, "match": "^GET"})
    with pytest.raises(UnavailableError):
        look_on(RenderHook.for_connection(idle.conn_id), map(RenderJob.from_json, deferred.trigger.jobs))
    assert idle.fired() == [1]
