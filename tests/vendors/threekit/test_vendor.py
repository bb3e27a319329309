from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from airflow_provider_render.core.errors import (
    ModelFileError,
    OutcomeUnknownError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.job import OutputKind
from airflow_provider_render.core.vendor import Answerable, Upload
from airflow_provider_render.vendors.threekit import handles
from tests.vendors.threekit.desk import (
    NAME,
    ORG,
    STAGE,
    VENDOR,
    Desk,
    Shelf,
    job,
    layer,
    pending,
    request,
    stopped,
)

ITEM = {
    "id": "A1",
    "type": "item",
    "attributes": [
        {"name": "Color", "type": "String", "defaultValue": "Red", "values": ["Red", "Blue"]},
        {"name": "Legs", "type": "Asset", "values": [{"assetId": "oak"}, {"assetId": "steel"}]},
        {"name": "Note", "type": "String"},
    ],
}


def run(shelf, work):
    desk = Desk(shelf)
    return desk.run(work), desk


def asset(asset_id, **more):
    return {"id": asset_id, "name": NAME, "type": "model", "createdAt": "2026-01-01T00:00:00Z", **more}


# Models.


def test_a_known_asset_is_found_by_its_id_alone():
    found, desk = run(Shelf(assets=[asset("A1", name="anything")]), VENDOR.find_model(request()))
    assert (found, desk.labels) == (Upload("A1"), ["GET /api/assets/A1"])


@pytest.mark.parametrize("gone", [[], [asset("A1", deletedAt="2026-02-02T00:00:00Z")]])
def test_an_asset_that_is_gone_is_looked_for_by_its_name(gone):
    found, desk = run(Shelf(assets=[*gone, asset("A2")]), VENDOR.find_model(request()))
    assert found == Upload("A2")
    assert desk.calls[1].query["name"] == NAME


def test_variants_of_a_product_share_the_asset_of_their_model():
    wanted = replace(request(None), key="CHR-1/dark", sku="CHR-1/dark")
    found, _ = run(Shelf(assets=[asset("A2")]), VENDOR.find_model(wanted))
    assert found == Upload("A2")


def test_of_assets_with_the_name_the_newest_model_is_taken():
    rows = [
        asset("A1"),
        asset("A2", createdAt="2026-03-01T00:00:00Z"),
        asset("U1", type="upload", createdAt="2026-05-01T00:00:00Z"),
        asset("M1", type="material"),
        asset("X1", name=NAME + "-x"),
    ]
    found, _ = run(Shelf(assets=rows), VENDOR.find_model(request(None)))
    assert found == Upload("A2")


def test_an_import_that_is_under_way_is_taken_over():
    shelf = Shelf(jobs=[stopped("J9", title="else"), pending("J5", title=NAME, type="import")])
    found, _ = run(shelf, VENDOR.find_model(request(None)))
    assert (found.model_id, found.preparing.id) == ("", "import:J5")


def test_a_finished_import_whose_asset_has_another_name_is_found():
    shelf = Shelf(
        jobs=[stopped("J5", title=NAME, type="import")],
        imports={"J5": {"job": {"id": "J5"}, "output": {"model": [{"name": "Mesh_0", "assetId": "A7"}]}}},
        assets=[asset("A7", name="Mesh_0")],
    )
    found, _ = run(shelf, VENDOR.find_model(request(None)))
    assert found == Upload("A7")


@pytest.mark.parametrize("jobs", [[], [stopped("J5", failures=1, title=NAME, type="import")]])
def test_a_model_without_asset_and_import_is_not_there(jobs):
    found, desk = run(Shelf(jobs=jobs), VENDOR.find_model(request(None)))
    assert found is None
    assert desk.labels == ["GET /api/assets", "GET /api/jobs"]


def test_a_model_is_uploaded_and_imported_under_a_name_that_holds_its_hash():
    shelf = Shelf()
    made, desk = run(shelf, VENDOR.upload(request(None)))
    assert (made.model_id, made.preparing.id) == ("", "import:J1")
    assert desk.calls[0].files[0].source.name == f"{NAME}.glb"
    assert shelf.started == [
        {"path": "/api/asset-jobs/import", "fileId": "F1", "orgId": ORG, "sync": False, "title": NAME}
    ]


def test_a_request_without_a_file_cannot_be_uploaded():
    bare = request(None).__class__("CHR-1", None, {})
    with pytest.raises(ModelFileError, match="no model file"):
        run(Shelf(), VENDOR.upload(bare))


OUTPUTS = [
    {"model": [{"name": "x", "assetId": "A1"}], "texture": [{"assetId": "T"}]},
    {"material": [{"assetId": "M"}], "scene": [{"name": "x", "assetId": "A1"}]},
]


@pytest.mark.parametrize("output", OUTPUTS)
def test_an_import_tells_its_asset(output):
    shelf = Shelf(imports={"J1": {"job": {"id": "J1"}, "output": output}})
    assert run(shelf, VENDOR.prepared(handles.of_import("J1", NAME, "F1")))[0] == "A1"


def test_an_import_that_tells_nothing_is_looked_up_by_its_file():
    shelf = Shelf(assets=[asset("A1", importedFileId="F1"), asset("A2", importedFileId="F2")])
    made, desk = run(shelf, VENDOR.prepared(handles.of_import("J1", NAME, "F2")))
    assert (made, desk.calls[1].query["importedFileId"]) == ("A2", "F2")


def test_an_import_without_an_asset_is_an_error_that_says_what_to_do():
    with pytest.raises(UnexpectedAnswerError, match="without telling which asset"):
        run(Shelf(), VENDOR.prepared(handles.of_import("J1", NAME, "F1")))


# Submitting.


def test_renders_of_many_assets_are_one_job_named_by_the_ticket():
    shelf = Shelf()
    asked = [request(name, "night-7", stageId=STAGE, width="640", format="jpg") for name in ("A1", "A2")]
    jobs, desk = run(shelf, VENDOR.submit(asked))
    assert [one.id for one in jobs] == ["J1:A1", "J1:A2"]
    assert jobs[0].refs == {"job": "J1"}
    assert desk.labels.count("POST /api/asset-jobs/renders") == 1
    assert shelf.started == [
        {
            "path": "/api/asset-jobs/renders",
            "orgId": ORG,
            "type": "webgl",
            "jobName": "night-7",
            "renderMissingLayers": True,
            "settings": {"output": {"resolution": {"width": 640, "height": 640}, "format": "jpeg"}},
            "assets": [
                {"assetId": name, "subset": {"attributes": {}, "uniqueAttrs": "all"}} for name in ("A1", "A2")
            ],
            "stages": [{"assetId": STAGE, "subset": {"attributes": {}, "uniqueAttrs": "all"}}],
        }
    ]


def test_every_attribute_is_named_so_that_one_picture_is_made():
    shelf = Shelf(items=[ITEM])
    run(shelf, VENDOR.submit([request("A1", "t", configuration={"Color": "Blue"})]))
    (asked,) = shelf.started[0]["assets"]
    assert {name: rule["values"] for name, rule in asked["subset"]["attributes"].items()} == {
        "Color": ["Blue"],
        "Legs": [{"assetId": "oak"}],
    }


def test_the_stage_keeps_its_defaults_beside_what_is_asked_for():
    cameras = [{"name": "Camera", "defaultValue": "Front"}, {"name": "Light", "defaultValue": "Day"}]
    shelf = Shelf(items=[{"id": STAGE, "attributes": cameras}])
    run(shelf, VENDOR.submit([request("A1", "t", stageId=STAGE, stageConfiguration={"Camera": "Top"})]))
    (stage,) = shelf.started[0]["stages"]
    rules = stage["subset"]["attributes"]
    assert {name: rule["values"] for name, rule in rules.items()} == {"Camera": ["Top"], "Light": ["Day"]}


def test_rendering_again_what_is_there_is_asked_for_by_a_setting():
    shelf = Shelf()
    run(shelf, VENDOR.submit([request("A1", "t", renderMissingLayers="false", type="vray")]))
    assert (shelf.started[0]["renderMissingLayers"], shelf.started[0]["type"]) == (False, "vray")


def test_what_one_job_cannot_hold_has_another_batch_key():
    same = VENDOR.batch_key(VENDOR.settings({"width": 1024})), VENDOR.batch_key({})
    assert same[0] == same[1]
    keys = [{}, {"type": "vray"}, {"configuration": {"a": 1}}, {"renderMissingLayers": False}, {"width": 64}]
    assert len({VENDOR.batch_key(VENDOR.settings(one)) for one in keys}) == len(keys)


def test_an_asset_without_an_id_is_not_submitted():
    with pytest.raises(ModelFileError, match="not uploaded yet"):
        run(Shelf(), VENDOR.submit([request(None, "t")]))


def test_trouble_before_the_paid_call_is_known_to_have_cost_nothing():
    with pytest.raises(UnavailableError) as caught:
        Desk(lambda call: (503, {})).run(VENDOR.submit([request("A1", "t")]))
    assert caught.value.happened is False


def test_a_job_that_is_not_named_may_have_been_started():
    def react(call):
        return (200, {"fileId": "F1"}) if call.method == "POST" else (404, {})

    with pytest.raises(OutcomeUnknownError) as caught:
        Desk(react).run(VENDOR.submit([request("A1", "t")]))
    assert caught.value.happened is None


# Finding what is there.


def find(shelf, asked, exclude=()):
    return run(shelf, VENDOR.find_existing(asked, exclude))


def test_a_picture_that_is_there_is_found():
    found, desk = find(Shelf(layers=[layer("L1")]), request())
    assert (found.answer, found.job.id) == (Answerable.FOUND, "layer:L1")
    assert found.job.refs == {"layer": "L1", "file": "F-L1"}
    query = next(call.query for call in desk.calls if call.path == "/api/layers")
    assert (query["assetId"], query["assetLayerConfiguration"]) == ("A1", "{}")
    assert (query["width"], query["height"], query["orgId"]) == ("1024", "1024", ORG)


OTHERS = [
    {"assetId": "A2"},
    {"assetLayerConfiguration": {"Color": "Red"}},
    {"stageId": STAGE},
    {"stageConfiguration": {"Camera": "Top"}},
    {"width": 512},
    {"height": 512},
    {"format": "glb"},
    {"fileId": None},
    {"deletedAt": "2026-01-01T00:00:00Z"},
]


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: next(iter(other)))
def test_another_picture_is_not_taken_for_it(other):
    def careless(call):
        return (200, {"layers": [layer("L1", **other)]}) if call.path == "/api/layers" else (404, {})

    found, _ = find(careless, request())
    assert found.answer is Answerable.ABSENT


def test_a_picture_is_looked_up_by_its_whole_configuration():
    shown = {"Color": "Blue", "Legs": {"assetId": "oak"}}
    shelf = Shelf(items=[ITEM], layers=[layer("L1", assetLayerConfiguration=shown)])
    assert find(shelf, request(configuration={"Color": "Blue"}))[0].job.id == "layer:L1"
    assert find(shelf, request())[0].answer is Answerable.ABSENT


def test_attributes_in_which_nothing_is_chosen_do_not_count():
    free = [{"name": "Note", "type": "String", "defaultValue": ""}]
    shown = {"Note": "", "Part": {"assetId": ""}}

    def loose(call):
        if call.path == "/api/layers":
            return 200, {"layers": [layer("L1", assetLayerConfiguration=shown)]}
        return (200, {"id": "A1", "attributes": free}) if "/v2/" in call.path else (404, {})

    assert find(loose, request())[0].job.id == "layer:L1"


@pytest.mark.parametrize(
    "shelf",
    [
        Shelf(items=[{"id": "A1", "defaultStageId": STAGE}], layers=[layer("L1", stageId=STAGE)]),
        Shelf(default_stages={"model": STAGE}, layers=[layer("L1", stageId=STAGE)]),
    ],
    ids=["the asset's", "the organisation's"],
)
def test_without_a_stage_the_default_one_is_meant(shelf):
    assert find(shelf, request())[0].job.id == "layer:L1"


def test_a_picture_of_another_renderer_is_not_taken():
    shelf = Shelf(layers=[layer("L1")], jobs=[stopped("J0", parameters={"type": "webgl"})])
    assert find(shelf, request(type="vray"))[0].answer is Answerable.ABSENT
    assert find(shelf, request())[0].job.id == "layer:L1"


def test_a_picture_in_another_format_is_taken_and_converted_on_its_way():
    shelf = Shelf(layers=[layer("L1")])
    found, _ = find(shelf, request(format="webp"))
    (output,), _ = run(shelf, VENDOR.outputs(found.job))
    assert (output.kind, output.name, output.media_type) == (OutputKind.IMAGE, "image.webp", "image/webp")
    fetch, _ = run(shelf, VENDOR.locate(output))
    assert (fetch.path, fetch.query["resultType"]) == ("/api/layers/layer", "file")
    assert fetch.query["optimization"] == '{"format": "webp"}'
    assert fetch.query["orgId"] == ORG


@pytest.mark.parametrize("excluded", ["layer:L1", "J0:A1"])
def test_excluded_renders_do_not_count(excluded):
    found, _ = find(Shelf(layers=[layer("L1")]), request(), {excluded})
    assert found.answer is Answerable.ABSENT


def test_without_a_cut_off_submit_no_job_is_looked_for():
    found, desk = find(Shelf(jobs=[pending("J5", title="t")]), request())
    assert (found.answer, "GET /api/jobs" in desk.labels) == (Answerable.ABSENT, False)


def test_a_cut_off_submit_is_found_by_its_ticket():
    shelf = Shelf(jobs=[pending("J6", title="u")] * 150 + [pending("J5", title="t")])
    found, _ = find(shelf, request(ticket="t"))
    assert (found.answer, found.job.id) == (Answerable.FOUND, "J5:A1")
    assert find(shelf, request(ticket="t"), {"J5:A1"})[0].answer is Answerable.ABSENT


def test_a_cut_off_submit_that_never_came_is_certainly_absent_after_twenty_pages():
    found, desk = find(Shelf(jobs=[stopped(f"o{n}") for n in range(2500)]), request(ticket="t"))
    assert (found.answer, desk.labels.count("GET /api/jobs")) == (Answerable.ABSENT, 20)


def test_a_job_that_failed_is_not_taken_over():
    shelf = Shelf(jobs=[stopped("J5", 1, failures=1, title="t")])
    assert find(shelf, request(ticket="t"))[0].answer is Answerable.ABSENT


def test_an_asset_that_is_not_there_has_no_pictures():
    assert find(Shelf(), request(None))[0].answer is Answerable.ABSENT


# Files.


def test_the_picture_of_a_render_is_the_layer_of_its_job():
    shelf = Shelf(layers=[layer("L1", jobId="J1"), layer("L2", jobId="J2")])
    (output,), desk = run(shelf, VENDOR.outputs(job("J2:A1", format="png")))
    assert (output.name, output.ref) == ("image.png", {"file": "F-L2"})
    assert (desk.calls[0].query["jobId"], desk.calls[0].query["assetId"]) == ("J2", "A1")
    fetch, _ = run(shelf, VENDOR.locate(output))
    assert (fetch.path, fetch.query, fetch.resumable) == ("/api/files/F-L2/content", {"orgId": ORG}, True)


def test_a_picture_that_its_job_left_as_it_was_is_delivered_all_the_same():
    shelf = Shelf(layers=[layer("L1", jobId="older")])
    (output,), _ = run(shelf, VENDOR.outputs(job("J2:A1", width=1024)))
    assert output.ref == {"file": "F-L1"}


def test_without_layers_the_files_of_the_asset_s_runs_are_taken():
    def files(*names):
        return {"files": [{"id": f"F-{name}", "filename": name} for name in names]}

    shelf = Shelf(
        runs=[
            {"id": "r1", "jobId": "J1", "taskId": "t1", "results": files("stdout", "a.png", "stderr")},
            {"id": "r2", "jobId": "J1", "taskId": "t2", "results": files("b.png")},
        ],
        tasks=[
            {"id": "t1", "jobId": "J1", "parameters": '{"assetId": "A1"}'},
            {"id": "t2", "jobId": "J1", "parameters": '{"assetId": "A2"}'},
        ],
    )
    outputs, _ = run(shelf, VENDOR.outputs(job("J1:A1", width=1024)))
    assert [output.name for output in outputs] == ["a.png"]
    whole, _ = run(shelf, VENDOR.outputs(job("job:J1", "")))
    assert [output.name for output in whole] == ["a.png", "b.png"]


def test_an_export_that_is_there_is_one_file():
    shelf = Shelf(files=[{"id": "F1", "filename": "chair.usdz"}])
    (output,), _ = run(shelf, VENDOR.outputs(job("file:F1")))
    assert (output.kind, output.name, output.ref) == (OutputKind.AR, "chair.usdz", {"file": "F1"})


def test_a_matrix_delivers_new_and_older_pictures_once_each_under_telling_names():
    red, blue, green = ({"Color": color} for color in ("Red", "Blue", "Green"))
    shelf = Shelf(
        layers=[
            layer("L1", jobId="J1", assetLayerConfiguration=red, stageId=STAGE),
            layer("L2", assetLayerConfiguration=blue, stageId=STAGE, stageConfiguration={"Camera": "Top"}),
            layer("L3", assetLayerConfiguration=red, stageId=STAGE),
            layer("L4", assetLayerConfiguration=green, stageId=STAGE),
            layer("L5", assetLayerConfiguration=blue),
            layer("L6", assetLayerConfiguration=blue, stageId=STAGE, width=64),
        ]
    )
    selection = {
        "attributes": {"Color": ["Red", "Blue"]},
        "stages": [{"assetId": STAGE, "attributes": {}}],
        "width": 1024,
        "height": 1024,
    }
    outputs, _ = run(shelf, VENDOR.outputs(job("J1:A1", **selection)))
    assert {output.name: output.ref["file"] for output in outputs} == {
        "Red.png": "F-L1",
        "Blue_Top.png": "F-L2",
    }


def test_a_matrix_without_stages_delivers_older_pictures_in_the_default_stage():
    rows = [layer("L1", stageId=STAGE), layer("L2", stageId="other"), layer("L3")]
    shelf = Shelf(layers=rows, default_stages={"model": STAGE})
    outputs, _ = run(shelf, VENDOR.outputs(job("J1:A1", attributes={}, stages=[])))
    assert {output.ref["file"] for output in outputs} == {"F-L1", "F-L3"}


def test_pictures_of_one_name_are_numbered():
    shelf = Shelf(layers=[layer(f"L{n}", jobId="J1") for n in range(3)])
    outputs, _ = run(shelf, VENDOR.outputs(job("job:J1", "")))
    assert [output.name for output in outputs] == ["image.png", "image-2.png", "image-3.png"]


def test_pictures_in_several_stages_are_named_by_the_stage():
    shelf = Shelf(layers=[layer(f"L{n}", jobId="J1", stageId=f"{n}" * 12) for n in range(2)])
    outputs, _ = run(shelf, VENDOR.outputs(job("job:J1", "")))
    assert [output.name for output in outputs] == ["00000000.png", "11111111.png"]


# The rest.


def test_a_render_counts_one_credit():
    assert VENDOR.price(VENDOR.settings({"type": "vray", "width": 8192})) == Decimal(1)


def test_nothing_can_be_cancelled():
    stopped_it, desk = run(Shelf(), VENDOR.cancel(job("J1:A1")))
    assert (VENDOR.capabilities.can_cancel, stopped_it, desk.calls) == (False, False, [])


def test_the_account_is_the_organisation_and_tells_no_credits():
    account, desk = run(Shelf(), VENDOR.account())
    assert (account.id, account.credits, desk.labels) == (ORG, None, [f"GET /api/orgs/{ORG}"])


def test_the_same_settings_in_other_words_have_one_fingerprint():
    spelled = VENDOR.settings({"width": "1024", "height": 1024, "format": "PNG", "configuration": "{}"})
    assert VENDOR.fingerprint("a", spelled) == VENDOR.fingerprint("a", VENDOR.settings({}))
    forced = VENDOR.settings({"renderMissingLayers": False})
    assert VENDOR.fingerprint("a", forced) == VENDOR.fingerprint("a", {})
