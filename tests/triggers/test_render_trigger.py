from __future__ import annotations

import asyncio
import json
import time

import pytest

from airflow_provider_render.triggers.render import RenderTrigger
from tests.operators.account import new_model, rows
from tests.operators.task import fire, restored
from tests.operators.test_catalog import catalog
from tests.operators.test_single_steps import upload

QUICK = {"first": 0.05, "start": 0.05}


def ordered(account, folder, name="chair") -> dict:
    """A render that was just submitted."""
    return upload(account, new_model(folder, name)).run()["job"]


def trigger(account, *jobs, **more) -> RenderTrigger:
    given = {"since": time.time(), "poll": QUICK, **more}
    return RenderTrigger(render_conn_id=account.conn_id, jobs=jobs, **given)


def test_it_fires_once_when_every_render_has_ended(dxgl, tmp_path):
    dxgl.faults({"kind": "render_failure", "next": 1})
    jobs = [ordered(dxgl, tmp_path, "a"), ordered(dxgl, tmp_path, "b")]

    async def all_events() -> list[dict]:
        return [event.payload async for event in trigger(dxgl, *jobs).run()]

    assert asyncio.run(all_events()) == [{"status": "ready", "message": ""}]
    assert {dxgl.render(job["id"])["status"] for job in jobs} <= {"done", "error", "failed"}


def test_running_it_again_after_a_restart_pays_nothing(dxgl, tmp_path):
    waiting = trigger(dxgl, ordered(dxgl, tmp_path))
    with dxgl.counted("^(POST|PUT|PATCH|DELETE)") as writes:
        first = fire(waiting)
        assert fire(waiting) == first
    assert writes == [0]
    assert dxgl.spent == 1


def test_a_triggerer_that_is_shut_down_leaves_the_render_to_the_next(idle, tmp_path):
    job = ordered(idle, tmp_path)

    async def shut_down() -> None:
        running = asyncio.ensure_future(anext(trigger(idle, job).run()))
        await asyncio.sleep(0.3)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(shut_down())
    assert idle.knows(job["id"])


def test_it_goes_through_a_triggers_row_unchanged(idle):
    job = {"vendor": "dxgl", "id": "r1", "model_id": "m1", "settings": {}, "refs": {}}
    before = trigger(
        idle,
        job,
        since=12.5,
        deadline=99.0,
        cancel_on_kill=False,
        progress={"root": "/out", "run": "r", "done": 1, "total": 2},
    )

    after = restored(before)

    assert after.serialize() == before.serialize()
    assert before.serialize()[0] == "airflow_provider_render.triggers.render.RenderTrigger"
    assert RenderTrigger(**json.loads(json.dumps(before.serialize()[1]))).serialize() == before.serialize()


def test_its_row_holds_ids_and_neither_secrets_nor_settings(idle, tmp_path):
    table = rows(*(new_model(tmp_path, f"m{number}") for number in range(5)))
    deferred = catalog(
        idle, table, tmp_path / "out", settings={"bgColor": "#abcdef"}, deferrable=True
    ).start()
    row = json.dumps(deferred.trigger.serialize())

    assert idle.token not in row
    assert "abcdef" not in row
    assert len(row) < 1000 + 5 * 150


def test_a_deadline_that_has_passed_expires_at_the_first_look(idle, tmp_path):
    job = ordered(idle, tmp_path)
    with idle.counted() as looks:
        event = fire(trigger(idle, job, deadline=time.time() - 3600))
    assert event == {"status": "expired", "message": ""}
    assert looks == [1]


def test_a_render_that_ended_before_the_deadline_counts_whenever_it_is_looked_at(dxgl, tmp_path):
    job = ordered(dxgl, tmp_path)
    dxgl.wait(job["id"])
    assert fire(trigger(dxgl, job, deadline=time.time() - 3600))["status"] == "ready"


def test_a_deadline_is_kept_whatever_the_pace_of_looks(idle, tmp_path):
    job = ordered(idle, tmp_path)
    event = fire(trigger(idle, job, deadline=time.time() + 0.3, poll={"first": 3600, "start": 3600}))
    assert event["status"] == "expired"


def test_refused_credentials_are_hopeless(idle, tmp_path, monkeypatch):
    job = ordered(idle, tmp_path)
    refused = trigger(idle, job)
    refused.render_conn_id = "dxgl_refused"
    monkeypatch.setenv("AIRFLOW_CONN_DXGL_REFUSED", idle.connection(password="dxgl_sk_wrong"))

    event = fire(refused)

    assert event["status"] == "hopeless"
    assert "dxgl_sk_wrong" not in event["message"]
    assert event["message"]


def test_a_connection_that_lacks_its_token_is_hopeless(idle, monkeypatch):
    bare = trigger(idle, {"vendor": "dxgl", "id": "r1", "model_id": "m1"})
    bare.render_conn_id = "dxgl_bare"
    monkeypatch.setenv("AIRFLOW_CONN_DXGL_BARE", idle.connection(password=""))

    event = fire(bare)

    assert (event["status"], "no password" in event["message"]) == ("hopeless", True)


@pytest.mark.parametrize("fault", ["error_before", "drop_before", "rate_limit"])
def test_a_vendor_that_cannot_be_reached_for_a_while_is_waited_out(dxgl, tmp_path, fault):
    job = ordered(dxgl, tmp_path)
    dxgl.faults(
        {"kind": fault, "match": "^GET", "next": 2, **({"per_second": 0.1} if fault == "rate_limit" else {})}
    )
    assert fire(trigger(dxgl, job))["status"] == "ready"


def test_a_vendor_that_stays_away_ends_in_the_deadline(idle, tmp_path):
    job = ordered(idle, tmp_path)
    idle.faults({"kind": "error_before", "match": "^GET"})
    event = fire(trigger(idle, job, deadline=time.time() + 1))
    assert event["status"] == "expired"
    assert "500" in event["message"]


def test_a_render_that_is_not_listed_yet_is_waited_for(dxgl, tmp_path):
    dxgl.faults({"kind": "late_listing", "seconds": 1})
    job = ordered(dxgl, tmp_path)
    assert fire(trigger(dxgl, job))["status"] == "ready"
    assert dxgl.render(job["id"])["status"] == "done"


def test_a_render_that_stays_unknown_counts_as_ended(idle):
    lost = {"vendor": "dxgl", "id": "nowhere", "model_id": "m1"}
    assert fire(trigger(idle, lost, since=time.time() - 3600))["status"] == "ready"


def test_it_keeps_the_progress_file(dxgl, tmp_path):
    progress = {"root": str(tmp_path / "out"), "run": "nightly", "done": 4, "total": 5}
    fire(trigger(dxgl, ordered(dxgl, tmp_path), progress=progress))

    told = json.loads((tmp_path / "out" / "_render" / "progress.json").read_text())
    assert (told["stage"], told["done"], told["total"], told["run_id"]) == ("render", 5, 5, "nightly")
