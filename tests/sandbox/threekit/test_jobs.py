from __future__ import annotations

import signal
import time
import uuid

import pytest

from tests.sandbox import shapes
from tests.sandbox.threekit.running import outputs, size


@pytest.fixture(scope="module")
def job(the_threekit, chair):
    body = {"assets": [{"assetId": chair}], "jobName": "looked at", "sync": True, **size(400)}
    return the_threekit.ok(the_threekit.api.post("/asset-jobs/renders", json=body))["job"]


def test_a_stopped_job_has_counted_its_tasks(job):
    counters = {name: value for name, value in job.items() if name.startswith("task")}
    assert counters == {
        "taskCount": 2,
        "taskProgress": 1,
        "taskStatusPending": 0,
        "taskStatusRunning": 0,
        "taskStatusStopped": 2,
        "taskResultFailures": 0,
        "taskResultSuccesses": 2,
    }
    assert (job["status"], job["schedulerState"], job["type"]) == ("stopped", "active", "render")


def test_a_job_is_listed_with_its_title_and_status(threekit, job):
    query = {"status": "stopped", "sort": "-createdAt", "perPage": 100, "orgId": threekit.org_id}
    jobs = threekit.ok(threekit.api.get("/jobs", params=query))["jobs"]
    assert "looked at" in [each["title"] for each in jobs]
    assert threekit.ok(threekit.api.get("/jobs", params={"status": "running"}))["count"] == 0


def test_tasks_and_runs_are_listed_and_read_one_by_one(threekit, job):
    tasks = threekit.ok(threekit.api.get("/jobs/tasks", params={"jobId": job["id"]}))
    assert tasks["count"] == 2
    task = threekit.ok(threekit.api.get(f"/jobs/tasks/{tasks['tasks'][0]['id']}"))
    assert (task["runStatus"], task["runResult"]) == ("stopped", "Success")
    runs = threekit.ok(threekit.api.get("/jobs/runs", params={"taskId": task["id"]}))["runs"]
    assert runs == task["runs"]
    assert threekit.ok(threekit.api.get(f"/jobs/runs/{runs[0]['id']}")) == runs[0]
    assert runs[0]["startedAt"] <= runs[0]["stoppedAt"]


@pytest.mark.parametrize("ids", [[], ["jobId", "taskId"]])
def test_runs_are_those_of_a_job_or_of_a_task(threekit, job, ids):
    query = dict.fromkeys(ids, job["id"])
    assert threekit.api.get("/jobs/runs", params=query).status_code == 422


@pytest.mark.parametrize("path", ["/jobs/{}", "/jobs/tasks/{}", "/jobs/runs/{}", "/catalog/jobs/{}"])
def test_what_does_not_exist_is_404(threekit, path):
    assert threekit.api.get(path.format(uuid.uuid4())).status_code == 404


def test_a_job_waits_before_it_runs(waiting):
    record = waiting.upload("box.glb", shapes.glb())
    body = {"fileId": record["id"], "title": "waits"}
    job = waiting.ok(waiting.api.post("/asset-jobs/import", json=body))["job"]
    assert (job["status"], job["taskStatusPending"], job["runs"]) == ("pending", 1, [])
    assert waiting.ok(waiting.api.get("/jobs", params={"status": "pending"}))["count"] >= 1
    assert waiting.ok(waiting.api.get("/jobs/runs", params={"jobId": job["id"]}))["runs"] == []


def test_a_paused_job_goes_on_when_it_is_resumed(threekit, chair):
    body = {"configuration": {"Color": "#999999"}, "sync": False}
    job = threekit.ok(threekit.render(chair, **body))["jobId"]
    paused = threekit.ok(threekit.api.put(f"/jobs/{job}", json={"schedulerState": "paused"}))
    assert paused["schedulerState"] == "paused"
    time.sleep(0.5)
    assert threekit.ok(threekit.api.get(f"/jobs/{job}"))["status"] == "pending"
    threekit.api.put(f"/jobs/{job}", json={"schedulerState": "active"})
    assert threekit.wait(job)["taskResultSuccesses"] == 1


def test_a_job_knows_no_other_scheduler_states(threekit, job):
    assert threekit.api.put(f"/jobs/{job['id']}", json={"schedulerState": "broken"}).status_code == 422


@pytest.fixture(scope="module")
def restarted(start_threekit, tmp_path_factory):
    """A sandbox that was killed at work and started again, and what was known before."""
    data = str(tmp_path_factory.mktemp("threekit"))
    first = start_threekit("--data", data, "--speed", "50", "--credits", "10")
    asset = first.model("kept.glb")
    done = first.ok(first.render(asset, cache=True))
    unfinished = first.ok(first.render(asset, sync=False, configuration={"Color": "red"}, **size(40_0)))[
        "jobId"
    ]
    first.stop(signal.SIGKILL)
    return start_threekit("--data", data, "--speed", "50"), first, asset, done, unfinished


def test_a_restarted_sandbox_keeps_its_tokens_stages_and_bill(restarted, threekit):
    second, first, *_ = restarted
    for name in ("token", "public_token", "org_id"):
        assert second.ready[name] == first.ready[name]
    assert second.stages() == threekit.stages()
    assert second.bill()["credits"] == 2


def test_a_restarted_sandbox_still_has_its_layers(restarted):
    second, _, asset, done, _ = restarted
    again = second.ok(second.render(asset, cache=True))
    assert again["fileId"] == done["fileId"]
    assert second.bill()["credits"] == 2


def test_a_restarted_sandbox_takes_up_unfinished_jobs(restarted):
    second, *_, unfinished = restarted
    job = second.wait(unfinished)
    assert job["taskResultSuccesses"] == 1
    assert shapes.picture(second.content(outputs(job)[0]["id"])).size == (20, 20)
