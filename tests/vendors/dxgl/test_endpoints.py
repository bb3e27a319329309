from __future__ import annotations

import pytest

from airflow_provider_render.core.calls import Effect
from airflow_provider_render.vendors.dxgl import endpoints
from tests.vendors.desk import Bytes, answer
from tests.vendors.dxgl.desk import Desk

PAGE = {"limit": 100, "offset": 0}
CHAIR = Bytes("chair.glb")
ORDERS = [("M1", {"aspect": "1:1"}), ("M2", None)]
BATCH = {"renders": [{"modelId": "M1", "renderSettings": {"aspect": "1:1"}}, {"modelId": "M2"}]}
NOTHING: dict[str, str] = {}

CALLS = [
    (endpoints.upload_model(CHAIR), "POST /v1/models", Effect.PAID, NOTHING, None),
    (
        endpoints.ingest_model("https://a.example/c.glb", {"aspect": "16:9"}),
        "POST /v1/models/ingest",
        Effect.PAID,
        NOTHING,
        {"url": "https://a.example/c.glb", "renderSettings": {"aspect": "16:9"}},
    ),
    (
        endpoints.list_models(tags=["chair", "oak"], limit=10, offset=20),
        "GET /v1/models",
        Effect.REPEATABLE,
        {"limit": 10, "offset": 20, "tags": "chair,oak"},
        None,
    ),
    (endpoints.get_model("M1"), "GET /v1/models/M1", Effect.REPEATABLE, NOTHING, None),
    (
        endpoints.update_model("M1", sku="EC-1", tags=()),
        "PATCH /v1/models/M1",
        Effect.REPEATABLE,
        NOTHING,
        {"sku": "EC-1", "tags": []},
    ),
    (endpoints.archive_model("M1"), "PATCH /v1/models/M1/archive", Effect.REPEATABLE, NOTHING, None),
    (endpoints.unarchive_model("M1"), "PATCH /v1/models/M1/unarchive", Effect.REPEATABLE, NOTHING, None),
    (endpoints.delete_model("M1"), "DELETE /v1/models/M1", Effect.REPEATABLE, NOTHING, None),
    (
        endpoints.check_hash("AB12"),
        "POST /v1/models/check-hash",
        Effect.REPEATABLE,
        NOTHING,
        {"sha256": "ab12"},
    ),
    (
        endpoints.create_render("M1", {"length": 9}),
        "POST /v1/renders",
        Effect.PAID,
        NOTHING,
        {"modelId": "M1", "renderSettings": {"length": 9}},
    ),
    (endpoints.create_renders(ORDERS), "POST /v1/renders/batch", Effect.PAID, NOTHING, BATCH),
    (endpoints.quote(ORDERS), "POST /v1/quote", Effect.REPEATABLE, NOTHING, BATCH),
    (
        endpoints.list_renders(model="M1", status="done"),
        "GET /v1/renders",
        Effect.REPEATABLE,
        {"model": "M1", "status": "done", **PAGE},
        None,
    ),
    (endpoints.get_render("R1"), "GET /v1/renders/R1", Effect.REPEATABLE, NOTHING, None),
    (endpoints.dismiss_render("R1"), "PATCH /v1/renders/R1/dismiss", Effect.REPEATABLE, NOTHING, None),
    (endpoints.delete_render("R1"), "DELETE /v1/renders/R1", Effect.REPEATABLE, NOTHING, None),
    (endpoints.upload_overlay(Bytes("sky.webp")), "POST /v1/overlays", Effect.ONCE, NOTHING, None),
    (
        endpoints.list_overlays(layer="background"),
        "GET /v1/overlays",
        Effect.REPEATABLE,
        {"layer": "background"},
        None,
    ),
    (endpoints.delete_overlay("O1"), "DELETE /v1/overlays/O1", Effect.REPEATABLE, NOTHING, None),
    (endpoints.get_account(), "GET /v1/account", Effect.REPEATABLE, NOTHING, None),
    (endpoints.health(), "GET /v1/health", Effect.REPEATABLE, NOTHING, None),
]


@pytest.mark.parametrize(("call", "label", "effect", "query", "body"), CALLS, ids=[row[1] for row in CALLS])
def test_an_endpoint_is_called_as_documented(call, label, effect, query, body):
    assert (call.label, call.effect, call.query, call.json) == (label, effect, query, body)


FILES = [
    (endpoints.model_file("M1"), "/v1/models/M1/file", NOTHING, False),
    (endpoints.video("R1"), "/v1/renders/R1/video", {"quality": None}, True),
    (endpoints.video("R1", "web"), "/v1/renders/R1/video", {"quality": "web"}, True),
    (endpoints.poster("R1"), "/v1/renders/R1/poster", {"quality": "full"}, False),
    (endpoints.poster("R1", None), "/v1/renders/R1/poster", {"quality": None}, False),
    (endpoints.thumbnail("R1"), "/v1/renders/R1/thumb", NOTHING, True),
    (endpoints.bundle("R1"), "/v1/renders/R1/bundle", NOTHING, False),
]


@pytest.mark.parametrize(("fetch", "path", "query", "resumable"), FILES)
def test_a_file_is_fetched_as_documented(fetch, path, query, resumable):
    assert (fetch.path, fetch.query, fetch.resumable) == (path, query, resumable)


def test_a_model_is_uploaded_as_a_multipart_form_with_its_settings():
    call = endpoints.upload_model(CHAIR, {"aspect": "1:1", "shadows": False})
    (part,) = call.files
    assert (part.field, part.source, part.media_type) == ("file", CHAIR, "model/gltf-binary")
    assert call.form == {"renderSettings": '{"aspect": "1:1", "shadows": false}'}


def test_an_upload_without_settings_leaves_them_to_the_vendor():
    assert endpoints.upload_model(CHAIR).form == {}


def test_an_overlay_says_only_what_was_given():
    call = endpoints.upload_overlay(Bytes("sky.PNG"), layer="foreground", name="Sky")
    assert call.form == {"layer": "foreground", "name": "Sky"}
    assert call.files[0].media_type == "image/png"


def test_an_id_cannot_lead_to_another_path():
    assert endpoints.get_render("../account?x=1").path == "/v1/renders/..%2Faccount%3Fx%3D1"


@pytest.mark.parametrize("body", [b"", b'{"data": {"id": "M1"}}', b'{"data": {"deleted": true}}', b"ok"])
@pytest.mark.parametrize(
    "call",
    [
        endpoints.delete_model("M1"),
        endpoints.delete_render("R1"),
        endpoints.archive_model("M1"),
        endpoints.dismiss_render("R1"),
        endpoints.delete_overlay("O1"),
    ],
    ids=lambda call: call.label,
)
def test_the_undocumented_answer_to_a_deletion_may_be_anything(call, body):
    assert call.parse(answer(200, body)) is None


def test_a_changed_model_is_read_where_the_vendor_shows_it():
    call = endpoints.update_model("M1", title="Chair")
    assert call.parse(answer(204, b"")) is None
    assert call.parse(answer(200, {"data": {"id": "M1", "title": "Chair"}})).title == "Chair"


def models(method, path, query, body):
    rows = [{"id": f"m{number}"} for number in range(250)][query["offset"] :][: query["limit"]]
    return 200, {"data": rows, "meta": {"total": 250, "offset": query["offset"], "limit": query["limit"]}}


def test_all_models_are_read_page_by_page():
    desk = Desk(models)
    assert [model.id for model in desk.run(endpoints.all_models())] == [f"m{n}" for n in range(250)]
    assert [call.query["offset"] for call in desk.calls] == [0, 100, 200]


def test_reading_a_list_ends_where_the_vendor_ignores_the_offset():
    same = [{"id": f"r{number}"} for number in range(100)]
    desk = Desk(lambda *call: (200, {"data": same}))
    assert len(desk.run(endpoints.all_renders())) == 100
    assert len(desk.calls) == 2


def test_a_smaller_page_than_asked_for_is_not_taken_for_the_last():
    def capped(method, path, query, body):
        rows = [{"id": f"r{number}"} for number in range(120)][query["offset"] :][:50]
        return 200, {"data": rows, "meta": {"limit": 50}}

    assert len(Desk(capped).run(endpoints.all_renders())) == 120
