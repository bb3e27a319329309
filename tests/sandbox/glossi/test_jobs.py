from __future__ import annotations

import pytest

from tests.sandbox import shapes


def create(glossi, *names: str, **fields: object) -> dict:
    models = [{"fileName": name, "fileType": "glb"} for name in names]
    body = {"models": models, "templateId": glossi.template("Studio Light"), **fields}
    answer = glossi.api.post("/jobs", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def upload_and_confirm(glossi, job: dict, *contents: bytes) -> dict:
    for model, content in zip(job["models"], contents, strict=True):
        assert glossi.put(model["uploadUrl"], content).status_code == 200
    answer = glossi.api.post(f"/jobs/{job['jobId']}/confirm")
    assert answer.status_code == 200, answer.text
    return glossi.ended(f"/jobs/{job['jobId']}")


STILLS = {"renderShots": False, "imageQuality": 0}


def test_one_call_ends_in_renders_of_every_model(glossi, listener):
    glossi.api.put("/webhooks", json={"url": listener.url, "events": ["job.complete", "render.complete"]})
    job = create(glossi, "chair.glb", "table.glb", renderSettings=STILLS)
    assert set(job) == {"jobId", "status", "models"}
    assert job["status"] == "AWAITING_UPLOADS"
    assert set(job["models"][0]) == {"id", "fileName", "uploadUrl", "uploadKey"}
    before = len(glossi.calls())
    done = upload_and_confirm(glossi, job, shapes.glb(), shapes.glb())
    assert done["status"] == "COMPLETED", done
    assert [project["name"] for project in done["projects"]] == ["chair", "table"]
    assert [render["status"] for render in done["renders"]] == ["COMPLETED"] * 2
    assert glossi.web.get(done["renders"][1]["renders"][0]["url"]).content.startswith(b"\x89PNG")
    [call] = glossi.calls()[before:]
    assert (call["call"], call["credits"]) == ("POST /api/v1/jobs/:jobId/confirm", 2)
    assert call["render_ids"] == [render["jobId"] for render in done["renders"]]
    assert listener.wait_for("job.complete")["job.complete"]["jobId"] == job["jobId"]
    assert listener.events().count("render.complete") == 2


def test_without_render_settings_projects_are_made_and_nothing_is_paid(glossi):
    before = glossi.calls()
    done = upload_and_confirm(glossi, create(glossi, "chair.glb", createProjects=True), shapes.glb())
    assert (done["status"], len(done["projects"]), "renders" in done) == ("COMPLETED", 1, False)
    assert glossi.calls() == before
    [render] = glossi.render(done["projects"][0]["projectId"], **STILLS)
    assert render["status"] == "COMPLETED"


def test_a_broken_model_fails_the_job_but_not_the_others(glossi, listener):
    glossi.api.put("/webhooks", json={"url": listener.url, "events": ["job.failed"]})
    job = create(glossi, "bad.glb", "good.glb", renderSettings=STILLS)
    done = upload_and_confirm(glossi, job, shapes.corrupt_glb(), shapes.glb())
    assert (done["status"], bool(done["error"])) == ("FAILED", True)
    assert [model["status"] for model in done["models"]] == ["FAILED", "READY"]
    assert [render["status"] for render in done["renders"]] == ["COMPLETED"]
    assert listener.wait_for("job.failed")["job.failed"]["status"] == "FAILED"


def test_a_failed_render_fails_the_job(glossi):
    glossi.arm(kind="render_failure", match="/jobs/", next=1)
    done = upload_and_confirm(glossi, create(glossi, "chair.glb", renderSettings=STILLS), shapes.glb())
    assert (done["status"], done["renders"][0]["status"]) == ("FAILED", "FAILED")


def test_confirming_before_all_uploads_names_the_missing_ones(slow):
    job = create(slow, "a.glb", "b.glb")
    slow.put(job["models"][0]["uploadUrl"], shapes.glb())
    answer = slow.api.post(f"/jobs/{job['jobId']}/confirm")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "UPLOAD_MISSING")
    assert "b.glb" in answer.json()["error"]["message"]
    assert "a.glb" not in answer.json()["error"]["message"]
    assert slow.api.get(f"/jobs/{job['jobId']}").json()["status"] == "AWAITING_UPLOADS"


def test_confirming_twice_is_paid_once(slow):
    job = create(slow, "a.glb", renderSettings=STILLS)
    slow.put(job["models"][0]["uploadUrl"], shapes.glb())
    before = len(slow.calls())
    answers = [slow.api.post(f"/jobs/{job['jobId']}/confirm").json() for _ in range(2)]
    assert [answer["status"] for answer in answers] == ["PROCESSING"] * 2
    assert len(slow.calls()) == before + 1


def test_a_job_that_the_balance_does_not_cover_keeps_waiting(slow):
    job = create(slow, "a.glb", renderSettings={})
    slow.put(job["models"][0]["uploadUrl"], shapes.glb())
    slow.set_credits(0)
    assert slow.api.post(f"/jobs/{job['jobId']}/confirm").status_code == 402
    assert slow.api.get(f"/jobs/{job['jobId']}").json()["status"] == "AWAITING_UPLOADS"


def test_a_model_of_a_job_is_not_confirmed_alone(slow):
    job = create(slow, "a.glb")
    slow.put(job["models"][0]["uploadUrl"], shapes.glb())
    assert slow.confirm(job["models"][0]["id"]).status_code == 400


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"models": None}, 400, "INVALID_REQUEST"),
        ({"templateId": "nothing"}, 404, "TEMPLATE_NOT_FOUND"),
        ({"renderSettings": {"imageQuality": 9}}, 400, "INVALID_SETTINGS"),
        ({"createProjects": 1}, 400, "INVALID_REQUEST"),
    ],
)
def test_a_wrong_job_is_refused(slow, change, status, code):
    body = {
        "models": [{"fileName": "a.glb", "fileType": "glb"}],
        "templateId": slow.template("Studio Light"),
        **change,
    }
    answer = slow.api.post("/jobs", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_an_unknown_job_is_404(slow):
    assert slow.api.get("/jobs/nobody").json()["error"]["code"] == "JOB_NOT_FOUND"
    assert slow.api.post("/jobs/nobody/confirm").status_code == 404
