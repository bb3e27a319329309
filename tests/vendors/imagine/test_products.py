"""Products by their SKU: found by the mark of their bytes, made, put aside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airflow_provider_render.core.errors import ModelFileError, RejectedError, RenderInputError
from airflow_provider_render.vendors.imagine import products
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor
from tests.sandbox.shapes import glb
from tests.vendors.desk import Bytes
from tests.vendors.imagine.account import (
    MARK,
    MODEL,
    OTHER,
    UNICODE,
    VENDOR,
    Desk,
    data,
    listed,
    product,
    refused,
    request,
)

LIST, CREATE = "GET /v1/product/details/", "POST /v1/product/details/"
CHANGE = f"PATCH /v1/product/details/{UNICODE}/"
MARK_NEW = "PATCH /v1/product/details/new/"
STORAGE, SMALL = "POST https://bucket.example/", "POST https://bucket.example/small"
FORM = {"url": "https://bucket.example/", "fields": {"key": "k"}}
MADE = data(201, unicode="new", presigned_url_prop_user_file=FORM)
TAKEN = refused(400, "Sku id already exists.")
POLICIES = {
    name: ImagineVendor("https://api.imagine.io", "sk_x", "shop.example", foreign=name)
    for name in ("fail", "adopt", "replace")
}
FOREIGN = product(main_asset_name="astronaut_suit")


def find(desk, wanted, policy="fail"):
    found = desk.run(POLICIES[policy].find_model(wanted))
    return found.model_id if found else None


class TestFind:
    def test_a_product_with_the_models_mark_is_it_if_its_files_are_there(self):
        desk = Desk({LIST: listed(product()), CHANGE: data(unicode=UNICODE, upload_status="2")})
        assert find(desk, request(None)) == UNICODE
        assert desk.calls[0].query["sku_id"] == "CHR-1"
        assert desk.calls[1].form == {"name": "Chair"}

    def test_a_product_that_an_earlier_run_noted_is_trusted(self):
        desk = Desk({LIST: listed(product())})
        assert find(desk, request(UNICODE)) == UNICODE
        assert find(Desk({LIST: listed(FOREIGN)}), request(UNICODE)) == UNICODE

    @pytest.mark.parametrize(
        "answer", [listed(), refused(404, "Not found."), listed(product(sku_id="CHR-10"))]
    )
    def test_without_a_product_of_that_sku_there_is_none(self, answer):
        assert find(Desk({LIST: answer}), request(None)) is None

    def test_a_product_of_other_bytes_is_not_it_and_is_left_alone(self):
        desk = Desk({LIST: listed(product())})
        assert find(desk, request(None, OTHER)) is None
        assert find(desk, request(UNICODE, OTHER)) is None
        assert set(desk.labels) == {LIST}

    def test_a_product_whose_upload_was_cut_off_gives_its_sku_away_and_stays(self):
        desk = Desk({LIST: listed(product()), CHANGE: data(unicode=UNICODE, upload_status="1")})
        assert find(desk, request(None)) is None
        assert desk.labels == [LIST, CHANGE, CHANGE]
        assert desk.calls[2].form == {"sku_id": "CHR-1~ddd233ee"}

    def test_the_sku_is_the_files_name_where_the_catalog_has_none(self):
        desk = Desk({LIST: listed()})
        find(desk, request(None, sku=None))
        assert desk.calls[0].query["sku_id"] == "chair"

    def test_without_sku_and_name_nothing_is_sent(self):
        nameless = replace(MODEL, source=Bytes(" "))
        desk = Desk({})
        with pytest.raises(RenderInputError, match="no SKU"):
            find(desk, request(None, nameless, sku=None))
        assert desk.calls == []

    def test_a_product_known_by_its_id_alone_is_looked_up(self):
        assert find(Desk({LIST: listed(product())}), request(model=None)) == UNICODE
        assert find(Desk({LIST: listed()}), request(model=None)) is None
        assert find(Desk({}), request(None, None)) is None


class TestForeignProducts:
    def test_one_that_others_made_is_not_touched_unless_told(self):
        desk = Desk({LIST: listed(FOREIGN)})
        with pytest.raises(RenderInputError, match=r"existing_products to 'adopt'.*or to 'replace'"):
            find(desk, request(None))
        assert desk.labels == [LIST]

    def test_one_is_adopted_as_it_is(self):
        desk = Desk({LIST: listed(FOREIGN), CHANGE: data(unicode=UNICODE, upload_status="2")})
        assert find(desk, request(None), "adopt") == UNICODE
        assert desk.calls[1].form == {"name": "Chair"}

    def test_one_without_files_cannot_be_adopted(self):
        desk = Desk({LIST: listed(FOREIGN), CHANGE: data(unicode=UNICODE, upload_status="1")})
        with pytest.raises(RenderInputError, match="has no files yet"):
            find(desk, request(None), "adopt")
        assert desk.labels == [LIST, CHANGE]

    def test_one_is_replaced_by_the_upload_and_kept_under_another_sku(self):
        assert find(Desk({LIST: listed(FOREIGN)}), request(None), "replace") is None
        desk = Desk(
            {
                LIST: listed(FOREIGN),
                CREATE: [TAKEN, MADE],
                CHANGE: data(unicode=UNICODE),
                STORAGE: (204, b""),
                MARK_NEW: data(unicode="new", upload_status="2"),
            }
        )
        assert desk.run(POLICIES["replace"].upload(request(None))).model_id == "new"
        assert desk.labels == [CREATE, LIST, CHANGE, CREATE, STORAGE, MARK_NEW]

    def test_a_product_of_ours_is_never_taken_for_a_foreign_one(self):
        assert products.is_marked(products.Product(unicode="u", main_asset_name=MARK))
        assert not products.is_marked(products.Product(unicode="u", main_asset_name="sha256:short"))


class TestUpload:
    def desk(self, **changes):
        table = {CREATE: MADE, STORAGE: (204, b""), MARK_NEW: data(unicode="new", upload_status="2")}
        return Desk({**table, **changes})

    def test_a_product_is_created_under_its_sku_with_the_mark_of_its_bytes(self):
        desk = self.desk()
        upload = desk.run(VENDOR.upload(request(None, label="Lounge chair")))
        assert (upload.model_id, upload.job, upload.preparing) == ("new", None, None)
        assert desk.labels == [CREATE, STORAGE, MARK_NEW]
        assert desk.calls[0].form == {
            "prop_data_user_file_name": "chair.glb",
            "name": "Lounge chair",
            "main_asset_name": MARK,
            "sku_id": "CHR-1",
        }
        assert desk.calls[2].json == {"action": "mark_upload_success"}

    def test_a_glb_is_sent_with_a_picture_of_it(self):
        model = replace(MODEL, source=Bytes("chair.glb", glb()))
        form = {"url": "https://bucket.example/small", "fields": {"key": "t"}}
        made = data(201, unicode="new", presigned_url_prop_user_file=FORM, presigned_url_thumbnail=form)
        desk = self.desk(**{CREATE: made, SMALL: (204, b"")})
        desk.run(VENDOR.upload(request(None, model)))
        assert desk.calls[0].form["thumbnail_name"] == "chair.png"
        picture = desk.calls[2].files[0]
        assert (desk.labels[2], picture.media_type) == (SMALL, "image/png")
        assert picture.source.open().read().startswith(b"\x89PNG")
        assert picture.source.size == len(picture.source.open().read())

    def test_a_changed_model_gets_a_product_and_the_old_one_is_kept(self):
        desk = self.desk(**{CREATE: [TAKEN, MADE], LIST: listed(product()), CHANGE: data(unicode=UNICODE)})
        assert desk.run(VENDOR.upload(request(None, OTHER))).model_id == "new"
        assert desk.labels == [CREATE, LIST, CHANGE, CREATE, STORAGE, MARK_NEW]
        assert desk.calls[2].form == {"sku_id": "CHR-1~ddd233ee"}

    def test_a_product_that_somebody_else_has_just_made_is_taken(self):
        desk = self.desk(
            **{CREATE: TAKEN, LIST: listed(product()), CHANGE: data(unicode=UNICODE, upload_status="2")}
        )
        assert desk.run(VENDOR.upload(request(None))).model_id == UNICODE

    def test_a_cut_off_upload_makes_room_for_a_new_one(self):
        state = [data(unicode=UNICODE, upload_status="1"), data(unicode=UNICODE)]
        desk = self.desk(**{CREATE: [TAKEN, MADE], LIST: listed(product()), CHANGE: state})
        assert desk.run(VENDOR.upload(request(None))).model_id == "new"
        assert desk.labels == [CREATE, LIST, CHANGE, CHANGE, CREATE, STORAGE, MARK_NEW]

    def test_a_sku_held_by_a_deleted_product_is_told(self):
        with pytest.raises(RejectedError, match="grace period"):
            self.desk(**{CREATE: TAKEN, LIST: listed()}).run(VENDOR.upload(request(None)))

    def test_another_refusal_is_passed_on(self):
        with pytest.raises(RejectedError, match="valid extension"):
            self.desk(**{CREATE: refused(400, "File must have a valid extension.")}).run(
                VENDOR.upload(request(None))
            )

    def test_without_a_model_file_nothing_is_sent(self):
        desk = Desk({})
        with pytest.raises(ModelFileError, match="CHR-1"):
            desk.run(VENDOR.upload(request(None, None)))
        assert desk.calls == []

    def test_a_long_file_name_keeps_its_end_and_the_mark_whole(self):
        model = replace(MODEL, source=Bytes("x" * 200 + ".glb"))
        mark = products.mark_of(model)
        assert len(mark) < 120
        assert products.is_made_from(products.Product(unicode="u", main_asset_name=mark), model)
