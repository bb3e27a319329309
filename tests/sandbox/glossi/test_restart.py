from __future__ import annotations

import signal

import pytest

from tests.sandbox import shapes
from tests.sandbox.glossi.test_pipelines import STILLS, Pipe


@pytest.fixture(scope="module")
def restarted(open_workspace, tmp_path_factory):
    """A workspace after its process was killed, and what was under way before it."""
    data = str(tmp_path_factory.mktemp("restarted"))
    # One worker does the renders in the order of the calls, so that the last ones surely wait.
    first = open_workspace("--data", data, "--speed", "600", "--workers", "1")
    record = first.record()
    project = first.new_project(first.ready_model())
    [done] = first.render(project, **STILLS)
    first.api.put("/webhooks", json={"url": "http://127.0.0.1:1/", "events": ["job.complete"]})
    under_way = {
        "model": first.upload(shapes.glb()),
        "render": first.order(project, **STILLS).json()["jobs"][0]["jobId"],
        "job": begun_job(first),
        "pipeline": Pipe(first),
    }
    under_way["pipeline"].drop("chair.glb", shapes.glb())
    under_way["pipeline"].create()
    calls = first.calls()
    first.stop(signal.SIGKILL)

    second = open_workspace("--data", data, "--speed", "600")
    under_way["pipeline"].glossi = second
    return first, second, record, done, under_way, calls


def begun_job(glossi) -> str:
    body = {
        "models": [{"fileName": "a.glb", "fileType": "glb"}],
        "templateId": glossi.template("Studio Light"),
        "renderSettings": STILLS,
    }
    job = glossi.api.post("/jobs", json=body).json()
    glossi.put(job["models"][0]["uploadUrl"], shapes.glb())
    assert glossi.api.post(f"/jobs/{job['jobId']}/confirm").json()["status"] == "PROCESSING"
    return job["jobId"]


def test_what_was_finished_is_still_there(restarted):
    first, second, _, done, *_ = restarted
    assert second.token == first.token
    again = second.api.get(f"/renders/{done['jobId']}").json()
    assert [each["id"] for each in again["renders"]] == [each["id"] for each in done["renders"]]
    assert second.web.get(again["renders"][0]["url"]).status_code == 200
    assert second.api.get("/webhooks").json()["events"] == ["job.complete"]


def test_links_of_the_earlier_process_keep_their_signature(restarted):
    _, second, record, *_ = restarted
    path, _, query = record["uploadUrl"].partition("?")
    key = path.partition("/workspaces/")[2]
    storage = second.record()["uploadUrl"].partition("/workspaces/")[0]
    assert second.put(f"{storage}/workspaces/{key}?{query}", shapes.glb()).status_code == 200


def test_what_was_under_way_is_taken_up_and_not_paid_again(restarted):
    _, second, _, _, under_way, calls = restarted
    assert second.processed(under_way["model"])[0]["status"] == "READY"
    assert second.ended(f"/renders/{under_way['render']}")["status"] == "COMPLETED"
    job = second.ended(f"/jobs/{under_way['job']}")
    assert (job["status"], job["renders"][0]["status"]) == ("COMPLETED", "COMPLETED")
    under_way["pipeline"].wait(COMPLETED=1)
    assert [call["credits"] for call in calls] == [1, 1, 1]
    [of_pipeline] = second.calls()[len(calls) :]
    assert of_pipeline["call"] == "POST /api/v1/pipelines"
