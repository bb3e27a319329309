from __future__ import annotations

import itertools

import pytest

from tests.sandbox.glossi.workspace import picture


def names(job: dict) -> list[str]:
    return [render["name"] for render in job["renders"]]


def test_every_variant_is_rendered_at_every_bookmark_and_in_every_shot(rendered):
    assert names(rendered) == [
        "Front View - Red",
        "Three Quarter - Red",
        "Front View - Blue",
        "Three Quarter - Blue",
        "360 Spin - Red",
        "360 Spin - Blue",
    ]


def test_the_pictures_of_variants_show_their_colours(glossi, rendered):
    for render, strongest in ((rendered["renders"][0], 0), (rendered["renders"][2], 2)):
        front = picture(glossi.web.get(render["url"]).content)
        pixel = front.getpixel((front.width // 2, front.height // 2))
        assert max(range(3), key=pixel.__getitem__) == strongest, pixel


def test_without_variants_the_models_own_look_is_rendered(glossi, rendered):
    [job] = glossi.render(rendered["projectId"], renderVariants=False, renderShots=False)
    assert names(job) == ["Front View - Default", "Three Quarter - Default"]


def test_shots_alone_are_videos(glossi, project):
    [job] = glossi.render(project, renderBookmarks=False, videoQuality=0)
    assert names(job) == ["360 Spin - Default"]
    video = glossi.web.get(job["renders"][0]["url"])
    assert (video.headers["Content-Type"], video.content[4:8]) == ("video/mp4", b"ftyp")


@pytest.mark.parametrize(("quality", "size"), [(0, (64, 36)), (2, (192, 108))])
def test_image_quality_is_the_size_of_the_pictures(glossi, project, quality, size):
    [job] = glossi.render(project, renderShots=False, imageQuality=quality)
    assert picture(glossi.web.get(job["renders"][0]["url"]).content).size == size


def test_every_template_looks_different(glossi, model):
    listed = glossi.api.get("/templates").json()["templates"]
    projects = [glossi.new_project(model, template=each["name"]) for each in listed]
    jobs = glossi.render(*projects, renderShots=False, imageQuality=0)
    assert [job["status"] for job in jobs] == ["COMPLETED"] * len(listed)
    fronts = [picture(glossi.web.get(job["renders"][0]["url"]).content) for job in jobs]
    corners = [(front.getpixel((2, 2)), front.getpixel((2, front.height - 3))) for front in fronts]
    for one, other in itertools.combinations(corners, 2):
        assert one != other


def test_a_batch_is_one_job_a_project_and_each_costs_a_credit(glossi, model):
    projects = [glossi.new_project(model) for _ in range(2)]
    before = len(glossi.calls())
    answer = glossi.order(*projects, renderShots=False).json()
    assert answer["totalProjects"] == 2
    assert [job["projectId"] for job in answer["jobs"]] == projects
    [call] = glossi.calls()[before:]
    assert call["call"] == "POST /api/v1/renders"
    assert (call["credits"], call["model_ids"]) == (2, [model])
    assert call["render_ids"] == [job["jobId"] for job in answer["jobs"]]
    assert all(glossi.ended(f"/renders/{job['jobId']}")["status"] == "COMPLETED" for job in answer["jobs"])


def test_an_unknown_project_starts_and_costs_nothing(glossi, project):
    before = glossi.calls()
    answer = glossi.order(project, "nobody")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "PROJECT_NOT_FOUND")
    assert glossi.calls() == before


def test_what_the_balance_does_not_cover_starts_and_costs_nothing(glossi, model, project):
    glossi.set_credits(1)
    answer = glossi.order(project, glossi.new_project(model))
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "INSUFFICIENT_CREDITS")
    assert glossi.control.get("/credits").json()["glossi"]["credits"] == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"imageQuality": 3}, "settings.imageQuality"),
        ({"imageQuality": True}, "settings.imageQuality"),
        ({"imageQuality": "1"}, "settings.imageQuality"),
        ({"videoQuality": -1}, "settings.videoQuality"),
        ({"renderShots": "yes"}, "settings.renderShots"),
        ({"renderBookmarks": False, "renderShots": False}, "nothing is rendered"),
        ([], "settings must be an object"),
    ],
)
def test_wrong_settings_are_refused_with_their_name(glossi, project, settings, said):
    answer = glossi.api.post("/renders", json={"projectIds": [project], "settings": settings})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_SETTINGS")
    assert said in answer.json()["error"]["message"]


def test_an_unknown_render_is_404(slow):
    assert slow.api.get("/renders/nobody").json()["error"]["code"] == "RENDER_NOT_FOUND"
    assert slow.api.post("/renders/nobody/retry").status_code == 404


def test_a_render_that_has_not_failed_is_not_retried(glossi, rendered):
    before = glossi.calls()
    answer = glossi.api.post(f"/renders/{rendered['jobId']}/retry")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "RENDER_NOT_FAILED")
    assert glossi.calls() == before


def test_a_retry_costs_a_credit(glossi, project):
    glossi.arm(kind="render_failure", next=2)
    [failed] = glossi.render(project)
    assert "render_failure" in failed["error"]
    path = f"/renders/{failed['jobId']}"
    before = len(glossi.calls())
    glossi.api.post(f"{path}/retry")
    assert glossi.ended(path)["status"] == "FAILED"
    [call] = glossi.calls()[before:]
    assert (call["call"], call["credits"]) == ("POST /api/v1/renders/:jobId/retry", 1)
    assert call["render_ids"] == [failed["jobId"]]
    glossi.set_credits(0)
    assert glossi.api.post(f"{path}/retry").status_code == 402


def test_a_lost_answer_was_still_charged(glossi, project):
    glossi.arm(kind="error_after", match="POST /glossi/api/v1/renders$", next=1)
    before = len(glossi.calls())
    assert glossi.order(project).json()["error"]["code"] == "INTERNAL_ERROR"
    assert len(glossi.calls()) == before + 1


def test_fresh_objects_can_be_hidden(glossi, project):
    job_id = glossi.order(project, renderShots=False).json()["jobs"][0]["jobId"]
    glossi.arm(kind="late_listing", seconds=60, match="renders/", next=1)
    assert [glossi.api.get(f"/renders/{job_id}").status_code for _ in range(2)] == [404, 200]


def test_a_rejection_answers_the_code_that_was_armed(glossi):
    glossi.arm(kind="reject", code="FORBIDDEN", next=1)
    assert glossi.api.get("/templates").json()["error"]["code"] == "FORBIDDEN"
