from __future__ import annotations

import io
import uuid
import zipfile

import pytest

from tests.sandbox import shapes
from tests.sandbox.threekit.running import outputs


def named(threekit, name):
    return threekit.ok(threekit.api.get("/assets", params={"name": name, "type": "model"}))["assets"]


def test_an_import_makes_a_model_named_after_its_file(threekit):
    imported = threekit.start_import("Bench No 1.glb", shapes.glb(), title="key-1")
    [asset] = named(threekit, "Bench No 1")
    assert imported["job"]["title"] == "key-1"
    output = threekit.ok(threekit.api.get(f"/catalog/jobs/{imported['jobId']}"))["output"]
    assert output == {"model": [{"name": "Bench No 1", "assetId": asset["id"]}]}
    found = threekit.api.get("/assets", params={"importedFileId": asset["importedFileId"]}).json()
    assert [each["id"] for each in found["assets"]] == [asset["id"]]


def test_an_import_is_a_job_that_runs_in_the_background(threekit):
    imported = threekit.start_import("later.glb", shapes.glb(), sync=False)
    assert imported["job"]["status"] == "pending"
    job = threekit.wait(imported["jobId"])
    assert (job["type"], job["taskResultSuccesses"], job["taskResultFailures"]) == ("import", 1, 0)
    assert outputs(job) == []


def test_an_import_of_the_same_name_updates_the_asset(threekit):
    first, second = threekit.model("same.glb"), threekit.model("same.glb")
    assert first == second
    assert len(named(threekit, "same")) == 1


def test_assets_are_not_overwritten_if_the_import_says_so(threekit):
    first = threekit.model("twin.glb")
    second = threekit.model("twin.glb", settings={"dontOverwriteAssets": True})
    assert first != second
    assert len(named(threekit, "twin")) == 2


def test_an_asset_in_another_folder_is_another_one(threekit):
    assert threekit.model("foldered.glb") != threekit.model("foldered.glb", parentFolderId=str(uuid.uuid4()))


def test_a_named_target_is_updated_whatever_the_file_is_called(threekit):
    target = threekit.model("target.glb")
    head = threekit.api.get(f"/v2/assets/{target}").json()["head"]
    assert threekit.model("other name.glb", targetAssetId=target) == target
    assert threekit.api.get(f"/v2/assets/{target}").json()["head"] != head


@pytest.mark.parametrize(
    ("name", "kind"), [("wool.png", "texture"), ("logo.svg", "vector"), ("sans.ttf", "font")]
)
def test_other_files_become_other_assets(threekit, name, kind):
    imported = threekit.start_import(name, shapes.png("#c00000"))
    output = threekit.api.get(f"/catalog/jobs/{imported['jobId']}").json()["output"]
    assert list(output) == [kind]


def test_a_zipped_obj_is_converted(threekit):
    asset = threekit.model("plate.zip", shapes.obj_zip())
    attributes = threekit.api.get(f"/v2/assets/{asset}").json()["attributes"]
    assert "clay" in [attribute["name"] for attribute in attributes]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("damaged.glb", shapes.corrupt_glb(), "damaged"),
        ("text.glb", b"not a model", "not a GLB"),
        ("closed.fbx", b"Kaydara FBX Binary", "fbx"),
        ("notes.docx", b"PK", ".docx"),
        ("empty.zip", b"PK\x05\x06" + bytes(18), "ZIP"),
    ],
)
def test_a_file_that_cannot_be_imported_fails_its_job_with_the_reason(threekit, name, content, said):
    job = threekit.start_import(name, content)["job"]
    assert (job["status"], job["taskResultFailures"], job["taskResultSuccesses"]) == ("stopped", 1, 0)
    [run] = job["runs"]
    assert run["resultCode"] == "Failed"
    assert said in run["error"]
    assert threekit.api.get(f"/catalog/jobs/{job['id']}").json()["output"] == {}


def test_many_files_are_uploaded_and_imported_in_one_call(threekit):
    files = [("files", (f"pair {number}.glb", shapes.glb())) for number in (1, 2)]
    answer = threekit.api.post("/catalog/assets/upload", files=files, data={"sync": "true"})
    assert [each["job"]["taskResultSuccesses"] for each in answer.json()] == [1, 1]
    assert answer.json()[0].keys() == {"jobId", "job", "msg"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"fileId": "x"}, 422),
        ({"fileId": str(uuid.uuid4())}, 404),
    ],
)
def test_an_import_needs_a_file_that_exists(threekit, body, status):
    assert threekit.api.post("/asset-jobs/import", json=body).status_code == status


@pytest.mark.parametrize(
    "fields", [{"targetAssetId": "nothing"}, {"parentFolderId": ["a"]}, {"settings": "none"}]
)
def test_an_unknown_target_or_a_malformed_field_is_refused(threekit, fields):
    body = {"fileId": threekit.upload("a.glb", shapes.glb())["id"], **fields}
    assert threekit.api.post("/asset-jobs/import", json=body).status_code == 422


def test_clara_cannot_be_reached_and_says_so(threekit):
    answer = threekit.api.post("/asset-jobs/clara", json={"claraURL": "https://clara.io/view/1"})
    assert answer.status_code == 422
    assert "Clara.io" in answer.json()["message"]


def test_imports_and_exports_cost_nothing(threekit):
    before = threekit.bill()["credits"]
    asset = threekit.model("free.glb")
    threekit.ok(threekit.api.post(f"/asset-jobs/{asset}/export/glb", json={"sync": True}))
    assert threekit.bill()["credits"] == before


@pytest.fixture(scope="module")
def exported(the_threekit, chair):
    """Exports of a red chair by format."""
    body = {"sync": True, "cache": "true", "configuration": {"Color": "#aa3344"}}
    return {
        form: the_threekit.ok(the_threekit.api.post(f"/asset-jobs/{chair}/export/{form}", json=body))
        for form in ("glb", "usdz", "stl", "dxf", "step")
    }


@pytest.mark.parametrize(("form", "mark"), [("glb", b"glTF"), ("usdz", b"PK"), ("dxf", b"0\nSECTION")])
def test_an_export_is_really_made(threekit, exported, form, mark):
    content = threekit.content(exported[form]["fileId"])
    assert content.startswith(mark)
    assert len(content) > 1000


def test_an_exported_usdz_is_a_whole_zip(threekit, exported):
    content = threekit.content(exported["usdz"]["fileId"])
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None


def test_the_job_of_an_export_carries_its_id_like_the_vendor_does(exported):
    assert exported["glb"]["job"]["_id"] == exported["glb"]["jobId"]


def test_step_fails_honestly(exported):
    job = exported["step"]["job"]
    assert (job["status"], job["taskResultFailures"]) == ("stopped", 1)
    assert "STEP" in job["runs"][0]["error"]
    assert "fileId" not in exported["step"]


def test_a_cached_export_is_the_same_file_at_once(threekit, chair, exported):
    body = {"cache": "true", "sync": False, "configuration": {"Color": "#aa3344"}}
    again = threekit.ok(threekit.api.post(f"/asset-jobs/{chair}/export/glb", json=body))
    assert again["fileId"] == exported["glb"]["fileId"]
    assert again["job"]["status"] == "stopped"


def test_wait_serves_the_older_file_while_a_new_one_is_made(threekit):
    asset = threekit.model("versioned.glb")
    path, body = f"/asset-jobs/{asset}/export/glb", {"cache": "true", "wait": True}
    older = threekit.ok(threekit.api.post(path, json={**body, "sync": True}))["fileId"]
    threekit.model("versioned.glb")
    meanwhile = threekit.ok(threekit.api.post(path, json=body))
    assert meanwhile["fileId"] == older
    newer = threekit.wait(meanwhile["jobId"])
    assert outputs(newer)[0]["id"] != older


def test_an_unknown_format_is_refused(threekit, chair):
    assert threekit.api.post(f"/asset-jobs/{chair}/export/fbx", json={}).status_code == 422


def test_what_has_no_model_cannot_be_exported(threekit):
    stage = threekit.stages()["White Studio"]
    assert threekit.api.post(f"/asset-jobs/{stage}/export/glb", json={}).status_code == 422


def test_an_exported_stl_holds_every_triangle(threekit, exported):
    content = threekit.content(exported["stl"]["fileId"])
    assert int.from_bytes(content[80:84], "little") == 24
    assert len(content) == 84 + 50 * 24
