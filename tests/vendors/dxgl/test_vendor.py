from __future__ import annotations

from decimal import Decimal

import pytest

from airflow_provider_render.core.errors import ModelFileError, OutcomeUnknownError, UnavailableError
from airflow_provider_render.core.job import OutputKind, RenderJob, RenderRequest
from airflow_provider_render.core.vendor import Account, Answerable
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor
from tests.vendors.dxgl.desk import MODEL, VENDOR, Desk, Shelf, job, refusal, request


def always(status, body):
    return Desk(lambda *call: (status, body))


def only(table):
    """Answer by method and path; anything else was not expected."""
    return Desk(lambda method, path, query, body: table[f"{method} {path}"])


@pytest.mark.parametrize(
    "url", ["https://api.dx.gl", "https://api.dx.gl/", "https://api.dx.gl/v1", "https://api.dx.gl/v1/"]
)
def test_the_base_url_may_end_in_the_version_or_not(url):
    assert DxglVendor(url, "t").base_url == "https://api.dx.gl"


def test_the_token_goes_into_a_bearer_header():
    assert VENDOR.headers() == {"Authorization": "Bearer dxgl_sk_test"}


class TestUpload:
    def test_an_upload_is_at_once_the_wanted_render(self):
        desk = always(201, {"data": {"modelId": "M9", "renderId": "R9"}})
        upload = desk.run(VENDOR.upload(request(model_id=None, aspect="1:1")))
        assert (upload.model_id, upload.job.id, upload.job.model_id) == ("M9", "R9", "M9")
        assert upload.job.settings == {"aspect": "1:1"}
        assert desk.calls[0].form == {"renderSettings": '{"aspect": "1:1"}'}

    def test_without_a_model_file_nothing_is_sent(self):
        desk = always(201, {})
        with pytest.raises(ModelFileError, match="CHR-1"):
            desk.run(VENDOR.upload(RenderRequest("CHR-1", None, {}, "M1")))
        assert not desk.calls

    @pytest.mark.parametrize(
        ("data", "found"), [({"exists": True, "modelId": "M1"}, "M1"), ({"exists": False}, None)]
    )
    def test_a_known_model_is_found_by_its_hash(self, data, found):
        desk = always(200, {"data": data})
        upload = desk.run(VENDOR.find_model(RenderRequest("CHAIR", MODEL, {})))
        assert (upload.model_id if upload else None) == found
        assert desk.calls[0].json == {"sha256": MODEL.sha256}


class TestSubmit:
    def test_one_render_is_created_alone(self):
        desk = only({"POST /v1/renders": (201, {"data": {"id": "R1", "modelId": "M1", "status": "pending"}})})
        (made,) = desk.run(VENDOR.submit([request(aspect="1:1")]))
        assert (made.id, made.model_id, made.settings) == ("R1", "M1", {"aspect": "1:1"})

    def test_many_renders_are_created_by_one_call(self):
        made = [{"id": "R1", "modelId": "M1"}, {"id": "R2", "modelId": "M2"}]
        desk = only({"POST /v1/renders/batch": (201, {"data": made})})
        jobs = desk.run(VENDOR.submit([request(model_id="M1"), request(model_id="M2", length=9)]))
        assert [(job.id, job.model_id, job.settings) for job in jobs] == [
            ("R1", "M1", {}),
            ("R2", "M2", {"length": 9}),
        ]
        assert len(desk.calls) == 1

    def test_no_renders_need_no_call(self):
        desk = only({})
        assert desk.run(VENDOR.submit([])) == []

    def test_renders_in_another_order_go_to_their_own_requests(self):
        made = [
            {"id": "R2", "modelId": "M2", "renderSettings": {"aspect": "1:1"}},
            {"id": "R1", "modelId": "M1", "renderSettings": {}},
        ]
        desk = only({"POST /v1/renders/batch": (201, {"data": made})})
        jobs = desk.run(VENDOR.submit([request(model_id="M1"), request(model_id="M2", aspect="1:1")]))
        assert [job.id for job in jobs] == ["R1", "R2"]

    def test_renders_of_one_model_in_another_order_are_told_apart_by_their_settings(self):
        made = [{"id": "R9", "modelId": "M2"}, {"id": "R2", "modelId": "M1"}, {"id": "R1", "modelId": "M1"}]
        settings = {"R1": {"aspect": "1:1"}, "R2": {"aspect": "9:16"}, "R9": {}}
        table = {
            f"GET /v1/renders/{row['id']}": (200, {"data": {**row, "renderSettings": settings[row["id"]]}})
            for row in made
        }
        desk = only({"POST /v1/renders/batch": (201, {"data": made}), **table})
        wanted = [request(aspect="1:1"), request(aspect="9:16"), request(model_id="M2")]
        assert [job.id for job in desk.run(VENDOR.submit(wanted))] == ["R1", "R2", "R9"]

    @pytest.mark.parametrize(
        "made",
        [
            [],
            [{"id": "R1", "modelId": "M1"}],
            [{"id": "R1", "modelId": "M1"}, {"id": "R1", "modelId": "M2"}],
            [{"id": "R1", "modelId": "M1"}, {"id": "R2", "modelId": "M3", "renderSettings": {}}],
            [{"id": f"R{n}", "modelId": "M1"} for n in range(3)],
        ],
    )
    def test_other_renders_than_asked_for_leave_the_outcome_open(self, made):
        def react(method, path, query, body):
            if method == "POST":
                return 201, {"data": made}
            return 200, {"data": {"id": path.rpartition("/")[2], "modelId": "M1", "renderSettings": {}}}

        with pytest.raises(OutcomeUnknownError, match="asked for 2 renders"):
            Desk(react).run(VENDOR.submit([request(model_id="M1"), request(model_id="M2")]))

    @pytest.mark.parametrize("said", [(429, b""), (401, b""), (503, b"")])
    def test_a_refusal_to_tell_the_paid_renders_apart_leaves_the_outcome_open(self, said):
        made = [{"id": "R2", "modelId": "M2"}, {"id": "R1", "modelId": "M1"}]
        desk = only({"POST /v1/renders/batch": (201, {"data": made}), "GET /v1/renders/R2": said})
        with pytest.raises(OutcomeUnknownError, match=r"R2, R1.*a retry takes them over") as caught:
            desk.run(VENDOR.submit([request(model_id="M1"), request(model_id="M2")]))
        assert caught.value.happened is None

    def test_a_render_without_an_uploaded_model_is_not_sent(self):
        desk = only({})
        with pytest.raises(ModelFileError, match="not uploaded"):
            desk.run(VENDOR.submit([request(model_id=None)]))


def of_model(*renders):
    return only({"GET /v1/models/M1": (200, {"data": {"id": "M1", "renders": list(renders)}})})


def render(name, status="done", at=1, settings=None, **more):
    return {
        "id": name,
        "status": status,
        "renderSettings": {} if settings is None else settings,
        "createdAt": f"2026-02-15T20:00:{at:02}.000Z",
        **more,
    }


def find(desk, wanted, exclude=()):
    existing = desk.run(VENDOR.find_existing(wanted, exclude))
    return existing.job.id if existing.answer is Answerable.FOUND else existing.answer


class TestFindExisting:
    def test_a_render_with_equal_settings_is_taken_over(self):
        desk = of_model(
            render("a", settings={"aspect": "1:1"}), render("b", settings={"aspect": "16:9", "length": 6})
        )
        assert find(desk, request()) == "b"
        assert len(desk.calls) == 1

    def test_the_newest_is_preferred_and_a_finished_one_even_more(self):
        old, new, running = render("old", at=1), render("new", at=2), render("run", "pending", at=3)
        assert find(of_model(old, new, running), request()) == "new"
        assert find(of_model(render("r1", "pending", 1), render("r2", "poster-done", 2)), request()) == "r2"

    @pytest.mark.parametrize(
        "other",
        [
            render("x", "error"),
            render("x", "failed"),
            render("x", is_system_preview=True),
            render("x", settings={"quality": "4k"}),
        ],
    )
    def test_failed_renders_previews_and_others_do_not_count(self, other):
        assert find(of_model(other), request()) is Answerable.ABSENT

    def test_excluded_renders_do_not_count(self):
        assert find(of_model(render("a"), render("b", at=2)), request(), {"b"}) == "a"
        assert find(of_model(render("a")), request(), ["a"]) is Answerable.ABSENT

    def test_a_render_listed_without_settings_is_looked_up(self):
        bare = {"id": "a", "status": "done"}
        desk = only(
            {
                "GET /v1/models/M1": (200, {"data": {"id": "M1", "renders": [bare, {**bare, "id": "gone"}]}}),
                "GET /v1/renders/a": (200, {"data": render("a", settings={"length": 9})}),
                "GET /v1/renders/gone": refusal(404, "render_not_found"),
            }
        )
        assert find(desk, request(length=9)) == "a"

    def test_renders_of_a_deleted_model_are_found_in_the_list(self):
        shelf = Shelf([{**render(f"r{n}", settings={"length": 9}), "modelId": "M1"} for n in range(150)])
        shelf.renders.append({**render("wanted"), "modelId": "M1"})

        def react(method, path, query, body):
            return refusal(404, "model_not_found") if "models" in path else shelf(method, path, query, body)

        assert find(Desk(react), request()) == "wanted"

    def test_a_model_shown_without_its_renders_is_not_taken_for_one_without(self):
        shelf = Shelf([{**render("wanted"), "modelId": "M1"}])

        def react(method, path, query, body):
            return (200, {"data": {"id": "M1"}}) if "models" in path else shelf(method, path, query, body)

        assert find(Desk(react), request()) == "wanted"

    def test_a_vendor_that_cannot_be_asked_is_no_answer(self):
        with pytest.raises(UnavailableError):
            find(always(503, b""), request())


class TestCancel:
    def test_a_running_render_is_deleted(self):
        desk = only(
            {"GET /v1/renders/R": (200, {"data": render("R", "pending")}), "DELETE /v1/renders/R": (204, b"")}
        )
        assert desk.run(VENDOR.cancel(job("R"))) is True
        assert desk.labels == ["GET /v1/renders/R", "DELETE /v1/renders/R"]

    @pytest.mark.parametrize("status", ["done", "error", "failed"])
    def test_a_render_that_has_ended_is_kept(self, status):
        desk = only({"GET /v1/renders/R": (200, {"data": render("R", status)})})
        assert desk.run(VENDOR.cancel(job("R"))) is False

    def test_a_render_that_is_gone_needs_no_cancel(self):
        assert always(*refusal(404, "render_not_found")).run(VENDOR.cancel(job("R"))) is False


def offered(settings, **more):
    desk = always(200, {"data": {"id": "R", "status": "done", "renderSettings": settings, **more}})
    return {output.kind: output for output in desk.run(VENDOR.outputs(job("R")))}


class TestOutputs:
    def test_a_video_offers_its_files(self):
        files = offered({})
        assert {kind: file.name for kind, file in files.items()} == {
            OutputKind.VIDEO: "video.mp4",
            OutputKind.POSTER: "poster.png",
            OutputKind.THUMBNAIL: "thumb.mp4",
            OutputKind.ARCHIVE: "assets.zip",
        }

    def test_the_web_variant_is_offered_where_there_is_one(self):
        assert offered({}, hasWebVariant=True)[OutputKind.WEB_VIDEO].name == "web.mp4"

    def test_a_pro_video_is_a_quicktime_file(self):
        video = offered({"quality": "pro"})[OutputKind.VIDEO]
        assert (video.name, video.media_type) == ("video.mov", "video/quicktime")

    @pytest.mark.parametrize("settings", [{"effect": "dataset"}, {"output": "dataset"}])
    def test_a_dataset_is_one_zip(self, settings):
        files = offered(settings)
        assert [file.name for file in files.values()] == ["dataset.zip"]
        assert files.keys() <= VENDOR.default_outputs

    def test_every_file_can_be_located_without_a_call(self):
        desk = only({})
        files = {**offered({}, hasWebVariant=True), **offered({"effect": "dataset"})}
        fetches = {kind: desk.run(VENDOR.locate(file)) for kind, file in files.items()}
        assert {kind: (fetch.path, fetch.query.get("quality")) for kind, fetch in fetches.items()} == {
            OutputKind.VIDEO: ("/v1/renders/R/video", None),
            OutputKind.WEB_VIDEO: ("/v1/renders/R/video", "web"),
            OutputKind.POSTER: ("/v1/renders/R/poster", "full"),
            OutputKind.THUMBNAIL: ("/v1/renders/R/thumb", None),
            OutputKind.ARCHIVE: ("/v1/renders/R/bundle", None),
            OutputKind.DATASET: ("/v1/renders/R/bundle", None),
        }
        assert all(files[kind].media_type in fetch.media_types for kind, fetch in fetches.items())

    def test_the_assumed_path_of_datasets_can_be_corrected(self):
        moved = DxglVendor("https://api.dx.gl", "t", {"dataset_path": "/v1/datasets/{id}.zip"})
        dataset = offered({"effect": "dataset"})[OutputKind.DATASET]
        assert only({}).run(moved.locate(dataset)).path.corrected(moved.paths) == "/v1/datasets/R.zip"


@pytest.mark.parametrize(("told", "left"), [(47, Decimal(47)), (0.5, Decimal("0.5")), (None, None)])
def test_the_account_tells_its_credits(told, left):
    desk = always(200, {"data": {"id": "Ab3k", "email": "a@b.example", "credits": told}})
    assert desk.run(VENDOR.account()) == Account("Ab3k", left)


def test_the_portal_is_a_page_for_people():
    assert VENDOR.portal_url(job("R")) == "https://dx.gl/portal"


def test_a_batch_answered_in_another_order_still_delivers_the_wanted_pictures():
    wide, square = {"aspect": "16:9"}, {"aspect": "1:1"}
    renders = [
        {"id": "R1", "modelId": "M1", "status": "done", "renderSettings": square},
        {"id": "R2", "modelId": "M1", "status": "done", "renderSettings": wide},
    ]
    desk = only(
        {
            "GET /v1/renders/R1": (200, {"data": renders[0]}),
            "GET /v1/models/M1": (200, {"data": {"id": "M1", "renders": renders}}),
        }
    )
    outputs = desk.run(VENDOR.outputs(RenderJob("dxgl", "R1", "M1", wide)))
    assert {output.ref["render"] for output in outputs} == {"R2"}
