from __future__ import annotations

import re
import time

import pytest

from tests.sandbox.imagine.running import DETAILS, STATUS, new_sku


def found(sandbox, **filters: str) -> list[str]:
    return [each["unicode"] for each in sandbox.api.get(DETAILS, params=filters).json()["results"]]


def test_a_new_product_awaits_its_files(waiting):
    sku = new_sku()
    data = waiting.create(name="Astronaut", sku_id=sku, gtin="", thumbnail_name="a.jpg")
    assert (data["upload_status"], data["sku_id"], data["gtin"]) == ("1", sku, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+05:30", data["created_at"])
    key = data["presigned_url_prop_user_file"]["fields"]["key"]
    assert data["presigned_data_prop_user_file"].startswith(f"/{key}?X-Amz-")


def test_a_product_without_a_thumbnail_gets_no_form_for_one(waiting):
    assert waiting.create()["presigned_url_thumbnail"] is None


@pytest.mark.parametrize("name", ["chair.pdf", "chair", ".glb", "chair.glb.exe"])
def test_only_model_files_are_announced(waiting, name):
    answer = waiting.api.post(DETAILS, data={"prop_data_user_file_name": name})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("File must have a valid extension. Supported formats: .glb, ")


def test_the_model_file_name_is_required(waiting):
    message = waiting.api.post(DETAILS, data={"name": "x"}).json()["message"]
    assert message.keys() == {"prop_data_user_file_name"}


def test_a_thumbnail_is_a_png_or_a_jpg(waiting):
    names = {"prop_data_user_file_name": "a.glb", "thumbnail_name": "a.gif"}
    assert waiting.api.post(DETAILS, data=names).status_code == 400


def test_a_file_name_cannot_lead_out_of_its_folder(waiting):
    key = waiting.create("../../etc/pass?wd.glb")["presigned_url_prop_user_file"]["fields"]["key"]
    assert key.endswith("/0/prop_data_pass_wd.glb")


@pytest.mark.parametrize(
    ("field", "text"), [("sku_id", "Sku id already exists."), ("gtin", "This gtin already exists.")]
)
def test_sku_and_gtin_are_unique_when_created_and_when_changed(waiting, field, text):
    value = new_sku()
    waiting.create(**{field: value})
    again = waiting.api.post(DETAILS, data={"prop_data_user_file_name": "a.glb", field: value})
    assert (again.status_code, again.json()["message"], again.json()["data"]) == (400, text, {})
    other = waiting.create()["unicode"]
    changed = waiting.api.patch(f"{DETAILS}{other}/", data={field: value})
    assert (changed.status_code, changed.json()["message"]) == (400, text)


def test_metadata_is_changed_field_by_field(waiting):
    product = waiting.create(name="Old", main_asset_name="asset")
    answer = waiting.api.patch(f"{DETAILS}{product['unicode']}/", files={"name": (None, "New")})
    data = answer.json()["data"]
    assert (data["name"], data["main_asset_name"], data["upload_status"]) == ("New", "asset", "1")
    assert "id" not in data


def test_a_product_keeps_its_own_sku_when_it_is_sent_again(waiting):
    product = waiting.create(sku_id=new_sku())
    answer = waiting.api.patch(f"{DETAILS}{product['unicode']}/", data={"sku_id": product["sku_id"]})
    assert answer.status_code == 200


def test_filters_can_be_combined(waiting):
    first = waiting.create(name="Deep Sea Lamp", sku_id=new_sku(), gtin=new_sku())
    second = waiting.create(main_asset_name="deep sea table")
    assert found(waiting, search="DEEP SEA") == [second["unicode"], first["unicode"]]
    assert found(waiting, search="deep sea", sku_id=first["sku_id"]) == [first["unicode"]]
    assert found(waiting, gtin=first["gtin"], unicode=first["unicode"].upper()) == [first["unicode"]]
    assert found(waiting, gtin=first["gtin"], unicode=second["unicode"]) == []
    assert found(waiting, salsify_id="x") == []


def test_lists_have_twenty_a_page_and_links_to_all_of_them(waiting):
    for _ in range(41):
        waiting.create(name="Paged")
    first = waiting.api.get(DETAILS, params={"search": "Paged", "gtin": ""}).json()
    assert (first["count"], first["total_pages"], len(first["results"])) == (41, 3, 20)
    assert first["previous_link"] is None
    assert first["last_page_link"] == f"{waiting.url}{DETAILS}?search=Paged&page=3"
    seen, page = list(first["results"]), first
    while page["next_link"]:
        page = waiting.api.get(page["next_link"]).json()
        seen += page["results"]
    assert page["current_page_link"] == first["last_page_link"]
    assert page["previous_link"] == f"{waiting.url}{DETAILS}?search=Paged&page=2"
    assert len({each["unicode"] for each in seen}) == 41


@pytest.mark.parametrize("page", ["0", "2", "x", "-1", "9" * 30])
def test_a_page_that_does_not_exist_is_not_found(waiting, page):
    assert waiting.api.get(DETAILS, params={"unicode": "nobody's", "page": page}).status_code == 404


def test_an_empty_list_has_one_page(waiting):
    page = waiting.api.get(DETAILS, params={"unicode": "nobody's"}).json()
    assert (page["count"], page["total_pages"], page["results"]) == (0, 1, [])


def test_an_unknown_product_is_not_found(waiting):
    unknown = f"{DETAILS}00000000-0000-4000-8000-000000000000/"
    assert waiting.api.patch(unknown, data={"name": "x"}).status_code == 404
    assert waiting.api.delete(unknown).status_code == 404


def test_a_deleted_product_leaves_the_lists_but_keeps_its_sku_for_a_while(waiting):
    product = waiting.create(sku_id=new_sku())
    answer = waiting.api.delete(f"{DETAILS}{product['unicode']}/")
    assert answer.json()["data"] == {"unicode": product["unicode"]}
    date = r"Successfully marked for deletion\. Will be deleted on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}"
    assert re.fullmatch(date, answer.json()["message"])
    assert found(waiting, sku_id=product["sku_id"]) == []
    again = waiting.api.post(DETAILS, data={"prop_data_user_file_name": "a.glb", "sku_id": product["sku_id"]})
    assert again.json()["message"] == "Sku id already exists."
    assert waiting.status(product["unicode"])["sku_id"] == product["sku_id"]
    assert waiting.api.get(STATUS, params={"sku_id": product["sku_id"]}).status_code == 404


def test_after_its_grace_period_a_product_is_gone_and_its_sku_free(quick):
    product = quick.product()
    quick.api.delete(f"{DETAILS}{product['unicode']}/")
    deadline = time.monotonic() + 30
    sku = {"prop_data_user_file_name": "a.glb", "sku_id": product["sku_id"]}
    while quick.api.post(DETAILS, data=sku).status_code == 400:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert quick.api.get(STATUS, params={"unicode": product["unicode"]}).status_code == 404
