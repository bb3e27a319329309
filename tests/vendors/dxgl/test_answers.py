from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_render.vendors.dxgl import endpoints
from tests.vendors.desk import Bytes, answer

UPLOAD = endpoints.upload_model(Bytes("chair.glb"))
RENDER = {
    "id": "Xz7p",
    "modelId": "Ab3k",
    "status": "done",
    "renderSettings": {"aspect": "16:9"},
    "fileSize": 2457600,
    "errorMessage": None,
    "hasWebVariant": True,
    "createdAt": "2026-02-15T20:00:01.000Z",
    "updatedAt": "2026-02-15T20:01:30.000Z",
}


def test_a_render_is_read_as_documented():
    render = endpoints.get_render("Xz7p").parse(answer(200, {"data": RENDER}))
    assert (render.model_id, render.status, render.file_size) == ("Ab3k", "done", 2457600)
    assert (render.has_web_variant, render.render_settings) == (True, {"aspect": "16:9"})
    assert render.created_at == datetime(2026, 2, 15, 20, 0, 1, tzinfo=UTC)


def test_a_render_may_lack_all_but_its_id():
    render = endpoints.get_render("Xz7p").parse(answer(200, {"data": {"id": 7}}))
    assert (render.id, render.status, render.render_settings, render.created_at) == ("7", None, None, None)


def test_what_the_vendor_adds_is_kept():
    render = endpoints.get_render("x").parse(answer(200, {"data": {**RENDER, "gpuSeconds": 41}}))
    assert render.model_extra == {"gpuSeconds": 41}


@pytest.mark.parametrize("moment", ["soon", None, {}, "2026-13-01T00:00:00Z"])
def test_a_moment_that_cannot_be_read_is_none(moment):
    render = endpoints.get_render("x").parse(answer(200, {"data": {"id": "x", "createdAt": moment}}))
    assert render.created_at is None


def test_a_model_shows_which_renders_are_previews():
    body = {"id": "M1", "tags": None, "renders": [{"id": "a", "is_system_preview": True}, {"id": "b"}]}
    model = endpoints.get_model("M1").parse(answer(200, {"data": body}))
    assert [render.is_system_preview for render in model.renders] == [True, False]
    assert model.tags == ()


def test_a_render_of_which_all_but_the_id_is_null_is_read():
    render = endpoints.get_render("x").parse(
        answer(200, {"data": {**dict.fromkeys(RENDER), "id": "x", "is_system_preview": None}})
    )
    assert (render.status, render.file_size, render.is_system_preview) == (None, None, False)


@pytest.mark.parametrize("body", [{"data": {"success": True}}, {"data": None}, {"success": True}, []])
def test_a_change_of_a_model_needs_no_model_in_its_answer(body):
    assert endpoints.update_model("M1", sku="S").parse(answer(200, body)) is None


@pytest.mark.parametrize(
    ("body", "duplicate"),
    [
        ({"data": {"modelId": "M", "renderId": "R"}}, False),
        ({"data": {"modelId": "M", "renderId": "R", "duplicate": True}}, True),
        ({"data": {"modelId": "M", "renderId": "R"}, "duplicate": True}, True),
        ({"data": {"modelId": "M", "renderId": "R", "duplicate": None}}, False),
    ],
)
def test_a_duplicate_is_told_inside_data_or_beside_it(body, duplicate):
    upload = UPLOAD.parse(answer(201, body))
    assert (upload.model_id, upload.render_id, upload.duplicate) == ("M", "R", duplicate)


def test_an_unknown_hash_needs_no_model_id():
    known = endpoints.check_hash("ab").parse(answer(200, {"data": {"exists": False}}))
    assert (known.exists, known.model_id) == (False, None)


def test_a_list_without_meta_is_read():
    page = endpoints.list_renders(offset=50).parse(answer(200, {"data": [RENDER]}))
    assert (len(page.items), page.total, page.offset, page.limit) == (1, None, 50, None)


@pytest.mark.parametrize("body", [[], {}, {"result": {}}, {"data": None}, {"data": [RENDER]}, {"data": {}}])
def test_a_render_in_another_envelope_is_unexpected(body):
    with pytest.raises(ValueError):
        endpoints.get_render("x").parse(answer(200, body))


@pytest.mark.parametrize("body", [{"data": {}}, {"data": {"modelId": "M"}}, {"data": "M"}])
def test_an_upload_that_names_no_render_is_unexpected(body):
    with pytest.raises((ValueError, TypeError)):
        UPLOAD.parse(answer(201, body))


def test_a_list_that_is_none_is_unexpected():
    with pytest.raises(ValueError, match="not a list"):
        endpoints.list_renders().parse(answer(200, {"data": {"renders": []}}))
