from __future__ import annotations

import hashlib
import json
import struct

import pytest

from tests.sandbox import shapes

SAMPLE = {"id", "originalName", "title", "sku", "tags", "fileSize", "sha256", "createdAt"}


def detail(sandbox, model):
    return sandbox.api.get(f"/v1/models/{model}").json()["data"]


def test_an_upload_makes_a_model_and_a_render(waiting):
    content = shapes.glb()
    data = waiting.upload("folder/chair.glb", content, aspect="1:1")
    model = detail(waiting, data["modelId"])
    assert model.keys() == SAMPLE | {"renders"}
    assert model["originalName"] == "chair.glb"
    assert model["fileSize"] == len(content)
    assert model["sha256"] == hashlib.sha256(content).hexdigest()
    assert waiting.render(data["renderId"])["renderSettings"] == {"aspect": "1:1"}
    assert "duplicate" not in data


def test_an_upload_without_settings_renders_with_the_defaults(waiting):
    answer = waiting.api.post("/v1/models", files={"file": ("box.glb", shapes.glb())})
    assert answer.status_code == 201
    assert waiting.render(answer.json()["data"]["renderId"])["renderSettings"] == {}


def test_the_same_bytes_again_are_a_duplicate_with_a_new_render(waiting):
    content = shapes.glb()
    first = waiting.upload("one.glb", content)
    second = waiting.upload("two.glb", content)
    assert second["duplicate"] is True
    assert second["modelId"] == first["modelId"]
    assert second["renderId"] != first["renderId"]
    assert detail(waiting, first["modelId"])["originalName"] == "one.glb"


def test_every_upload_brings_a_free_system_preview(waiting):
    data = waiting.upload("box.glb", shapes.glb())
    renders = detail(waiting, data["modelId"])["renders"]
    previews = [render for render in renders if render.get("is_system_preview")]
    assert len(previews) == 1
    assert len(renders) == 2
    assert waiting.balance() == 999
    assert waiting.bill()["calls"][-1]["render_ids"] == [data["renderId"]]
    listed = waiting.api.get("/v1/renders", params={"model": data["modelId"]}).json()["data"]
    assert [render.get("is_system_preview", False) for render in listed].count(True) == 1


def test_models_are_listed_newest_first_page_by_page(waiting):
    models = [waiting.upload("box.glb", shapes.glb())["modelId"] for _ in range(3)]
    page = waiting.api.get("/v1/models", params={"limit": 2}).json()
    assert [model["id"] for model in page["data"]] == [models[2], models[1]]
    assert page["data"][0].keys() == SAMPLE
    assert page["meta"].keys() == {"total", "offset", "limit"}
    rest = waiting.api.get("/v1/models", params={"limit": 2, "offset": 2}).json()
    assert rest["data"][0]["id"] == models[0]
    assert rest["meta"]["total"] == page["meta"]["total"] >= 3


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ({}, (50, 0)),
        ({"limit": 500, "offset": -3}, (100, 0)),
        ({"limit": "many"}, (50, 0)),
        ({"limit": 10**30, "offset": 10**30}, (100, 2**63 - 1)),
    ],
)
def test_a_page_has_50_rows_and_never_more_than_100(waiting, asked, used):
    meta = waiting.api.get("/v1/models", params=asked).json()["meta"]
    assert (meta["limit"], meta["offset"]) == used


def test_tags_filter_with_or(waiting):
    chair, lamp, rug = (waiting.upload("box.glb", shapes.glb())["modelId"] for _ in range(3))
    for model, tags in ((chair, ["Seat", " oak "]), (lamp, ["light"]), (rug, ["floor"])):
        waiting.api.patch(f"/v1/models/{model}", json={"tags": tags})
    found = waiting.api.get("/v1/models", params={"tags": "OAK, light"}).json()
    assert {model["id"] for model in found["data"]} == {chair, lamp}
    assert found["meta"]["total"] == 2


def test_an_update_changes_only_what_it_names(waiting, model):
    waiting.api.patch(f"/v1/models/{model}", json={"title": "Chair", "tags": [" Furniture", "OFFICE "]})
    waiting.api.patch(f"/v1/models/{model}", json={"sku": "EC-1001"})
    changed = detail(waiting, model)
    assert (changed["title"], changed["sku"], changed["tags"]) == (
        "Chair",
        "EC-1001",
        ["furniture", "office"],
    )


@pytest.mark.parametrize(
    "body", [{"title": 5}, {"sku": []}, {"tags": "oak"}, {"tags": ["t"] * 21}, {"tags": [1]}]
)
def test_an_update_that_makes_no_sense_changes_nothing(waiting, model, body):
    answer = waiting.api.patch(f"/v1/models/{model}", json={**body, "sku": body.get("sku", "X")})
    assert answer.status_code == 400
    assert detail(waiting, model)["sku"] is None


def test_an_archived_model_leaves_the_list_and_can_come_back(waiting, model):
    def listed():
        return [each["id"] for each in waiting.api.get("/v1/models").json()["data"]]

    assert waiting.api.patch(f"/v1/models/{model}/archive").status_code == 200
    assert model not in listed()
    assert detail(waiting, model)["id"] == model
    assert waiting.api.patch(f"/v1/models/{model}/unarchive").status_code == 200
    assert model in listed()


def test_the_file_comes_back_as_it_was_uploaded(waiting):
    content = shapes.glb()
    data = waiting.upload("Stuhl grün.glb", content)
    answer = waiting.api.get(f"/v1/models/{data['modelId']}/file")
    assert answer.content == content
    assert answer.headers["Content-Type"] == "model/gltf-binary"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_check_hash_knows_uploaded_files(waiting):
    content = shapes.glb()
    model = waiting.upload("box.glb", content)["modelId"]
    digest = hashlib.sha256(content).hexdigest()
    known = waiting.api.post("/v1/models/check-hash", json={"sha256": digest.upper()}).json()["data"]
    assert known == {"exists": True, "modelId": model}
    unknown = waiting.api.post("/v1/models/check-hash", json={"sha256": "0" * 64}).json()["data"]
    assert unknown["exists"] is False


def test_a_deleted_model_is_gone_but_its_renders_stay(waiting):
    content = shapes.glb()
    data = waiting.upload("box.glb", content)
    assert waiting.api.delete(f"/v1/models/{data['modelId']}").status_code == 200
    assert waiting.api.get(f"/v1/models/{data['modelId']}").status_code == 404
    assert waiting.api.get(f"/v1/models/{data['modelId']}/file").status_code == 404
    assert waiting.render(data["renderId"])["modelId"] == data["modelId"]
    again = waiting.upload("box.glb", content)
    assert again["modelId"] != data["modelId"]
    assert "duplicate" not in again


def test_a_model_is_ingested_from_a_url(waiting, shelf):
    url = shelf.put("/chair.glb", shapes.glb())
    body = {"url": url, "renderSettings": {"aspect": "16:9"}}
    first, second = (waiting.api.post("/v1/models/ingest", json=body) for _ in range(2))
    assert first.status_code == second.status_code == 201
    data = first.json()["data"]
    assert detail(waiting, data["modelId"])["originalName"] == "chair.glb"
    assert second.json()["data"] == {**second.json()["data"], "modelId": data["modelId"], "duplicate": True}
    assert waiting.bill()["calls"][-1]["call"] == "POST /v1/models/ingest"


def test_a_url_needs_no_file_ending(waiting, shelf):
    url = shelf.put("/download/4711?signature=x", shapes.glb())
    data = waiting.api.post("/v1/models/ingest", json={"url": url}).json()["data"]
    assert detail(waiting, data["modelId"])["originalName"] == "4711.glb"


def test_a_scan_is_converted_to_a_matte_glb(rendering):
    data = rendering.upload("scan.zip", shapes.obj_zip(), length=3)
    assert rendering.wait(data["renderId"])["status"] == "done"
    answer = rendering.api.get(f"/v1/models/{data['modelId']}/file")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="scan.glb"'
    assert answer.content[:4] == b"glTF"
    length = struct.unpack_from("<I", answer.content, 12)[0]
    document = json.loads(answer.content[20 : 20 + length])
    roughness = [each["pbrMetallicRoughness"].get("roughnessFactor", 1) for each in document["materials"]]
    assert set(roughness) == {1}


def test_a_gltf_with_everything_inside_is_accepted(waiting):
    assert waiting.upload("box.gltf", b'{"asset": {"version": "2.0"}}')["modelId"]


def test_a_corrupt_model_fails_its_own_render_only(rendering):
    bad = rendering.upload("bad.glb", shapes.corrupt_glb(), length=3)
    good = rendering.upload("good.glb", shapes.glb(), length=3)
    failed = rendering.wait(bad["renderId"])
    assert failed["status"] == "error"
    assert len(failed["errorMessage"]) > 10
    assert failed["fileSize"] is None
    assert {render["status"] for render in detail(rendering, bad["modelId"])["renders"]} == {"error"}
    assert rendering.wait(good["renderId"])["status"] == "done"
    assert rendering.balance() == 998


def test_a_file_just_below_100_mb_is_accepted(waiting):
    content = shapes.glb() + bytes(100 * 1024 * 1024 - 100_000)
    assert waiting.upload("large.glb", content)["modelId"]
