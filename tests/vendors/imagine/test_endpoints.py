"""Each call is described as the vendor's collection has it."""

from __future__ import annotations

import pytest

from airflow_provider_render.core.calls import Effect
from airflow_provider_render.core.errors import RenderInputError, UnexpectedAnswerError
from airflow_provider_render.vendors.imagine import endpoints
from airflow_provider_render.vendors.imagine.answers import PresignedForm
from tests.vendors.desk import Bytes
from tests.vendors.imagine.account import UNICODE, Desk, listed, product

ONE = f"/v1/product/details/{UNICODE}/"


@pytest.mark.parametrize(
    ("call", "label", "effect", "credential"),
    [
        (endpoints.create_product("a.glb"), "POST /v1/product/details/", Effect.ONCE, ""),
        (endpoints.mark_uploaded(UNICODE), f"PATCH {ONE}", Effect.REPEATABLE, ""),
        (endpoints.update_product(UNICODE, name="x"), f"PATCH {ONE}", Effect.REPEATABLE, ""),
        (endpoints.list_products(), "GET /v1/product/details/", Effect.REPEATABLE, "public"),
        (endpoints.delete_product(UNICODE), f"DELETE {ONE}", Effect.REPEATABLE, ""),
        (endpoints.create_job(UNICODE, ["ar"]), "POST /v1/product/job/", Effect.PAID, ""),
        (endpoints.get_status(sku_id="S"), "GET /v1/product/status/", Effect.REPEATABLE, "public"),
        (
            endpoints.get_shared_content(gtin="1"),
            "GET /v1/product/shared-content/",
            Effect.REPEATABLE,
            "public",
        ),
        (
            endpoints.archive_images(UNICODE, [1]),
            "PATCH /v1/product/render-content/archive/",
            Effect.REPEATABLE,
            "",
        ),
        (endpoints.create_images(1, [2], []), "POST /v1/product/create-images/", Effect.PAID, ""),
        (endpoints.list_render_images(), "GET /v1/product/render-images/", Effect.REPEATABLE, "public"),
        (
            endpoints.get_zapier_token("sessionid=1"),
            "GET /users/api/v3/zapier/token/",
            Effect.REPEATABLE,
            "zapier-session",
        ),
        (endpoints.verify_zapier_token(), "GET /users/api/v3/token/verify/", Effect.REPEATABLE, "zapier"),
        (
            endpoints.list_zapier_images(),
            "GET /rendering-system/api/v3/images-render-detail-zapier/",
            Effect.REPEATABLE,
            "zapier",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_call_has_its_documented_path_and_goes_with_its_credential(call, label, effect, credential):
    assert (call.label, call.effect, call.credential) == (label, effect, credential)


def test_a_product_is_created_by_a_form_of_what_is_given():
    call = endpoints.create_product("a.glb", name="A", sku_id="S", thumbnail_name="a.png")
    assert call.form == {
        "prop_data_user_file_name": "a.glb",
        "name": "A",
        "sku_id": "S",
        "thumbnail_name": "a.png",
    }
    assert call.json is None


def test_a_file_is_posted_with_all_fields_before_it():
    form = PresignedForm(url="https://bucket.example/", fields={"key": "k", "policy": "p"})
    call = endpoints.send_file(form, Bytes("a.png"))
    assert (call.label, call.form) == ("POST https://bucket.example/", {"key": "k", "policy": "p"})
    assert [(part.field, part.media_type) for part in call.files] == [("file", "image/png")]


def test_a_change_holds_only_what_is_given():
    assert endpoints.update_product(UNICODE, sku_id="S").form == {"sku_id": "S"}
    with pytest.raises(RenderInputError, match="nothing to change"):
        endpoints.update_product(UNICODE)


def test_an_upload_is_marked_by_json():
    assert endpoints.mark_uploaded(UNICODE).json == {"action": "mark_upload_success"}


def test_a_job_names_types_as_the_vendor_does():
    assert endpoints.create_job(UNICODE, ["360", "ar", "silo", "viewer"]).json == {
        "product": UNICODE,
        "job_detail_list": [
            {"req_type": "360_degree_spin"},
            {"req_type": "ar"},
            {"req_type": "Product Image", "image_type": "silo"},
            {"req_type": "3d_model_viewer"},
        ],
    }


def test_a_scene_render_is_ordered_as_documented():
    placed = {"sku_id": "S", "position": [0, 0, 0]}
    assert endpoints.create_images(7550, [1, 2], [placed], units="cm").json == {
        "scene_id": 7550,
        "cameras_to_render": [1, 2],
        "units": "cm",
        "products": [placed],
    }
    assert "units" not in endpoints.create_images(7550, [1], [placed]).json


def test_pictures_are_archived_and_brought_back():
    call = endpoints.archive_images(UNICODE, (117076,), archive=False)
    assert call.json == {"ids": [117076], "is_archive": False, "unicode": UNICODE}


@pytest.mark.parametrize("ask", [endpoints.get_status, endpoints.get_shared_content])
def test_a_question_about_no_product_is_not_sent(ask):
    with pytest.raises(RenderInputError, match="say which product"):
        ask()


def test_an_id_cannot_lead_elsewhere():
    assert endpoints.delete_product("../job").path == "/v1/product/details/..%2Fjob/"


def test_a_list_is_read_by_its_links_on_the_connections_own_host():
    def linked(number):
        return f"http://staging-api.imagine.io/v1/product/details/?sku_id=A%20B&page={number}"

    rows = [product(unicode=f"u{number}") for number in range(5)]
    desk = Desk(
        {
            "GET /v1/product/details/": [
                listed(*rows[:2], next_link=linked(2)),
                listed(*rows[1:4], next_link=linked(3)),
                listed(rows[4]),
            ]
        }
    )
    found = desk.run(endpoints.all_products(sku_id="A B"))
    assert [one.unicode for one in found] == ["u0", "u1", "u2", "u3", "u4"]
    assert {call.path for call in desk.calls} == {"/v1/product/details/"}
    assert [call.query.get("page") for call in desk.calls] == [None, "2", "3"]
    assert {call.query["sku_id"] for call in desk.calls} == {"A B"}


@pytest.mark.parametrize(("rows", "calls"), [((), 1), (({"id": 1},), 2)])
def test_a_list_that_leads_on_without_anything_new_is_given_up(rows, calls):
    page = listed(*rows, next_link="http://x/?render_id=1&page=2")
    desk = Desk({"GET /v1/product/render-images/": page})
    with pytest.raises(UnexpectedAnswerError, match="nothing that was not read"):
        desk.run(endpoints.all_render_images(render_id=1))
    assert len(desk.calls) == calls
