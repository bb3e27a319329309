from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_render.core.errors import (
    ModelFileError,
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.job import RenderJob, RenderStatus
from airflow_provider_render.core.looking import Look, unread
from airflow_provider_render.core.vendor import Account, Answerable, Existing, Upload
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from airflow_provider_render.vendors.glossi.watching import preparing
from airflow_provider_render.vendors.glossi.words import Words
from tests.vendors.glossi.desk import JOBS, UPLOAD, VENDOR, Desk, job, request

RECORD = {"models": [{"modelId": "M1", "name": "Chair", "uploadUrl": UPLOAD, "uploadKey": "w/M1.glb"}]}
PUT = "PUT https://storage.example/models/M1"
CONFIRMED = {"modelId": "M1", "name": "Chair", "status": "PENDING", "filePath": "w/M1.glb"}
PROJECTS = {"projects": [{"projectId": "P1", "status": "PENDING", "modelIds": ["M1"], "templateId": "T1"}]}
STARTED = {"jobs": [{"jobId": "J1", "status": "QUEUED", "projectId": "P1"}], "totalProjects": 1}
ONE_CALL = {
    "jobId": "B1",
    "status": "AWAITING_UPLOADS",
    "models": [{"id": "M1", "fileName": "chair.glb", "uploadUrl": UPLOAD, "uploadKey": "w/M1.glb"}],
}
UPLOADING = {"POST /models": RECORD, PUT: (200, b""), "POST /models/M1/confirm": CONFIRMED}


def status(**states):
    models = [{"modelId": name, "status": word, "ready": word == "READY"} for name, word in states.items()]
    return {"models": models, "allReady": False, "notFound": []}


@pytest.mark.parametrize("end", ["", "/", "/api/v1", "/api/v1/"])
def test_the_base_url_may_end_in_the_version_or_not(end):
    assert GlossiVendor(f"https://api.glossi.app{end}", "k").base_url == "https://api.glossi.app"


def test_the_key_goes_to_the_api_and_never_to_a_presigned_address():
    desk = Desk(UPLOADING)
    desk.run(VENDOR.upload(request(model_id=None)))
    assert [dict(VENDOR.headers(call.credential)) for call in desk.calls] == [
        {"X-API-Key": "glsi_test"},
        {},
        {"X-API-Key": "glsi_test"},
    ]


def test_reading_the_templates_proves_the_key():
    desk = Desk({"GET /templates": {"templates": []}})
    assert desk.run(VENDOR.account()) == Account("workspace")


def test_a_render_cannot_be_stopped():
    desk = Desk({})
    assert desk.run(VENDOR.cancel(job("J1"))) is False
    assert desk.calls == []
    assert VENDOR.capabilities.can_cancel is False


class TestFindModel:
    def test_a_model_without_a_hint_is_not_asked_for(self):
        desk = Desk({})
        assert desk.run(VENDOR.find_model(request(model_id=None))) is None
        assert desk.calls == []

    @pytest.mark.parametrize(
        ("answer", "found"),
        [
            (status(M1="READY"), Upload("M1")),
            (status(M1="PROCESSING"), Upload("M1", preparing=preparing("M1"))),
            (status(M1="SOMETHING_NEW"), Upload("M1", preparing=preparing("M1"))),
            (status(M1="FAILED"), None),
            ({"models": [], "allReady": False, "notFound": ["M1"]}, None),
            ((404, {"message": "unknown"}), None),
        ],
        ids=["ready", "processing", "unknown word", "failed", "not found", "404"],
    )
    def test_an_earlier_upload_is_asked_for_by_its_id(self, answer, found):
        desk = Desk({"POST /models/status": answer})
        assert desk.run(VENDOR.find_model(request())) == found
        assert desk.calls[0].json == {"modelIds": ["M1"]}

    def test_a_vendor_that_cannot_be_asked_is_an_error(self):
        desk = Desk({"POST /models/status": (503, b"")})
        with pytest.raises(UnavailableError):
            desk.run(VENDOR.find_model(request()))


class TestUpload:
    def test_a_model_is_recorded_sent_and_confirmed_and_then_in_preparation(self):
        desk = Desk(UPLOADING)
        made = desk.run(VENDOR.upload(request(model_id=None, label="Oak chair")))
        assert made == Upload("M1", preparing=preparing("M1"))
        assert desk.labels == ["POST /models", PUT, "POST /models/M1/confirm"]
        record, put, confirm = desk.calls
        assert record.json == {"models": [{"name": "Oak chair", "fileName": "chair.glb", "fileType": "glb"}]}
        assert (put.path, put.headers) == (UPLOAD, {"Content-Type": "model/gltf-binary"})
        assert put.content.name == "chair.glb"
        assert confirm.json == {"fileType": "glb"}
        assert desk.milestones == []

    def test_a_model_that_is_ready_at_once_needs_no_waiting(self):
        desk = Desk({**UPLOADING, "POST /models/M1/confirm": {**CONFIRMED, "status": "READY"}})
        assert desk.run(VENDOR.upload(request(model_id=None))) == Upload("M1")

    def test_without_a_model_file_nothing_is_sent(self):
        desk = Desk({})
        with pytest.raises(ModelFileError, match="CHR-1"):
            desk.run(VENDOR.upload(replace(request(), model=None)))
        assert desk.calls == []

    @pytest.mark.parametrize(
        "record", [{"models": []}, {"models": RECORD["models"] * 2}, {"models": [{"modelId": "M1"}]}]
    )
    def test_an_answer_without_one_address_is_told(self, record):
        with pytest.raises(UnexpectedAnswerError, match=r"one upload of chair\.glb"):
            Desk({"POST /models": record}).run(VENDOR.upload(request(model_id=None)))

    def test_an_expired_address_is_no_refusal_of_the_key(self):
        desk = Desk({**UPLOADING, PUT: (403, b"<Error>Request has expired</Error>")})
        with pytest.raises(
            UnavailableError, match=r"expired. Nothing was rendered; a retry asks for a new one"
        ):
            desk.run(VENDOR.upload(request(model_id=None)))

    def test_the_address_is_in_no_message(self):
        desk = Desk({**UPLOADING, PUT: (400, b"")})
        with pytest.raises(UnavailableError) as raised:
            desk.run(VENDOR.upload(request(model_id=None)))
        assert "abcdef" not in str(raised.value)
        assert [call.label for call in desk.calls if "abcdef" in call.label] == []


class TestSubmit:
    def test_a_render_is_announced_between_its_project_and_its_paid_call(self):
        desk = Desk({"POST /projects": PROJECTS, "POST /renders": STARTED})
        (made,) = desk.run(VENDOR.submit([request(label="Oak chair")]))
        assert (made.id, made.model_id, made.refs) == ("J1", "M1", {"project": "P1"})
        project, render = desk.calls
        assert project.json == {"name": "Oak chair", "modelIds": ["M1"], "templateId": "T1"}
        assert render.json["projectIds"] == ["P1"]
        assert render.json["settings"] == {
            "renderBookmarks": True,
            "renderShots": True,
            "renderVariants": True,
            "imageQuality": 1,
            "videoQuality": 1,
        }
        ((announced,),) = desk.milestones
        assert announced.refs == {"project": "P1"}

    def test_many_renders_need_two_calls_and_go_to_their_own_requests(self):
        projects = [{"projectId": f"P{number}", "modelIds": [f"M{number}"]} for number in (3, 1, 2)]
        jobs = [{"jobId": f"J{number}", "projectId": f"P{number}"} for number in (2, 3, 1)]
        desk = Desk({"POST /projects": {"projects": projects}, "POST /renders": {"jobs": jobs}})
        made = desk.run(VENDOR.submit([request(model_id=f"M{number}") for number in (1, 2, 3)]))
        assert [(one.id, one.model_id) for one in made] == [("J1", "M1"), ("J2", "M2"), ("J3", "M3")]
        assert [one.refs["project"] for one in desk.milestones[0]] == ["P1", "P2", "P3"]
        assert desk.calls[0].json == {
            "modelIds": ["M1", "M2", "M3"],
            "templateId": "T1",
            "createPerModel": True,
        }
        assert len(desk.calls) == 2

    @pytest.mark.parametrize(
        "projects",
        [
            [],
            [{"projectId": "P1", "modelIds": ["M1"]}],
            [{"projectId": "P1", "modelIds": ["M1", "M2"]}],
            [{"projectId": "P1"}, {"projectId": "P2"}],
            [{"projectId": "P1", "modelIds": ["M1"]}, {"projectId": "P2", "modelIds": ["M9"]}],
        ],
        ids=["none", "too few", "one for both", "untold", "a foreign one"],
    )
    def test_projects_that_do_not_match_end_it_before_the_paid_call(self, projects):
        desk = Desk({"POST /projects": {"projects": projects}})
        with pytest.raises(UnexpectedAnswerError, match="Nothing was rendered or charged") as raised:
            desk.run(VENDOR.submit([request(model_id="M1"), request(model_id="M2")]))
        assert raised.value.happened is False
        assert desk.milestones == []

    @pytest.mark.parametrize(
        "jobs",
        [
            [{"jobId": "J1", "projectId": "P1"}],
            [{"jobId": "J1", "projectId": "P1"}, {"jobId": "J1", "projectId": "P2"}],
            [{"jobId": "J1", "projectId": "P1"}, {"jobId": "J2", "projectId": "P9"}],
        ],
        ids=["too few", "twice the same", "a foreign one"],
    )
    def test_render_jobs_that_do_not_match_may_have_been_charged(self, jobs):
        projects = [{"projectId": f"P{number}", "modelIds": [f"M{number}"]} for number in (1, 2)]
        desk = Desk({"POST /projects": {"projects": projects}, "POST /renders": {"jobs": jobs}})
        with pytest.raises(OutcomeUnknownError, match=r"P1, P2.*J1 of P1.*may be charged"):
            desk.run(VENDOR.submit([request(model_id="M1"), request(model_id="M2")]))

    def test_the_only_project_needs_not_tell_its_model(self):
        answers = {"POST /projects": {"projects": [{"projectId": "P1"}]}, "POST /renders": STARTED}
        assert Desk(answers).run(VENDOR.submit([request()]))[0].id == "J1"

    def test_render_jobs_without_projects_are_taken_in_order(self):
        projects = [{"projectId": f"P{number}", "modelIds": [f"M{number}"]} for number in (1, 2)]
        desk = Desk(
            {
                "POST /projects": {"projects": projects},
                "POST /renders": {"jobs": [{"jobId": "J1"}, {"jobId": "J2"}]},
            }
        )
        made = desk.run(VENDOR.submit([request(model_id="M1"), request(model_id="M2")]))
        assert [(one.id, one.model_id) for one in made] == [("J1", "M1"), ("J2", "M2")]

    def test_no_renders_need_no_call(self):
        assert Desk({}).run(VENDOR.submit([])) == []

    def test_a_model_that_was_not_uploaded_is_told_before_anything_is_sent(self):
        desk = Desk({})
        with pytest.raises(ModelFileError, match="CHR-1"):
            desk.run(VENDOR.submit([request(model_id=None)]))
        assert desk.calls == []

    @pytest.mark.parametrize(
        ("word", "kind"),
        [("PROCESSING", UnavailableError), ("READY", RejectedError), ("FAILED", RejectedError)],
    )
    def test_a_project_that_comes_too_early_may_be_asked_for_again(self, word, kind):
        desk = Desk({"POST /projects": (409, {"error": "not now"}), "POST /models/status": status(M1=word)})
        with pytest.raises(kind, match=word if kind is UnavailableError else "not now") as raised:
            desk.run(VENDOR.submit([request()]))
        assert raised.value.happened is False

    def test_a_refusal_says_that_nothing_was_charged(self):
        desk = Desk({"POST /projects": PROJECTS, "POST /renders": (422, {"error": "bad settings"})})
        with pytest.raises(RejectedError, match=r"bad settings\. Nothing was rendered or charged"):
            desk.run(VENDOR.submit([request()]))


class TestFindExisting:
    @pytest.mark.parametrize("vendor", [VENDOR, JOBS], ids=["renders", "jobs"])
    @pytest.mark.parametrize(
        ("fields", "answer"),
        [
            ({}, Answerable.ABSENT),
            ({"ticket": "t-1"}, Answerable.ABSENT),
            ({"ticket": "t-1", "announced": job("project/P1", project="P1")}, Answerable.UNKNOWN),
        ],
        ids=["not cut off", "cut off before the paid call", "cut off in the paid call"],
    )
    def test_a_submit_is_told_by_its_announcement_alone(self, vendor, fields, answer):
        desk = Desk({})
        assert desk.run(vendor.find_existing(request(**fields))) == Existing(answer)
        assert desk.calls == []

    @pytest.mark.parametrize(
        ("said", "answer"),
        [
            ({"jobId": "B1", "status": "AWAITING_UPLOADS"}, Answerable.ABSENT),
            ({"jobId": "B1", "status": "PROCESSING"}, Answerable.FOUND),
            ({"jobId": "B1", "status": "COMPLETED"}, Answerable.FOUND),
            ((404, {"message": "no such path"}), Answerable.UNKNOWN),
        ],
        ids=["awaiting", "under way", "done", "not found"],
    )
    def test_a_one_call_job_is_asked_whether_it_was_confirmed(self, said, answer):
        desk = Desk({"GET /jobs/B1": said})
        wanted = request(model_id=None, ticket="t-1", announced=job("B1", kind="job"))
        existing = desk.run(JOBS.find_existing(wanted))
        assert existing.answer is answer
        assert (existing.job is not None) == (answer is Answerable.FOUND)
        if existing.job:
            assert (existing.job.id, existing.job.model_id) == ("B1", "M1")
            assert existing.job.settings == wanted.settings

    def test_a_job_that_cannot_be_asked_for_is_an_error(self):
        with pytest.raises(UnavailableError):
            Desk({"GET /jobs/B1": (500, b"")}).run(
                JOBS.find_existing(request(ticket="t-1", announced=job("B1", kind="job")))
            )


class TestOneCall:
    def test_the_job_is_announced_after_the_upload_and_before_the_paid_call(self):
        order = []
        desk = Desk({"POST /jobs": ONE_CALL, PUT: (200, b""), "POST /jobs/B1/confirm": (200, b"")}, JOBS)
        work = JOBS.upload(request(model_id=None))
        step = next(work)
        while True:
            order.append(getattr(step, "label", "announced").replace("/api/v1", ""))
            try:
                step = work.send(desk.take(step))
            except StopIteration as stop:
                made = stop.value
                break
        assert order == ["POST /jobs", PUT, "announced", "POST /jobs/B1/confirm"]
        assert made.job == RenderJob("glossi", "B1", "M1", request().settings, {"kind": "job"})
        assert made.model_id == "M1"
        assert desk.calls[0].json["renderSettings"]["imageQuality"] == 1
        assert desk.calls[0].json["models"] == [{"fileName": "chair.glb", "fileType": "glb"}]

    def test_an_upload_is_a_paid_render_in_this_workflow_alone(self):
        assert JOBS.capabilities.upload_renders
        assert not VENDOR.capabilities.upload_renders

    def test_further_settings_of_a_model_are_rendered_by_projects(self):
        desk = Desk({"POST /projects": PROJECTS, "POST /renders": STARTED}, JOBS)
        assert desk.run(JOBS.submit([request()]))[0].id == "J1"


class TestStates:
    def test_all_models_are_asked_for_by_one_call_and_each_render_by_its_own(self):
        desk = Desk(
            {
                "POST /models/status": {**status(M1="READY", M2="PROCESSING"), "notFound": ["M3"]},
                "GET /renders/J1": {"jobId": "J1", "status": "RENDERING"},
                "GET /renders/J2": {"jobId": "J2", "status": "COMPLETED", "renders": []},
                "GET /renders/J3": (404, {"message": "unknown"}),
                "GET /jobs/B1": {"jobId": "B1", "status": "FAILED", "error": "no light"},
            }
        )
        models = [preparing(f"M{number}") for number in (1, 2, 3)]
        renders = [job("J1"), job("J2"), job("J3"), job("B1", kind="job")]
        states = desk.run(VENDOR.states([*models, *renders]))
        assert {name: (state.status, state.error) for name, state in states.items()} == {
            "model/M1": (RenderStatus.SUCCEEDED, None),
            "model/M2": (RenderStatus.RUNNING, None),
            "J1": (RenderStatus.RUNNING, None),
            "J2": (RenderStatus.SUCCEEDED, None),
            "B1": (RenderStatus.FAILED, "no light"),
        }
        assert len(desk.calls) == 5

    def test_what_cannot_be_read_does_not_hide_the_others(self):
        desk = Desk(
            {
                "POST /models/status": (422, {"message": "not these"}),
                "GET /renders/J1": (500, {"message": "broken"}),
                "GET /renders/J2": {"jobId": "J2", "status": "COMPLETED"},
                "GET /jobs/B1": (404, {"message": "unknown"}),
            }
        )
        jobs = [preparing("M1"), preparing("M2"), job("J2"), job("J1"), job("B1", kind="job")]
        states = desk.run(Look(jobs).work(VENDOR.states(jobs)))
        assert states["J2"].status is RenderStatus.SUCCEEDED
        assert {name: type(why) for name, why in unread(states).items()} == {
            "model/M1": RejectedError,
            "model/M2": RejectedError,
            "J1": UnavailableError,
            "B1": RejectedError,
        }
        with pytest.raises(RejectedError):
            desk.run(VENDOR.states(jobs))

    def test_no_id_of_a_model_can_be_that_of_a_render(self):
        assert preparing("M1").id != "M1"
        assert Desk({}).run(VENDOR.prepared(preparing("M1"))) == "M1"

    def test_what_a_model_says_of_being_ready_goes_before_its_word(self):
        body = {"models": [{"modelId": "M1", "status": "READY", "ready": False}]}
        states = Desk({"POST /models/status": body}).run(VENDOR.states([preparing("M1")]))
        assert states["model/M1"].status is RenderStatus.RUNNING
        body = {"models": [{"modelId": "M1", "ready": True}]}
        states = Desk({"POST /models/status": body}).run(VENDOR.states([preparing("M1")]))
        assert states["model/M1"].status is RenderStatus.SUCCEEDED


class TestWords:
    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("QUEUED", RenderStatus.QUEUED),
            ("pending", RenderStatus.QUEUED),
            ("Rendering", RenderStatus.RUNNING),
            ("completed", RenderStatus.SUCCEEDED),
            ("Failed", RenderStatus.FAILED),
            ("CANCELLED", RenderStatus.FAILED),
            (None, RenderStatus.RUNNING),
        ],
    )
    def test_words_mean_the_same_in_any_case(self, word, status):
        assert Words.read().status(word) is status

    def test_a_connection_adds_ends_and_keeps_the_documented_ones(self):
        words = Words.read({"ok_states": "done, Shipped", "failed_states": "broken"})
        assert words.status("SHIPPED") is words.status("COMPLETED") is RenderStatus.SUCCEEDED
        assert words.status("Broken") is RenderStatus.FAILED
        assert words.status("ERROR") is RenderStatus.RUNNING

    def test_an_unknown_word_is_told_once(self, caplog):
        words = Words.read()
        for _ in range(3):
            assert words.status("ponderING 7") is RenderStatus.RUNNING
        assert [record.getMessage().count("'PONDERING_7'") for record in caplog.records] == [1]

    def test_content_types_follow_the_extension_and_the_connection(self):
        words = Words.read({"media_types": "fbx=model/fbx,.OBJ=text/plain"})
        kinds = ["glb", "fbx", "obj", "stl"]
        assert [words.media_type(kind) for kind in kinds] == [
            "model/gltf-binary",
            "model/fbx",
            "text/plain",
            "application/octet-stream",
        ]
        assert Words.read().media_type("usdz") == "model/vnd.usdz+zip"
