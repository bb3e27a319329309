from __future__ import annotations

import asyncio
import time

import pytest

from airflow_provider_render.core.errors import UnavailableError
from airflow_provider_render.core.job import RenderJob, RenderStatus
from airflow_provider_render.triggers.poller import Poller, poller_for
from tests.operators.account import new_model, rows
from tests.operators.test_catalog import catalog
from tests.operators.test_single_steps import submit, upload
from tests.triggers.test_render_trigger import ordered, trigger

MANY = 50
ALWAYS = 3600.0


@pytest.fixture
def many(idle, tmp_path) -> list[RenderJob]:
    """Fifty open renders."""
    model = new_model(tmp_path)
    table = [{"sku": f"S{number}", "model": model, "settings": {"rotateY": number}} for number in range(MANY)]
    deferred = catalog(idle, table, tmp_path / "out", deferrable=True).start()
    return [RenderJob.from_json(job) for job in deferred.trigger.jobs]


def test_fifty_triggers_look_far_less_often_than_fifty_times(idle, many):
    pace = {"first": 0.2, "start": 0.5, "cap": 0.5}

    async def triggerer() -> list[str]:
        deadline = time.time() + 2
        waiting = [trigger(idle, job.to_json(), poll=pace, deadline=deadline) for job in many]
        events = await asyncio.gather(*(anext(one.run()) for one in waiting))
        return [event.payload["status"] for event in events]

    with idle.counted() as looks:
        assert asyncio.run(triggerer()) == ["expired"] * MANY
    assert 0 < looks[0] < MANY / 2


def test_looks_at_the_same_time_are_one_call(idle, many):
    async def all_at_once() -> list[dict]:
        poller = poller_for(idle.conn_id)
        with poller.interest(many):
            return await asyncio.gather(*(poller.states([job], ALWAYS) for job in many))

    with idle.counted() as alone:
        asyncio.run(_once(idle, many))
    with idle.counted() as together:
        states = asyncio.run(all_at_once())

    assert together == alone
    assert [list(each) for each in states] == [[job.id] for job in many]


async def _once(account, jobs: list[RenderJob]) -> None:
    await Poller(account.conn_id).states(jobs, ALWAYS)


def test_an_answer_is_reused_while_it_is_fresh_and_not_after(idle, many):
    async def three_looks(max_age: float) -> None:
        poller = Poller(idle.conn_id)
        for _ in range(3):
            await poller.states(many[:1], max_age)

    for max_age, calls in ((ALWAYS, 1), (-1.0, 3)):
        with idle.counted() as looks:
            asyncio.run(three_looks(max_age))
        assert looks == [calls]


def test_a_render_that_nobody_asked_for_yet_is_asked_for_at_once(idle, many):
    async def look() -> set[str]:
        poller = Poller(idle.conn_id)
        await poller.states(many[:1], ALWAYS)
        return set(await poller.states(many[1:2], ALWAYS))

    assert asyncio.run(look()) == {many[1].id}


def test_an_ended_render_is_not_asked_for_again(dxgl, rendered):
    job = RenderJob.from_json(submit(dxgl, upload(dxgl, rendered[0]).run()).run())

    async def two_looks() -> list[RenderStatus]:
        poller = Poller(dxgl.conn_id)
        with poller.interest([job]):
            return [(await poller.states([job], -1.0))[job.id].status for _ in range(2)]

    with dxgl.counted() as looks:
        assert asyncio.run(two_looks()) == [RenderStatus.SUCCEEDED] * 2
    assert looks == [1]


def test_what_nobody_waits_for_any_more_is_forgotten(idle, many):
    async def come_and_go() -> Poller:
        poller = Poller(idle.conn_id)
        with poller.interest(many[:10]), poller.interest(many[:5]):
            await poller.states(many[:1], ALWAYS)
        with poller.interest(many[10:12]):
            await poller.states(many[10:11], -1.0)
            assert set(await poller.states(many[11:12], ALWAYS)) == {many[11].id}
        return poller

    with idle.counted("^GET .*/v1/renders/") as single_looks:
        asyncio.run(come_and_go())
    assert single_looks == [2]


def test_a_vendor_that_is_down_is_not_asked_by_every_trigger_in_turn(idle, many):
    idle.faults({"kind": "error_before", "match": "^GET"})

    async def all_at_once() -> list[object]:
        poller = Poller(idle.conn_id)
        with poller.interest(many):
            looks = (poller.states([job], ALWAYS) for job in many)
            return await asyncio.gather(*looks, return_exceptions=True)

    answers = asyncio.run(all_at_once())

    assert [type(answer) for answer in answers] == [UnavailableError] * MANY
    assert idle.fired() == [1]


def test_after_a_failure_the_next_look_asks_again(idle, many):
    idle.faults({"kind": "error_before", "match": "^GET", "next": 1})

    async def fail_then_look() -> set[str]:
        poller = Poller(idle.conn_id)
        with pytest.raises(UnavailableError):
            await poller.states(many[:1], ALWAYS)
        return set(await poller.states(many[:1], -1.0))

    assert asyncio.run(fail_then_look()) == {many[0].id}


def test_a_look_that_is_cut_short_is_made_by_the_next_in_line(idle, tmp_path):
    job = RenderJob.from_json(ordered(idle, tmp_path))
    idle.faults({"kind": "latency", "seconds": 0.3})

    async def cut_short() -> set[str]:
        poller = Poller(idle.conn_id)
        first = asyncio.create_task(poller.states([job], ALWAYS))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(poller.states([job], ALWAYS))
        first.cancel()
        return set(await second)

    assert asyncio.run(cut_short()) == {job.id}


def test_there_is_one_poller_for_each_connection_and_event_loop():
    async def pollers() -> tuple[Poller, Poller, Poller]:
        return poller_for("a"), poller_for("a"), poller_for("b")

    first, again, other = asyncio.run(pollers())
    elsewhere, _, _ = asyncio.run(pollers())

    assert first is again
    assert len({first, other, elsewhere}) == 3


def test_catalogs_with_one_row_need_no_list(idle, tmp_path):
    deferred = catalog(idle, rows(new_model(tmp_path)), tmp_path / "out", deferrable=True).start()
    (job,) = map(RenderJob.from_json, deferred.trigger.jobs)
    with idle.counted() as looks:
        asyncio.run(_once(idle, [job]))
    assert looks == [1]
