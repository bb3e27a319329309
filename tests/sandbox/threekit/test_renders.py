from __future__ import annotations

import io
import uuid
import zipfile

import numpy as np
import pytest

from tests.sandbox import shapes
from tests.sandbox.rendering import models
from tests.sandbox.threekit.conftest import chair_glb
from tests.sandbox.threekit.running import outputs, size


def seat(content):
    """Mean colour of the seat in the picture."""
    return pixels(content)[16:26, 28:40].reshape(-1, 3).mean(0)


def block(content):
    """Mean colour of the block below it."""
    return pixels(content)[50:58, 28:40].reshape(-1, 3).mean(0)


def corner(content):
    return pixels(content)[0, 0]


def pixels(content):
    return np.asarray(shapes.picture(content)).astype(float)


def strongest(colour):
    """Which of red, green and blue is well above the others, if any."""
    order = np.argsort(colour)
    return "rgb"[order[2]] if colour[order[2]] > colour[order[1]] + 15 else None


def credits_spent(threekit):
    return threekit.bill()["credits"]


def test_a_picture_has_its_share_of_the_wanted_size_on_white(threekit, chair):
    content = threekit.picture(chair, **size(1600, 800))
    assert shapes.picture(content).size == (80, 40)
    assert list(corner(content)) == [255, 255, 255]


def test_a_run_lists_its_picture_first_and_then_its_logs(threekit, chair):
    [run] = threekit.ok(threekit.render(chair))["job"]["runs"]
    assert [file["filename"] for file in run["results"]["files"]][1:] == ["stdout", "stderr"]
    assert run["results"]["files"][0]["mimeType"] == "image/png"


LOOKS = {
    "plain": {},
    "red": {"Color": "#cc1020"},
    "red variant": {"Variant": "Green", "color": {"r": 0.8, "g": 0, "b": 0}},
    "blue": {"Variant": "Blue"},
    "green": {"Variant": "green"},
    "green wood": {"WOOD": {"color": "#10a030", "roughness": 1}},
    "velvet": {"Material": "navy velvet"},
    "dull": {"Metallic": 0, "Roughness": 1},
    "shiny": {"Metallic": 1, "Roughness": 0.1},
    "wood alone": {"Layers": ["wood"]},
    "engraved": {"Engraving": "Anna"},
}


@pytest.fixture(scope="module")
def looks(the_threekit, chair):
    """Pictures of configurations, made by one job."""
    found = the_threekit.api.get("/assets", params={"type": "material", "name": "Navy Velvet"}).json()[
        "assets"
    ]
    wanted = {**LOOKS, "velvet by id": {"fabric": {"assetId": found[0]["id"]}}}
    body = {"configurations": list(wanted.values()), "sync": True, **size(1600)}
    job = the_threekit.ok(the_threekit.api.post(f"/asset-jobs/{chair}/render/vray/image", json=body))["job"]
    assert job["taskResultSuccesses"] == len(wanted)
    names = zip(wanted, outputs(job), strict=True)
    return {name: the_threekit.content(file["id"]) for name, file in names}


def unchanged(part, one, other):
    return np.abs(part(one) - part(other)).max() < 12


@pytest.mark.parametrize(
    ("name", "channel"),
    [("red", "r"), ("red variant", "r"), ("blue", "b"), ("green", "g"), ("velvet", "b"), ("plain", None)],
)
def test_colors_variants_and_materials_change_the_main_material_only(looks, name, channel):
    assert strongest(seat(looks[name])) == channel
    assert unchanged(block, looks[name], looks["plain"])


def test_a_material_is_changed_by_its_own_name(looks):
    assert strongest(block(looks["green wood"])) == "g"
    assert unchanged(seat, looks["green wood"], looks["plain"])


def test_a_material_asset_is_taken_by_id_or_by_name(looks):
    assert looks["velvet by id"] == looks["velvet"]


def test_roughness_and_metalness_change_the_picture(looks):
    assert np.abs(pixels(looks["dull"]) - pixels(looks["shiny"])).max() > 30


def test_layers_draw_only_some_parts_where_they_are_in_the_whole(looks):
    assert np.abs(seat(looks["wood alone"]) - 255).max() < 3
    assert np.abs(block(looks["wood alone"]) - block(looks["plain"])).max() < 30


def test_what_no_rule_knows_changes_nothing_but_makes_another_layer(threekit, chair, looks):
    assert looks["engraved"] == looks["plain"]
    assert threekit.layers(assetId=chair, assetLayerConfiguration='{"Engraving":"Anna"}')["count"] == 1


def test_stages_look_different(threekit, chair):
    stages = threekit.stages()
    assets = [{"assetId": chair, "configuration": {"Variant": "Blue", "of": "all stages"}}]
    wanted = [{"assetId": identity} for identity in stages.values()]
    back = {"Background": "#2040a0", "Camera": "Back", "Zoom": 1.2}
    wanted.append({"assetId": stages["White Studio"], "configuration": back})
    body = {"assets": assets, "stages": wanted, "sync": True, **size(1600)}
    job = threekit.ok(threekit.api.post("/asset-jobs/renders", json=body))["job"]
    pictures = [threekit.content(file["id"]) for file in outputs(job)]
    by_stage = dict(zip([*stages, "configured"], pictures, strict=True))
    assert len(set(pictures)) == len(stages) + 1
    assert list(corner(by_stage["White Studio"])) == [255, 255, 255]
    assert corner(by_stage["Graphite Studio"]).max() < 80
    assert 100 < corner(by_stage["Warm Room"]).mean() < 250
    assert list(corner(by_stage["configured"])) == [0x20, 0x40, 0xA0]


def test_vray_renders_many_configurations_in_one_job(threekit, chair):
    body = {
        "type": "vray",
        "configurations": [{"Color": "red"}, {"Color": "blue"}],
        "sync": True,
        **size(400),
    }
    job = threekit.ok(threekit.api.post(f"/asset-jobs/{chair}/render/vray/image", json=body))["job"]
    assert (job["taskCount"], job["taskResultSuccesses"]) == (2, 2)
    layers = threekit.layers(jobId=job["id"])["layers"]
    assert [layer["assetLayerConfiguration"]["Color"] for layer in layers] == ["red", "blue"]


@pytest.fixture(scope="module")
def matrix(the_threekit, chair):
    """A bulk render: two variants, two colours, two stages; and its job."""
    stages = the_threekit.stages()
    attributes = {
        "Variant": {"values": ["Blue", "Green"], "filterMode": "include"},
        "wood": {"values": ["Oak", "Chrome"], "filterMode": "include"},
    }
    subset = {
        "attributes": attributes,
        "layers": {"filterMode": "include", "values": []},
        "uniqueAttrs": "all",
    }
    body = {
        "orgId": the_threekit.org_id,
        "type": "webgl",
        "jobName": "night-1",
        "renderMissingLayers": True,
        "assets": [{"assetId": chair, "subset": subset}],
        "stages": [{"assetId": stages[name]} for name in ("White Studio", "Warm Room")],
        **size(800),
    }
    started = the_threekit.ok(the_threekit.api.post("/asset-jobs/renders", json=body))
    return body, the_threekit.wait(started["jobId"])


def test_a_bulk_render_makes_every_combination(threekit, matrix):
    body, job = matrix
    assert (job["title"], job["taskCount"], job["taskResultSuccesses"]) == ("night-1", 8, 8)
    layers = threekit.layers(jobId=job["id"])["layers"]
    seen = {
        (
            layer["assetLayerConfiguration"]["Variant"],
            layer["assetLayerConfiguration"]["wood"],
            layer["stageId"],
        )
        for layer in layers
    }
    assert len(seen) == 8
    assert {layer["stageId"] for layer in layers} == {stage["assetId"] for stage in body["stages"]}
    assert {(layer["width"], layer["height"]) for layer in layers} == {(800, 800)}


def test_a_bulk_render_is_one_charge_of_a_credit_per_layer(threekit, chair, matrix):
    [charge] = [call for call in threekit.bill()["calls"] if call["credits"] == 8]
    assert charge["call"] == "POST /api/asset-jobs/renders"
    assert charge["model_ids"] == [chair]
    tasks = threekit.ok(threekit.api.get("/jobs/tasks", params={"jobId": matrix[1]["id"]}))["tasks"]
    assert charge["render_ids"] == [task["id"] for task in tasks]


def test_layers_that_are_there_are_not_missing(threekit, matrix):
    before = credits_spent(threekit)
    again = threekit.ok(threekit.api.post("/asset-jobs/renders", json=matrix[0]))["job"]
    assert (again["taskCount"], again["status"]) == (0, "stopped")
    more = {**matrix[0], "stages": [*matrix[0]["stages"], {"assetId": threekit.stages()["Cut-out"]}]}
    job = threekit.ok(threekit.api.post("/asset-jobs/renders", json={**more, "sync": True}))["job"]
    assert job["taskCount"] == 4
    assert credits_spent(threekit) == before + 4


def test_values_can_be_excluded(threekit, chair):
    attributes = {"Variant": {"values": ["Blue"], "filterMode": "exclude"}}
    body = {"assets": [{"assetId": chair, "subset": {"attributes": attributes}}], "sync": True, **size(400)}
    job = threekit.ok(threekit.api.post("/asset-jobs/renders", json=body))["job"]
    [layer] = threekit.layers(jobId=job["id"])["layers"]
    assert layer["assetLayerConfiguration"] == {"Variant": "Green"}


def test_a_cached_picture_costs_nothing(threekit, chair):
    body = {"configuration": {"Color": "#010203"}, "cache": True}
    first = threekit.ok(threekit.render(chair, **body))
    before = credits_spent(threekit)
    second = threekit.ok(threekit.render(chair, **body, **size(1600)))
    assert second["fileId"] == first["fileId"]
    assert second["job"]["status"] == "stopped"
    assert credits_spent(threekit) == before
    assert threekit.layers(assetId=chair, assetLayerConfiguration='{"Color":"#010203"}')["count"] == 1


def test_without_cache_a_picture_is_made_and_paid_again(threekit, chair):
    before = credits_spent(threekit)
    for _ in range(2):
        threekit.picture(chair, configuration={"Color": "#040506"})
    assert credits_spent(threekit) == before + 2


def test_a_newer_model_is_rendered_again_in_spite_of_the_cache(threekit):
    asset = threekit.model("renewed.glb")
    threekit.picture(asset, cache=True)
    threekit.model("renewed.glb")
    before = credits_spent(threekit)
    threekit.picture(asset, cache=True)
    assert credits_spent(threekit) == before + 1


def test_an_item_is_rendered_as_the_model_it_shows(threekit, chair):
    shown = {"assetId": chair, "configuration": {"Color": "#10c020"}}
    product = {"name": "Green chair", "asset": shown}
    item = threekit.ok(threekit.api.post("/products/import", json={"assets": [{"product": product}]}))
    assert strongest(seat(threekit.picture(item["products"][0]["id"]))) == "g"


def test_an_empty_balance_is_told_before_anything_is_done(threekit, chair):
    threekit.set_credits(1)
    jobs = threekit.api.get("/jobs").json()["count"]
    body = {"assets": [{"assetId": chair}], "jobName": "too dear", **size(400)}
    answer = threekit.api.post("/asset-jobs/renders", json=body)
    assert answer.status_code == 402
    assert threekit.api.get("/jobs").json()["count"] == jobs
    assert threekit.control.get("/credits").json()["threekit"]["credits"] == 1


def broken_glb():
    def break_it(tree):
        tree["accessors"][0]["bufferView"] = 99

    return models.Model().add(models.box()).changed(break_it).glb()


def test_a_model_that_cannot_be_rendered_fails_its_tasks_with_the_reason(threekit, chair):
    broken = threekit.model("broken.glb", broken_glb())
    assets = [{"assetId": broken}, {"assetId": chair, "configuration": {"Variant": "Blue"}}]
    body = {"assets": assets, "sync": True, **size(400)}
    job = threekit.ok(threekit.api.post("/asset-jobs/renders", json=body))["job"]
    assert (job["status"], job["taskResultFailures"], job["taskResultSuccesses"]) == ("stopped", 1, 1)
    [failed] = [run for run in job["runs"] if run["resultCode"] == "Failed"]
    assert failed["error"] == failed["resultMessage"]
    stderr = next(file for file in failed["results"]["files"] if file["filename"] == "stderr")
    assert failed["error"] in threekit.content(stderr["id"]).decode()
    assert threekit.layers(assetId=broken)["count"] == 0


def test_an_armed_render_failure_strikes_so_many_layers(threekit, chair):
    threekit.arm(kind="render_failure", match="renders$", next=1)
    body = {"assets": [{"assetId": chair}], "sync": True, **size(320)}
    job = threekit.ok(threekit.api.post("/asset-jobs/renders", json=body))["job"]
    assert (job["taskResultFailures"], job["taskResultSuccesses"]) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        {"stageId": str(uuid.uuid4())},
        {"configuration": "red"},
        {"configurations": ["red"]},
        {"stageConfiguration": []},
        {"settings": {"output": {"resolution": {"width": 0}}}},
        {"settings": {"output": {"resolution": {"width": 100_000}}}},
        {"settings": {"output": {"format": "tiff"}}},
        {"subset": {"attributes": {"Color": {"values": "red"}}}},
        {"orgId": "mine"},
    ],
)
def test_a_malformed_render_is_422_and_free(threekit, chair, body):
    before = credits_spent(threekit)
    assert threekit.api.post(f"/asset-jobs/{chair}/render/webgl/image", json=body).status_code == 422
    assert credits_spent(threekit) == before


@pytest.mark.parametrize("body", [{}, {"assets": []}, {"assets": [{"assetId": "x"}]}, {"assets": ["x"]}])
def test_a_malformed_bulk_render_is_422(threekit, body):
    assert threekit.api.post("/asset-jobs/renders", json=body).status_code == 422


def test_an_unknown_asset_is_404_and_one_without_a_model_422(threekit):
    assert threekit.render(str(uuid.uuid4())).status_code == 404
    assert threekit.render(threekit.stages()["Warm Room"]).status_code == 422


def test_the_results_of_a_job_come_as_one_zip(threekit, matrix):
    body = {"jobId": matrix[1]["id"], "orgId": threekit.org_id, "format": "jpeg", "sync": True}
    answer = threekit.ok(threekit.api.post("/asset-jobs/downloads", json=body))
    archive = zipfile.ZipFile(io.BytesIO(threekit.content(answer["fileId"])))
    assert len(archive.namelist()) == 8
    assert all(shapes.picture(archive.read(name)).format is None for name in archive.namelist())
    assert all(name.endswith(".jpg") for name in archive.namelist())
    again = threekit.ok(threekit.api.post("/asset-jobs/downloads", json=body))
    assert again["jobId"] == answer["jobId"]


def test_only_render_and_export_jobs_can_be_downloaded(threekit):
    job = threekit.start_import("undownloaded.glb", chair_glb())["jobId"]
    assert threekit.api.post("/asset-jobs/downloads", json={"jobId": job}).status_code == 422


def test_the_fast_compositor_renders_while_the_client_waits_and_for_nothing(threekit, chair):
    before = credits_spent(threekit)
    query = {
        "assetId": chair,
        "configuration": '{"Color":"#cc1020"}',
        "width": "60",
        "height": "40",
        "format": "jpg",
    }
    answer = threekit.public.get("/fast-compositor", params={**query, "imageFitMode": "cover"})
    assert answer.headers["content-type"] == "image/jpeg"
    assert shapes.picture(answer.content).size == (60, 40)
    assert credits_spent(threekit) == before


def test_a_thumbnail_is_rendered_and_an_empty_one_may_be_an_error(threekit, chair):
    assert threekit.api.get(f"/assets/thumbnail/{chair}").headers["content-type"] == "image/png"
    stage = threekit.stages()["Warm Room"]
    assert shapes.picture(threekit.api.get(f"/assets/thumbnail/{stage}").content).size == (1, 1)
    assert threekit.api.get(f"/assets/thumbnail/{stage}", params={"failOnEmpty": "true"}).status_code == 404


def test_a_glb_service_exports_while_the_client_waits(threekit, chair):
    query = {"assetId": chair, "configuration": "{}", "cache": "true", "response": "json"}
    found = threekit.ok(threekit.api.get("/glb/export", params=query))
    assert threekit.anonymous.get(found["url"]).content.startswith(b"glTF")
    assert threekit.api.get("/exporter/export", params=query).content.startswith(b"glTF")


def test_outputs_leave_the_logs_out(threekit, chair):
    job = threekit.ok(threekit.render(chair))["job"]
    assert len(outputs(job)) == 1
