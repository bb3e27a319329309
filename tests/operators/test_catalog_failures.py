from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_render.core.errors import (
    AuthError,
    RenderFailedError,
    RenderInputError,
    UnavailableError,
)
from tests.operators.account import new_model, rows
from tests.operators.task import fire
from tests.operators.test_catalog import catalog, files_below, single
from tests.sandbox.shapes import glb

UPLOAD = "^POST .*/v1/models$"


def corrupt(folder: Path, name: str = "broken") -> str:
    path = folder / f"{name}.glb"
    path.write_bytes(b"glTF\x02\0\0\0" + b"\xff" * 50)
    return str(path)


def reported(summary: dict, told: str) -> dict[str, str]:
    items = json.loads(Path(summary["report"]).read_text())["items"]
    return {item["key"]: item[told] for item in items}


def outcomes(summary: dict) -> dict[str, str]:
    return reported(summary, "outcome")


def test_a_corrupt_model_fails_alone_and_costs_nothing(dxgl, rendered, tmp_path):
    table = rows(corrupt(tmp_path), *rendered[:2])

    summary = catalog(dxgl, table, tmp_path / "out", deferrable=True).run()

    assert outcomes(summary) == {"broken": "failed", "bench": "delivered", "lamp": "delivered"}
    assert summary["failed_keys"] == ["broken"]
    assert dxgl.spent == 0


def test_a_render_that_the_vendor_fails_fails_alone(dxgl, rendered, tmp_path):
    dxgl.faults({"kind": "render_failure", "next": 1})
    table = rows(new_model(tmp_path, "doomed"), rendered[0])

    summary = catalog(dxgl, table, tmp_path / "out", deferrable=True).run()

    assert outcomes(summary) == {"doomed": "failed", "bench": "delivered"}
    assert dxgl.spent == 1


@pytest.mark.parametrize("deferrable", [True, False], ids=["deferred", "blocking"])
def test_the_task_fails_when_every_item_failed(dxgl, tmp_path, deferrable):
    dxgl.faults({"kind": "render_failure"})
    table = rows(new_model(tmp_path, "doomed"), corrupt(tmp_path))
    task = catalog(dxgl, table, tmp_path / "out", deferrable=deferrable)

    with pytest.raises(RenderFailedError, match=r"items that failed: 2 of 2\. The first: doomed"):
        task.run()

    assert dxgl.spent == 1
    assert task.link == "https://dx.gl/portal"


def test_a_retry_in_the_same_run_does_not_pay_again_for_what_the_vendor_failed(dxgl, tmp_path):
    dxgl.faults({"kind": "render_failure"})
    task = catalog(dxgl, rows(new_model(tmp_path, "doomed")), tmp_path / "out")
    for _ in range(2):
        with pytest.raises(RenderFailedError):
            task.run()
    assert dxgl.spent == 1


def test_a_later_run_pays_again_for_a_failed_render_up_to_max_attempts(dxgl, tmp_path):
    dxgl.faults({"kind": "render_failure"})
    table = rows(new_model(tmp_path, "doomed"))
    for night in range(4):
        with pytest.raises(RenderFailedError):
            catalog(dxgl, table, tmp_path / "out", run_id=f"nightly-{night}", max_attempts=2).run()
    assert dxgl.spent == 2


def test_one_failed_item_fails_the_task_where_that_is_wanted(dxgl, rendered, tmp_path):
    task = catalog(dxgl, rows(corrupt(tmp_path), rendered[0]), tmp_path / "out", fail_on_item_failure=True)

    with pytest.raises(RenderFailedError, match=r"items that failed: 1 of 2\. The first: broken"):
        task.run()

    assert "bench/video.mp4" in files_below(tmp_path / "out")


def test_a_single_model_that_fails_fails_its_task(dxgl, tmp_path):
    with pytest.raises(RenderFailedError, match="broken"):
        single(dxgl, corrupt(tmp_path), tmp_path / "out").run()
    dxgl.faults({"kind": "render_failure"})
    with pytest.raises(RenderFailedError, match="doomed"):
        single(dxgl, new_model(tmp_path, "doomed"), tmp_path / "out", deferrable=True).run()
    assert dxgl.spent == 1


def test_trouble_on_the_way_raises_for_a_retry_that_takes_up_only_what_is_missing(dxgl, rendered, tmp_path):
    table = rows(*rendered)
    task = catalog(dxgl, table, tmp_path / "out", concurrency=1, outputs=["poster"])
    dxgl.faults({"kind": "error_before", "match": "^GET .*/poster", "next": 1})

    with pytest.raises(UnavailableError, match="items that did not get on: 1;"):
        task.run()
    assert len([name for name in files_below(tmp_path / "out") if name.endswith("poster.png")]) == 2

    with dxgl.counted("^GET .*/poster") as downloads:
        summary = task.run()
    assert downloads == [1]
    assert (summary["failed"], dxgl.spent) == (0, 0)


def test_a_cut_off_download_leaves_no_file_and_the_retry_delivers_it_whole(dxgl, rendered, tmp_path):
    dxgl.faults({"kind": "truncate", "match": "/poster", "next": 1})
    task = catalog(dxgl, rows(rendered[0]), tmp_path / "out", outputs=["poster"])

    with pytest.raises(UnavailableError, match="items that did not get on: 1;"):
        task.run()
    assert files_below(tmp_path / "out") == {}

    task.run()
    assert files_below(tmp_path / "out")["bench/poster.png"].endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("kind", ["drop_after", "error_after"])
def test_an_item_without_an_answer_is_looked_up_by_the_retry_and_paid_once(idle, tmp_path, kind):
    table = rows(new_model(tmp_path, "a"), new_model(tmp_path, "b"))
    task = catalog(idle, table, tmp_path / "out", concurrency=1, deferrable=True)
    idle.faults({"kind": kind, "match": UPLOAD, "next": 1})

    first = task.start()
    assert isinstance(first, TaskDeferred)
    assert len(first.trigger.jobs) == 1
    assert idle.spent == 2

    second = task.start()
    assert len(second.trigger.jobs) == 2
    assert idle.spent == 2


def test_a_submit_that_failed_on_the_way_is_remembered_over_the_waiting(dxgl, rendered, tmp_path):
    table = rows(new_model(tmp_path, "a"), rendered[0])
    task = catalog(dxgl, table, tmp_path / "out", deferrable=True)
    dxgl.faults({"kind": "drop_before", "match": UPLOAD, "next": 1})

    with pytest.raises(UnavailableError, match="items that did not get on: 1;"):
        task.run()
    summary = task.run()

    assert (summary["failed"], summary["items"]) == (0, 2)
    assert dxgl.spent == 1


def test_refused_credentials_fail_the_task(idle, tmp_path, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_DXGL_IDLE", idle.connection(password="dxgl_sk_wrong"))
    with pytest.raises(AuthError):
        catalog(idle, rows(new_model(tmp_path)), tmp_path / "out").run()
    assert idle.spent == 0


def test_an_account_that_runs_dry_leaves_the_rest_for_later(idle, tmp_path):
    idle.set_credits(1)
    table = rows(new_model(tmp_path, "a"), new_model(tmp_path, "b"))
    task = catalog(idle, table, tmp_path / "out", concurrency=1, deferrable=True)

    assert len(task.start().trigger.jobs) == 1
    assert idle.spent == 1

    idle.set_credits(10)
    assert len(task.start().trigger.jobs) == 2
    assert idle.spent == 2


@pytest.mark.parametrize("change", [lambda path: path.write_bytes(glb()), Path.unlink], ids=["new", "gone"])
def test_what_a_run_has_paid_it_delivers_whatever_became_of_the_model_meanwhile(dxgl, tmp_path, change):
    model = Path(new_model(tmp_path))
    task = catalog(dxgl, rows(str(model)), tmp_path / "out", deferrable=True)
    deferred = task.start()
    change(model)

    summary = task.resume(deferred, fire(deferred.trigger))

    assert (summary["delivered"], summary["credits_spent"], dxgl.spent) == (1, "1", 1)


def test_the_next_run_renders_a_model_that_changed_while_its_render_was_under_way(dxgl, tmp_path):
    model = Path(new_model(tmp_path))
    task = catalog(dxgl, rows(str(model)), tmp_path / "out", deferrable=True)
    deferred = task.start()
    model.write_bytes(glb())
    task.resume(deferred, fire(deferred.trigger))
    told = json.loads((tmp_path / "out/chair/render.json").read_text())

    later = catalog(dxgl, rows(str(model)), tmp_path / "out", run_id="later").run()

    assert (later["delivered"], dxgl.spent) == (1, 2)
    now = json.loads((tmp_path / "out/chair/render.json").read_text())
    assert now["model"]["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest() != told["model"]["sha256"]


def test_a_finished_item_that_changes_while_the_run_waits_is_left_to_the_next_run(dxgl, rendered, tmp_path):
    still = tmp_path / "still.glb"
    still.write_bytes(Path(rendered[0]).read_bytes())
    catalog(dxgl, rows(str(still)), tmp_path / "out").run()
    table = rows(str(still), new_model(tmp_path))
    task = catalog(dxgl, table, tmp_path / "out", run_id="later", deferrable=True)
    deferred = task.start()
    still.write_bytes(glb())

    summary = task.resume(deferred, fire(deferred.trigger))

    assert outcomes(summary) == {"still": "pending", "chair": "delivered"}
    (told,) = (
        item for item in json.loads(Path(summary["report"]).read_text())["items"] if item["key"] == "still"
    )
    assert told["reason"] == "model changed; left to a later run"
    assert dxgl.spent == 1


@pytest.mark.parametrize(
    ("unpayable", "note"),
    [({"max_credits": 1}, "max_credits allows 1"), ({"table": "{folder}/table.jsonl"}, "is a folder")],
    ids=["too_dear", "no_table"],
)
def test_a_plan_that_may_not_be_paid_delivers_and_reports_what_was_paid_before(
    dxgl, tmp_path, unpayable, note
):
    (tmp_path / "table.jsonl").mkdir()
    unpayable = {name: str(value).format(folder=tmp_path) for name, value in unpayable.items()}
    first = catalog(dxgl, rows(new_model(tmp_path, "paid")), tmp_path / "out", deferrable=True)
    fire(first.start().trigger)
    table = rows(str(tmp_path / "paid.glb"), new_model(tmp_path, "one"), new_model(tmp_path, "two"))

    with pytest.raises(RenderInputError, match=note):
        catalog(dxgl, table, tmp_path / "out", run_id="later", **unpayable).run()

    assert "paid/video.mp4" in files_below(tmp_path / "out")
    (report,) = (tmp_path / "out/_render/reports").glob("*later*.json")
    told = json.loads(report.read_text())
    outcome = {item["key"]: item["outcome"] for item in told["items"]}
    assert outcome == {"paid": "delivered", "one": "pending", "two": "pending"}
    assert note in told["note"]
    assert dxgl.spent == 1


def test_the_event_of_the_trigger_is_only_a_hint(idle, tmp_path):
    task = catalog(idle, rows(new_model(tmp_path)), tmp_path / "out", deferrable=True)
    deferred = task.start()

    again = task.resume(deferred, {"status": "ready"})

    assert isinstance(again, TaskDeferred)
    assert again.trigger.jobs == deferred.trigger.jobs
    assert idle.spent == 1


def test_a_vendor_that_refuses_to_tell_fails_the_try_and_keeps_the_renders(idle, tmp_path):
    task = catalog(idle, rows(new_model(tmp_path)), tmp_path / "out", deferrable=True)
    deferred = task.start()

    with pytest.raises(UnavailableError, match="cannot be watched: no reason"):
        task.resume(deferred, {"status": "hopeless", "message": "no reason"})

    assert idle.knows(deferred.trigger.jobs[0]["id"])


def test_a_vendor_that_cannot_be_reached_for_a_while_is_waited_out(dxgl, rendered, tmp_path):
    dxgl.faults({"kind": "error_before", "match": "^GET .*/v1/renders/[^/]+$", "next": 3})
    model = new_model(tmp_path)
    task = catalog(dxgl, rows(model), tmp_path / "out", deferrable=True, render_timeout=60)
    deferred = task.start()

    event = fire(deferred.trigger)
    assert event["status"] == "ready"
    assert task.resume(deferred, event)["delivered"] == 1
    assert dxgl.spent == 1


def test_an_empty_account_fails_the_task_once_the_rest_is_delivered(dxgl, rendered, tmp_path):
    dxgl.set_credits(1)
    table = rows(*(new_model(tmp_path, name) for name in ("a", "b")), rendered[0])
    task = catalog(dxgl, table, tmp_path / "out", deferrable=True, concurrency=1)

    with pytest.raises(RenderFailedError, match="could not be submitted: 1; what was submitted is delivered"):
        task.run()

    assert dxgl.spent == 1
    assert {path.partition("/")[0] for path in files_below(tmp_path / "out")} >= {"a", "bench"}
