"""The vendor's sample answers are read whole, and what is added or left out does no harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from airflow_provider_render.core.answers import one
from airflow_provider_render.vendors.imagine import answers
from airflow_provider_render.vendors.imagine.answers import (
    Archived,
    ContentStatus,
    NewProduct,
    Page,
    Product,
    ProductState,
    RenderAccepted,
    RenderImage,
    SharedContent,
    ZapierImage,
    ZapierToken,
    ZapierUser,
)
from tests.vendors.desk import answer

INDIA = timezone(timedelta(hours=5, minutes=30))
SIGNED = "https://media.imagine.io/a.jpg?Expires=1&Signature=hidden-signature&Key-Pair-Id=K"
CREATED = {
    "status": True,
    "data": {
        "unicode": "ddd233ee",
        "gtin": "3210987654321",
        "name": "Astronaut Space Suit Model",
        "main_asset_name": "astronaut_suit",
        "sku_id": "SKU-1",
        "created_at": "2026-04-21T12:00:00.000000+05:30",
        "upload_status": "1",
        "presigned_url_prop_user_file": {
            "url": "https://S3_BUCKET_URL/",
            "fields": {"key": "media/private/prop_data_astronaut.glb", "policy": "hidden-policy"},
        },
        "presigned_data_prop_user_file": "/media/prop.glb?X-Amz-Signature=hidden-signature",
        "presigned_url_thumbnail": {"url": "https://S3_BUCKET_URL/", "fields": {"key": "media/t.png"}},
        "presigned_data_thumbnail": "/media/t.png?X-Amz-Signature=hidden-signature",
        "presigned_url_of_tomorrow": "https://S3_BUCKET_URL/?sig=hidden-signature",
    },
    "message": "Product created successfully",
    "api_hits_available": 995,
}


def test_a_created_product_says_where_its_files_go():
    made = answers.enveloped(NewProduct)(answer(201, CREATED))
    assert (made.unicode, made.upload_status, made.api_hits_available) == ("ddd233ee", "1", 995)
    assert made.message == "Product created successfully"
    assert made.created_at == datetime(2026, 4, 21, 12, tzinfo=INDIA)
    assert made.presigned_url_prop_user_file.fields["policy"] == "hidden-policy"
    assert made.presigned_url_thumbnail.url == "https://S3_BUCKET_URL/"


def test_presigned_addresses_do_not_show_in_a_repr():
    made = answers.enveloped(NewProduct)(answer(201, CREATED))
    assert "hidden" not in repr(made)
    assert "BUCKET" not in repr(made)
    assert "presigned_url_of_tomorrow" in made.model_extra
    shared = one(SharedContent)(answer(200, {"unicode": "u", "thumbnail_url": SIGNED}))
    assert "hidden" not in repr(shared)


def test_a_broken_answer_is_told_without_its_content():
    body = {"data": {"presigned_url_prop_user_file": {"url": SIGNED}}}
    with pytest.raises(ValidationError) as caught:
        answers.enveloped(NewProduct)(answer(201, body))
    assert "hidden" not in str(caught.value)


def test_a_changed_product_has_its_number_and_upload_status():
    body = {"status": True, "data": {"id": 73891, "unicode": "u", "upload_status": 2}, "message": "m"}
    state = answers.enveloped(ProductState)(answer(200, body))
    assert (state.id, state.upload_status, state.api_hits_available) == (73891, "2", None)


def test_a_status_has_every_type():
    body = {
        "unicode": "ddd2",
        "created_at": "2026-02-16T16:39:49.974021",
        "product_ar_status": "Done",
        "product_3d_status": None,
        "product_silo_images_status": [{"id": 29594794, "name": "Silo Leaf - Silo Cam", "status": "Done"}],
        "product_threesixty_status": [{"id": 5025, "status": "Processing"}],
        "api_hits_available": 982,
    }
    status = one(ContentStatus)(answer(200, body))
    assert (status.product_ar_status, status.product_3d_status) == ("Done", None)
    assert [entry.id for entry in status.product_silo_images_status] == [29594794]
    assert status.product_threesixty_status[0].status == "Processing"
    assert status.created_at.tzinfo is UTC


@pytest.mark.parametrize(("given", "words"), [(None, []), ([], []), ("Disabled", ["Disabled"])])
def test_null_and_a_word_alone_stand_for_a_list(given, words):
    status = ContentStatus.model_validate({"unicode": "u", "product_silo_images_status": given})
    assert [entry.status for entry in status.product_silo_images_status] == words


def test_shared_content_has_pages_and_pictures():
    body = {
        "unicode": "u",
        "salsify_id": None,
        "product_3d": "https://app.imagine.io/product/public/3d-viewer/v2/4000f841",
        "product_ar": None,
        "product_silo_images": [{"id": 1, "name": "n", "image_url": SIGNED, "thumbnail_url": SIGNED}],
    }
    shared = one(SharedContent)(answer(200, body))
    assert shared.product_3d.endswith("4000f841")
    assert shared.product_silo_images[0].image_url == SIGNED


def test_a_page_of_images_is_read_with_its_links():
    body = {
        "next_link": "http://staging-api.imagine.io/v1/product/render-images/?render_id=823150&page=2",
        "count": 21,
        "total_pages": 2,
        "current_page_number": 1,
        "results": [{"id": 2032529, "angle_name": "cam 2", "file": None, "status": "Not Done"}],
        "api_hits_available": 955,
    }
    page = one(Page[RenderImage])(answer(200, body))
    assert (page.count, page.total_pages, page.api_hits_available) == (21, 2, 955)
    assert (page.results[0].key, page.results[0].status) == ("2032529", "Not Done")


def test_the_other_answers_are_read():
    accepted = {"data": {"render_id": 2281539, "sku_ids": ["ASTRONAUT-1"]}, "api_hits_available": 995}
    assert answers.enveloped(RenderAccepted)(answer(202, accepted)).render_id == 2281539
    archived = {"data": {"updated_count": 1, "ids": [117076]}, "message": "m"}
    assert answers.enveloped(Archived)(answer(200, archived)).ids == (117076,)
    assert one(ZapierUser)(answer(200, {"id": 17625, "name": "imagine's team"})).id == 17625
    zapier = {"id": 1, "image_name": "n", "tags": ["0"], "updated_at": "2025-01-28T20:10:08.102076+05:30"}
    assert ZapierImage.model_validate(zapier).tags == ("0",)
    assert Product.model_validate({"unicode": "u", "gtin": 3210987654321}).gtin == "3210987654321"


def test_a_zapier_token_is_kept_from_view():
    token = answers.enveloped(ZapierToken)(answer(200, {"data": {"api_key": "hidden-token"}}))
    assert "hidden" not in repr(token)
    assert token.api_key.get_secret_value() == "hidden-token"


def test_a_deletion_may_be_answered_by_nothing():
    assert answers.confirmed("u")(answer(204, b"")).unicode == "u"
    body = {"data": {"unicode": "v"}, "message": "Will be deleted on 2026-02-06"}
    assert answers.confirmed("u")(answer(200, body)).message == "Will be deleted on 2026-02-06"


@pytest.mark.parametrize("body", [[], {}, {"data": []}, {"status": True, "message": "x"}])
def test_an_answer_without_its_envelope_is_not_taken(body):
    with pytest.raises(ValueError, match="no 'data'"):
        answers.enveloped(RenderAccepted)(answer(200, body))


@pytest.mark.parametrize("hits", [None, "many", {}])
def test_a_balance_that_cannot_be_read_is_none(hits):
    assert Product.model_validate({"unicode": "u", "api_hits_available": hits}).api_hits_available is None
