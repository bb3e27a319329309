from __future__ import annotations

import json

import pytest

from tests.sandbox import shapes
from tests.sandbox.threekit.running import outputs, size

RED = {"Color": "#cc1020"}


@pytest.fixture(scope="module")
def rendered(the_threekit, chair):
    """A red chair in the warm room: the query that finds its layer, and its file's id."""
    stage = the_threekit.stages()["Warm Room"]
    body = {"configuration": RED, "stageId": stage, "stageConfiguration": {"Zoom": 1.1}, **size(800, 400)}
    job = the_threekit.ok(the_threekit.render(chair, **body))["job"]
    query = {
        "assetId": chair,
        "assetLayerConfiguration": json.dumps(RED),
        "stageId": stage,
        "stageConfiguration": '{"Zoom":1.1}',
    }
    return query, outputs(job)[0]["id"], job


def test_the_layer_of_a_configuration_is_found(threekit, rendered):
    query, file_id, job = rendered
    layer = threekit.ok(threekit.public.get("/layers/layer", params=query))
    assert layer["fileId"] == file_id
    assert (layer["width"], layer["height"], layer["format"]) == (800, 400, "png")
    assert layer["jobId"] == job["id"]
    assert threekit.ok(threekit.api.get(f"/layers/{layer['id']}"))["fileId"] == file_id


def test_the_order_of_the_attributes_does_not_matter(threekit, chair):
    threekit.picture(chair, configuration={"Color": "#111111", "wood": "#222222"})
    query = {"assetId": chair, "assetLayerConfiguration": '{"wood":"#222222","Color":"#111111"}'}
    assert threekit.api.get("/layers/layer", params=query).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"stageConfiguration": "{}"}, {"assetLayerConfiguration": "{}"}, {"format": "glb"}, {"width": "801"}],
)
def test_another_configuration_has_no_layer_yet(threekit, rendered, change):
    answer = threekit.api.get("/layers/layer", params={**rendered[0], **change})
    assert answer.status_code == 404
    assert answer.json()["message"].startswith("Layer not found")


def test_a_layer_answers_with_a_url_or_with_its_file(threekit, rendered):
    query, file_id, _ = rendered
    found = threekit.ok(threekit.api.get("/layers/layer", params={**query, "resultType": "url"}))
    assert found.keys() == {"url", "metadata"}
    assert threekit.anonymous.get(found["url"]).content == threekit.content(file_id)
    file = threekit.api.get("/layers/layer", params={**query, "resultType": "file"})
    assert file.content == threekit.content(file_id)


@pytest.mark.parametrize("result", ["url", "file"])
def test_a_picture_is_optimized_on_the_way(threekit, rendered, result):
    wanted = json.dumps({"width": 20, "format": "webp", "quality": 70})
    query = {**rendered[0], "optimization": wanted, "resultType": result}
    answer = threekit.api.get("/layers/layer", params=query)
    if result == "url":
        answer = threekit.anonymous.get(answer.json()["url"])
    assert answer.headers["content-type"] == "image/webp"
    assert shapes.picture(answer.content).size == (20, 10)


def test_layers_are_listed_by_what_they_show(threekit, rendered, chair):
    query, _, job = rendered
    assert threekit.layers(jobId=job["id"])["count"] == 1
    assert (
        threekit.layers(assetId=chair, stageId=query["stageId"], assetLayerConfiguration=json.dumps(RED))[
            "count"
        ]
        == 1
    )
    assert (
        threekit.layers(assetId=chair, metadata='{"renderer":"vray"}', stageId=query["stageId"])["count"] == 0
    )


def test_a_file_can_be_registered_as_a_layer(threekit):
    asset = threekit.model("registered.glb")
    record = threekit.upload("made elsewhere.png", shapes.png("#c00000"))
    body = {
        "assetId": asset,
        "fileId": record["id"],
        "assetLayerConfiguration": RED,
        "width": 64,
        "height": 64,
    }
    layer = threekit.ok(threekit.api.post("/layers", json=body))
    query = {"assetId": asset, "assetLayerConfiguration": json.dumps(RED)}
    assert threekit.ok(threekit.api.get("/layers/layer", params=query))["id"] == layer["id"]


@pytest.mark.parametrize("missing", ["assetId", "fileId", "assetLayerConfiguration", "width", "height"])
def test_a_registered_layer_needs_all_its_fields(threekit, chair, missing):
    record = threekit.upload("made elsewhere.png", shapes.png("#c00000"))
    body = {
        "assetId": chair,
        "fileId": record["id"],
        "assetLayerConfiguration": {},
        "width": 64,
        "height": 64,
    }
    body.pop(missing)
    assert threekit.api.post("/layers", json=body).status_code == 422


def test_an_export_is_a_layer_too(threekit, chair):
    exported = threekit.ok(threekit.api.post(f"/asset-jobs/{chair}/export/glb", json={"sync": True}))
    found = threekit.layers(assetId=chair, format="glb", jobId=exported["jobId"])["layers"]
    assert [layer["fileId"] for layer in found] == [exported["fileId"]]


def test_a_late_listing_hides_fresh_layers_and_jobs(threekit, chair):
    job = threekit.ok(threekit.render(chair))["job"]
    threekit.arm(kind="late_listing", seconds=600)
    assert threekit.layers(jobId=job["id"])["count"] == 0
    assert threekit.api.get(f"/jobs/{job['id']}").status_code == 404
    assert threekit.api.get("/jobs").json()["count"] == 0
