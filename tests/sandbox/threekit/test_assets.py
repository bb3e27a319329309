from __future__ import annotations

import pytest

from tests.sandbox import shapes


def create(threekit, **fields):
    return threekit.ok(threekit.api.post("/v2/assets", json={"type": "item", "name": "Item", **fields}))


def found(threekit, **query):
    return [asset["id"] for asset in threekit.ok(threekit.api.get("/assets", params=query))["assets"]]


@pytest.fixture(scope="module")
def item(the_threekit):
    fields = {
        "customId": "SKU-1",
        "tags": ["oak", "seat"],
        "keywords": ["k"],
        "metadata": {"sku": "S 1", "year": 2026},
    }
    return create(the_threekit, name="Reading Chair", description="To read in", **fields)


@pytest.mark.parametrize(
    "query",
    [
        {"name": "Reading Chair"},
        {"nameLike": "READING"},
        {"customId": "SKU-1"},
        {"tags": "oak", "type": "item"},
        {"tags": '["seat","oak"]'},
        {"keywords": "k"},
        {"metadata": '{"sku":"S 1","year":"2026"}'},
    ],
)
def test_assets_are_found_by_what_they_are(threekit, item, query):
    assert found(threekit, **query) == [item["id"]]


@pytest.mark.parametrize(
    "query",
    [
        {"name": "Reading"},
        {"tags": '["seat","steel"]'},
        {"metadata": '{"sku":"s 1"}'},
        {"type": "item", "branch": "b"},
    ],
)
def test_other_assets_are_not_found(threekit, item, query):
    assert item["id"] not in found(threekit, **query)


def test_an_asset_is_read_by_its_own_or_its_custom_id(threekit, item):
    for version in ("/assets", "/v2/assets"):
        assert threekit.ok(threekit.api.get(f"{version}/SKU-1"))["id"] == item["id"]
        assert threekit.ok(threekit.api.get(f"{version}/{item['id']}"))["description"] == "To read in"


def test_a_custom_id_is_given_once(threekit, item):
    body = {"type": "item", "name": "Other", "customId": item["customId"]}
    assert threekit.api.post("/v2/assets", json=body).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"type": "item"},
        {"name": "a"},
        {"name": "a", "type": "thing"},
        {"name": "a", "type": "item", "tags": "t"},
    ],
)
def test_a_malformed_asset_is_422(threekit, body):
    assert threekit.api.post("/v2/assets", json=body).status_code == 422


def test_a_deleted_asset_can_be_restored(threekit):
    asset = create(threekit, name="Comes and goes")["id"]
    assert threekit.ok(threekit.api.delete(f"/v2/assets/{asset}")) == {"message": "ok"}
    assert threekit.api.get(f"/assets/{asset}").status_code == 404
    assert found(threekit, name="Comes and goes") == []
    assert threekit.ok(threekit.api.post(f"/assets/{asset}/restore"))["deletedAt"] is None
    assert found(threekit, name="Comes and goes") == [asset]


def test_a_clone_is_rendered_like_its_origin(threekit, chair):
    clone = threekit.ok(threekit.api.post(f"/assets/{chair}/clone"))
    assert (clone["type"], clone["name"]) == ("model", "chair copy")
    assert threekit.picture(clone["id"]) == threekit.picture(chair, cache=True)
    threekit.api.delete(f"/assets/{clone['id']}")


def test_the_variants_of_an_asset_are_listed_and_can_be_named(threekit, chair):
    page = threekit.ok(threekit.api.get(f"/assets/{chair}/variants"))
    assert [each["variant"] for each in page["variants"]] == [{"Variant": "Blue"}, {"Variant": "Green"}]
    assert page["shared_data"]["variantAttributes"] == {"Variant": ["Blue", "Green"]}
    path = f"/variants/{page['variants'][0]['id']}"
    assert threekit.ok(threekit.api.put(path, json={"metadata": {"sku": "B"}}))["metadata"] == {"sku": "B"}
    assert threekit.ok(threekit.api.get(path))["metadata"] == {"sku": "B"}


def test_answers_carry_nothing_of_the_doubles_own(threekit, chair):
    asset = threekit.ok(threekit.api.get(f"/assets/{chair}"))
    assert not [name for name in asset if name.startswith("_")]


def test_a_texture_is_its_own_thumbnail(threekit):
    content = shapes.png("#00c000")
    imported = threekit.start_import("moss.png", content)
    texture = threekit.api.get(f"/catalog/jobs/{imported['jobId']}").json()["output"]["texture"][0]["assetId"]
    assert threekit.api.get(f"/assets/thumbnail/{texture}").content == content


def test_scene_objects_tell_the_version_of_an_asset(threekit, chair):
    head = threekit.ok(threekit.api.get(f"/cas/{chair}/head"))["HEAD"]
    assert threekit.ok(threekit.api.get(f"/cas/{chair}"))["objects"].keys() == {head}
    assert threekit.ok(threekit.api.get(f"/cas/manifest/{chair}"))["assets"][0]["HEAD"] == head


def bring_in(threekit, *assets, **more):
    return threekit.ok(threekit.api.post("/products/import", json={"assets": list(assets), **more}))


def products(threekit, **query):
    return threekit.ok(threekit.api.get("/catalog/products", params=query))["products"]


def test_items_are_made_from_json_with_all_their_data(threekit, chair):
    metadata = [{"name": "SKU", "type": "String", "defaultValue": "J-1"}]
    product = {"name": "Json chair", "tags": ["j"], "metadata": metadata, "asset": {"assetId": chair}}
    bring_in(threekit, {"product": product})
    [found_item] = products(threekit, metadata='{"SKU":"J-1"}')
    assert (found_item["name"], found_item["tags"], found_item["metadata"]) == (
        "Json chair",
        ["j"],
        {"SKU": "J-1"},
    )
    assert threekit.ok(threekit.api.get(f"/catalog/products/{found_item['id']}"))["name"] == "Json chair"


def test_a_query_updates_every_item_that_it_finds_and_makes_none(threekit):
    for name in ("Twin A", "Twin B"):
        bring_in(threekit, {"product": {"name": name, "metadata": {"family": "twins"}}})
    attributes = [{"name": "Size", "type": "String", "values": ["S", "L"]}]
    changed = bring_in(
        threekit,
        {"query": {"metadata": {"family": "twins"}}, "product": {"attributes": attributes, "tags": ["t"]}},
    )
    assert changed["count"] == 2
    assert {each["name"] for each in products(threekit, tags="t")} == {"Twin A", "Twin B"}
    assert all(each["attributes"] == attributes for each in products(threekit, tags="t"))


def test_a_query_that_finds_nothing_makes_the_item_once(threekit):
    entry = {"query": {"name": "Upserted"}, "product": {"description": "first"}}
    bring_in(threekit, entry)
    bring_in(threekit, {**entry, "product": {"description": "second"}})
    [only] = products(threekit, name="Upserted")
    assert only["description"] == "second"


def test_items_are_imported_by_a_job_when_nobody_waits(threekit):
    started = bring_in(threekit, {"product": {"name": "Later"}}, sync="false", title="items")
    job = threekit.wait(started["jobId"])
    assert (job["type"], job["title"], job["taskResultSuccesses"]) == ("catalog-import", "items", 1)
    output = threekit.ok(threekit.api.get(f"/catalog/jobs/{job['id']}"))["output"]
    assert output["item"][0]["name"] == "Later"


def test_a_json_file_holds_the_bare_list(threekit):
    files = {"files": ("items.json", b'[{"product": {"name": "From a file"}}]')}
    threekit.ok(threekit.api.post("/products/import", files=files))
    assert len(products(threekit, name="From a file")) == 1


@pytest.mark.parametrize(
    "assets",
    [
        None,
        [],
        [{}],
        [{"product": {}}],
        [{"product": {"name": "a", "type": "x"}}],
        [{"product": {"name": "a", "tags": 1}}],
    ],
)
def test_malformed_items_are_422_and_none_is_made(threekit, assets):
    before = threekit.api.get("/catalog/products").json()["count"]
    good = [{"product": {"name": "good"}}] if assets else []
    body = {"assets": good + assets if assets else assets}
    assert threekit.api.post("/products/import", json=body).status_code == 422
    assert threekit.api.get("/catalog/products").json()["count"] == before


def test_exported_items_can_be_imported_again(threekit):
    bring_in(threekit, {"product": {"name": "Round trip", "tags": ["round"], "metadata": {"n": 5}}})
    exported = threekit.ok(threekit.api.get("/products/export/json", params={"tags": "round"}))
    assert exported[0]["product"]["metadata"] == [{"name": "n", "type": "Number", "defaultValue": 5}]
    assert bring_in(threekit, *exported)["count"] == 1
    assert len(products(threekit, tags="round")) == 1


CSV = "Title;tags;SKU\nRow one;a, b;C-1\nRow two;;C-2\n"


def csv_import(threekit, **fields):
    files = {"file": ("items.csv", CSV.encode(), "text/csv")}
    data = {"delimiter": ";", "mappings": '[{"column":"Title","field":"name"}]', **fields}
    return threekit.api.post("/catalog/import", files=files, data=data)


def test_items_are_made_from_a_csv_after_a_dry_run(threekit):
    rehearsed = threekit.ok(csv_import(threekit, dryRun="true"))
    assert (rehearsed["dryRun"], rehearsed["count"]) == (True, 2)
    assert products(threekit, name="Row one") == []
    job = threekit.wait(threekit.ok(csv_import(threekit))["jobId"])
    assert job["taskResultSuccesses"] == 1
    assert products(threekit, name="Row one")[0]["metadata"] == {"SKU": "C-1"}


@pytest.mark.parametrize("fields", [{"operationType": "delete"}, {"mappings": "x"}, {"mappings": "[1]"}])
def test_a_malformed_csv_import_is_422(threekit, fields):
    assert csv_import(threekit, **fields).status_code == 422
