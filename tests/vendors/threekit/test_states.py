from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import RejectedError, UnavailableError
from airflow_provider_render.core.job import RenderStatus
from airflow_provider_render.core.looking import Look, unread
from airflow_provider_render.vendors.threekit.vendor import ThreekitVendor
from tests.vendors.threekit.desk import ORG, TOKEN, VENDOR, Desk, Shelf, job, layer, pending, stopped


def look(shelf, *ids, vendor=VENDOR):
    desk = Desk(shelf)
    return desk.run(vendor.states([job(name) for name in ids])), desk


def failed_run(task, message, number=1):
    return {
        "id": f"r-{task}-{number}",
        "jobId": "J1",
        "taskId": task,
        "resultCode": "Failed",
        "resultMessage": message,
        "createdAt": f"2026-01-01T00:00:0{number}Z",
        "results": {"files": []},
    }


def good_run(task, number=1):
    return {**failed_run(task, None, number), "resultCode": "Success"}


@pytest.mark.parametrize(
    ("row", "status", "word", "progress"),
    [
        (pending("J1", 4), RenderStatus.QUEUED, "pending", 0.0),
        (pending("J1", 4, running=1), RenderStatus.RUNNING, "pending", 0.0),
        (pending("J1", 4, running=1, ended=3), RenderStatus.RUNNING, "pending", 0.75),
        ({"id": "J1", "status": "running"}, RenderStatus.RUNNING, "running", None),
        ({"id": "J1", "status": "thinking"}, RenderStatus.QUEUED, "thinking", None),
        (stopped("J1", 4), RenderStatus.SUCCEEDED, "stopped", 1.0),
        (stopped("J1", 0), RenderStatus.SUCCEEDED, "stopped", 1.0),
    ],
)
def test_the_counters_of_a_job_become_a_status(row, status, word, progress):
    states, _ = look(Shelf(jobs=[row]), "J1:A1")
    state = states["J1:A1"]
    assert (state.status, state.word, state.progress) == (status, word, progress)


def test_a_paused_job_is_waited_for_and_says_so():
    states, _ = look(Shelf(jobs=[pending("J1", 2, ended=1) | {"schedulerState": "halted"}]), "J1:A1")
    assert (states["J1:A1"].status, states["J1:A1"].word) == (RenderStatus.RUNNING, "paused")


def test_assumed_words_can_be_corrected():
    vendor = ThreekitVendor(
        "https://x.example", TOKEN, ORG, paths={"active_word": "go", "running_word": "on"}
    )
    row = {"id": "J1", "status": "on", "schedulerState": "go"}
    states, _ = look(Shelf(jobs=[row]), "J1:A1", vendor=vendor)
    assert (states["J1:A1"].status, states["J1:A1"].word) == (RenderStatus.RUNNING, "on")


def test_a_picture_that_is_there_needs_no_call():
    states, desk = look(Shelf(), "layer:L1", "file:F1")
    assert {state.status for state in states.values()} == {RenderStatus.SUCCEEDED}
    assert desk.calls == []


def test_a_job_that_threekit_does_not_know_is_left_out():
    states, _ = look(Shelf(jobs=[stopped("J1")]), "J1:A1", "J2:A1")
    assert states.keys() == {"J1:A1"}


def test_a_few_jobs_are_asked_one_by_one_and_each_once():
    shelf = Shelf(jobs=[stopped(f"J{number}") for number in range(200)])
    states, desk = look(shelf, "J1:A1", "J1:A2", "import:J150", "job:J7")
    assert (len(states), desk.labels) == (4, [f"GET /api/jobs/{name}" for name in ("J1", "J150", "J7")])


def test_a_hundred_jobs_need_one_call():
    shelf = Shelf(jobs=[stopped(f"J{number}") for number in range(300)])
    states, desk = look(shelf, *(f"J{number}:A1" for number in range(100)))
    assert (len(states), desk.labels) == (100, ["GET /api/jobs"])
    assert desk.calls[0].query["sort"] == "-createdAt"


def test_a_hundred_renders_of_one_job_need_one_call():
    states, desk = look(Shelf(jobs=[stopped("J1", 100)]), *(f"J1:A{number}" for number in range(100)))
    assert (len(states), len(desk.calls)) == (100, 1)


def test_jobs_behind_many_others_are_asked_for_alone_after_a_few_pages():
    others = [stopped(f"o{number}") for number in range(5000)]
    shelf = Shelf(jobs=others + [stopped(f"J{number}") for number in range(4)])
    states, desk = look(shelf, *(f"J{number}:A1" for number in range(4)))
    assert len(states) == 4
    assert desk.labels.count("GET /api/jobs") == 3


def test_only_the_assets_whose_tasks_failed_have_failed():
    shelf = Shelf(
        jobs=[stopped("J1", 3, failures=1)],
        layers=[layer("L1", jobId="J1"), layer("L3", jobId="J1", assetId="A3")],
        runs=[good_run("t1"), failed_run("t2", "no such stage"), good_run("t3")],
        tasks=[{"id": f"t{n}", "jobId": "J1", "parameters": f'{{"assetId": "A{n}"}}'} for n in (1, 2, 3)],
    )
    states, desk = look(shelf, "J1:A1", "J1:A2", "J1:A3")
    assert [states[f"J1:A{n}"].status.value for n in (1, 2, 3)] == ["succeeded", "failed", "succeeded"]
    assert states["J1:A2"].error == "no such stage"
    assert len(desk.calls) == 4


def test_an_asset_that_the_job_left_out_is_done_where_every_failure_names_its_asset():
    shelf = Shelf(
        jobs=[stopped("J1", 1, failures=1)],
        runs=[failed_run("t2", "broken")],
        tasks=[{"id": "t2", "jobId": "J1", "parameters": {"assetId": "A2"}}],
    )
    states, _ = look(shelf, "J1:A1", "J1:A2")
    assert [states[f"J1:A{n}"].status.value for n in (1, 2)] == ["succeeded", "failed"]


def test_where_nothing_names_the_asset_those_without_a_picture_have_failed():
    shelf = Shelf(
        jobs=[stopped("J1", 2, failures=1)],
        layers=[layer("L1", jobId="J1")],
        runs=[failed_run("t2", "out of memory")],
        tasks=[{"id": "t1", "jobId": "J1"}, {"id": "t2", "jobId": "J1"}],
    )
    states, _ = look(shelf, "J1:A1", "J1:A2")
    assert [states[f"J1:A{n}"].status.value for n in (1, 2)] == ["succeeded", "failed"]
    assert states["J1:A2"].error == "out of memory"


def test_a_task_that_was_run_again_counts_by_its_last_run():
    row = stopped("J1") | {"taskResultFailures": None, "taskResultSuccesses": None}
    shelf = Shelf(jobs=[row], runs=[failed_run("t1", "preempted", 1), good_run("t1", 2)])
    states, _ = look(shelf, "J1:A1")
    assert states["J1:A1"].status is RenderStatus.SUCCEEDED


def test_without_counters_the_runs_decide():
    shelf = Shelf(jobs=[{"id": "J1", "status": "stopped", "runs": [failed_run("t1", "bad file")]}])
    states, _ = look(shelf, "import:J1")
    assert states["import:J1"].status is RenderStatus.FAILED
    assert "bad file" in states["import:J1"].error


def test_a_job_that_stopped_before_all_tasks_had_ended_has_failed():
    row = stopped("J1", 5) | {"taskResultSuccesses": 2}
    states, _ = look(Shelf(jobs=[row]), "job:J1")
    assert states["job:J1"].error == "3 of 5 tasks of job J1 failed"


def test_a_failed_import_says_why():
    shelf = Shelf(jobs=[stopped("J1", failures=1)], runs=[failed_run("t1", "no mesh in the file")])
    states, desk = look(shelf, "import:J1")
    assert states["import:J1"].error == "1 of 1 tasks of job J1 failed: no mesh in the file"
    assert desk.labels == ["GET /api/jobs/J1", "GET /api/jobs/runs"]


@pytest.mark.parametrize(("status", "error"), [(422, RejectedError), (500, UnavailableError)])
@pytest.mark.parametrize("path", ["/api/jobs/J0", "/api/jobs/runs"])
def test_a_job_that_cannot_be_read_does_not_hide_the_others(status, error, path):
    rest = [stopped(f"J{number}") for number in range(1, 6)]
    shelf = Shelf(jobs=[*rest, stopped("J0", failures=1)] if path.endswith("runs") else rest)
    desk = Desk(lambda call: (status, {"message": "no"}) if call.path == path else shelf(call))
    for ids in (["J0:A1", "J0:A2", "J1:A1"], ["J0:A1", *(f"J{number}:A1" for number in range(1, 6))]):
        jobs = [job(name) for name in ids]
        states = desk.run(Look(jobs).work(VENDOR.states(jobs)))
        lost = {name for name in ids if name.startswith("J0")}
        assert {name: type(why) for name, why in unread(states).items()} == dict.fromkeys(lost, error)
        assert {states[name].status for name in ids if name not in lost} == {RenderStatus.SUCCEEDED}
        with pytest.raises(error):
            desk.run(VENDOR.states(jobs))
