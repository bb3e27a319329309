"""What every answer carries, restated from the vendor's collection."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox.imagine.running import ARCHIVE, CREATE_IMAGES, DETAILS, JOB, RENDER_IMAGES, SHARED, STATUS

ENVELOPE = {"status", "data", "message", "api_hits_available"}
PAGE = {
    "next_link", "previous_link", "first_page_link", "last_page_link", "current_page_link",
    "current_page_number", "total_pages", "count", "results",
}  # fmt: skip
PRODUCT = {"unicode", "gtin", "name", "main_asset_name", "sku_id", "created_at"}
FORM_FIELDS = {"key", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "policy", "x-amz-signature"}
UPLOADS = {
    "presigned_url_prop_user_file", "presigned_data_prop_user_file", "presigned_url_thumbnail",
    "presigned_data_thumbnail",
}  # fmt: skip
STATUSES = {
    "product_ar_status", "product_3d_status", "product_silo_images_status", "product_threesixty_status",
}  # fmt: skip
CONTENT = {
    "unicode", "gtin", "sku_id", "salsify_id", "name", "main_asset_name", "thumbnail_url", "product_3d",
    "product_ar", "product_threesixty", "product_silo_images", "api_hits_available",
}  # fmt: skip
IMAGE = {
    "id", "angle_name", "file", "filmic_file", "color_pass_file", "thumbnail", "filmic_thumbnail", "status",
}  # fmt: skip
ZAPIER_IMAGE = {
    "id", "angle_name", "image_name", "file", "filmic_file", "color_pass_file", "tags", "updated_at",
    "created_at",
}  # fmt: skip
ZAPIER_IMAGES = "/rendering-system/api/v3/images-render-detail-zapier/"


@pytest.fixture
def created(waiting) -> httpx.Response:
    """The answer to Create Product."""
    names = {"prop_data_user_file_name": "suit.glb", "thumbnail_name": "suit.png"}
    return waiting.api.post(DETAILS, data=names)


def test_create_product(created):
    data = created.json()["data"]
    assert (created.status_code, created.json().keys()) == (201, ENVELOPE)
    assert data.keys() == PRODUCT | {"upload_status"} | UPLOADS
    for form in (data["presigned_url_prop_user_file"], data["presigned_url_thumbnail"]):
        assert (form.keys(), form["fields"].keys()) == ({"url", "fields"}, FORM_FIELDS)


def test_mark_upload_success_and_update(waiting):
    product = waiting.product()
    assert product.keys() == PRODUCT | {"id", "upload_status"}
    updated = waiting.api.patch(f"{DETAILS}{product['unicode']}/", data={"name": "x"}).json()
    assert (updated.keys(), updated["data"].keys()) == (ENVELOPE, PRODUCT | {"upload_status"})


def test_list_products(waiting, created):
    page = waiting.api.get(DETAILS).json()
    assert page.keys() == PAGE | {"api_hits_available"}
    assert page["results"][0].keys() == PRODUCT


def test_delete_product(waiting, created):
    deleted = waiting.api.delete(f"{DETAILS}{created.json()['data']['unicode']}/")
    assert (deleted.status_code, deleted.json().keys()) == (200, ENVELOPE)
    assert deleted.json()["data"].keys() == {"unicode"}


def test_content_job(waiting):
    answer = waiting.order(waiting.product()["unicode"])
    assert (answer.status_code, answer.json().keys()) == (202, ENVELOPE)
    assert answer.json()["data"].keys() == {"unicode"}


def test_content_status(studio):
    assert studio.status.keys() == PRODUCT | STATUSES | {"api_hits_available"}
    assert {frozenset(each) for each in studio.status["product_silo_images_status"]} == {
        frozenset({"id", "name", "status"})
    }
    assert studio.status["product_threesixty_status"][0].keys() == {"id", "status"}


def test_shared_content(quick, studio):
    content = quick.api.get(SHARED, params={"unicode": studio.product["unicode"]}).json()
    assert content.keys() == CONTENT
    assert content["product_silo_images"][0].keys() == {"id", "name", "image_url", "thumbnail_url"}


def test_archive(quick, studio):
    body = {"ids": [1], "is_archive": False, "unicode": studio.product["unicode"]}
    answer = quick.api.patch(ARCHIVE, json=body)
    assert (answer.status_code, answer.json().keys()) == (200, ENVELOPE)
    assert answer.json()["data"].keys() == {"updated_count", "ids"}


def test_create_images(waiting):
    answer = waiting.place(waiting.product()["sku_id"])
    assert (answer.status_code, answer.json().keys()) == (202, ENVELOPE)
    assert answer.json()["data"].keys() == {"render_id", "sku_ids"}


def test_render_images(quick, studio):
    page = quick.images(render_id=studio.render_id)
    assert page.keys() == PAGE | {"api_hits_available"}
    assert page["results"][0].keys() == IMAGE


def test_zapier_images(quick, studio):
    headers = {"Authorization": f"Zapier {quick.ready['zapier_token']}"}
    page = quick.anonymous.get(ZAPIER_IMAGES, headers=headers).json()
    assert page.keys() == PAGE
    assert page["results"][0].keys() == ZAPIER_IMAGE


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", DETAILS), ("POST", JOB), ("PATCH", ARCHIVE), ("POST", CREATE_IMAGES), ("GET", STATUS)],
)
def test_a_validation_error_has_the_envelope_with_nothing_in_it(waiting, method, path):
    answer = waiting.api.request(method, path)
    assert (answer.status_code, answer.json().keys()) == (400, ENVELOPE)
    assert (answer.json()["status"], answer.json()["data"]) == (False, {})


@pytest.mark.parametrize("path", [DETAILS, STATUS, SHARED, RENDER_IMAGES])
def test_an_unauthorized_call_is_told_only_that(waiting, path):
    answer = waiting.anonymous.get(path, headers={"Authorization": "Imagine-key sk_no", "Origin": "x"})
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid API key."})
