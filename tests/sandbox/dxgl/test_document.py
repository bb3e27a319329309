"""Every curl line of the vendor's document, sent as it stands there."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.sandbox import shapes

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def sample(the_rendering_one):
    """The document's model and its render."""
    return the_rendering_one.upload("chair.glb", shapes.glb(), length=3)


def test_ingest_a_url(rendering, shelf):
    url = shelf.put("/model.glb", shapes.glb())
    body = f'{{"url": "{url}", "renderSettings": {{"aspect": "16:9"}}}}'
    answer = rendering.api.post("/v1/models/ingest", content=body, headers=JSON)
    assert answer.status_code == 201
    assert answer.json()["data"].keys() == {"modelId", "renderId"}


def test_list_models_by_tag(rendering):
    answer = rendering.api.get("/v1/models?limit=10&tags=furniture")
    assert answer.status_code == 200
    assert answer.json().keys() == {"data", "meta"}


def test_get_a_model(rendering, sample):
    data = rendering.api.get(f"/v1/models/{sample['modelId']}").json()["data"]
    assert data["renders"][-1].keys() == {"id", "status", "renderSettings", "createdAt", "updatedAt"}


def test_update_a_model(rendering, sample):
    body = '{"title": "Ergonomic Chair Pro", "sku": "ECP-2001", "tags": ["furniture", "office"]}'
    answer = rendering.api.patch(f"/v1/models/{sample['modelId']}", content=body, headers=JSON)
    assert answer.status_code == 200
    assert answer.json()["data"]["sku"] == "ECP-2001"


def test_archive_and_unarchive_a_model(rendering, sample):
    for verb in ("archive", "unarchive"):
        assert rendering.api.patch(f"/v1/models/{sample['modelId']}/{verb}").status_code == 200


def test_download_the_model_file(rendering, sample):
    answer = rendering.api.get(f"/v1/models/{sample['modelId']}/file")
    assert answer.content.startswith(b"glTF")


def test_upload_a_glb_and_start_rendering(rendering):
    answer = rendering.api.post(
        "/v1/models",
        files={"file": ("chair.glb", shapes.glb(), "application/octet-stream")},
        data={"renderSettings": '{"aspect":"16:9","bgColor":"#ffffff","length":6}'},
    )
    assert answer.status_code == 201
    assert answer.json()["data"].keys() == {"modelId", "renderId"}


def test_upload_a_scan(rendering):
    answer = rendering.api.post(
        "/v1/models",
        files={"file": ("scan.zip", shapes.obj_zip(), "application/octet-stream")},
        data={"renderSettings": '{"aspect":"1:1","bgColor":"#ffffff","length":9}'},
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("settings", "price"),
    [
        ('{"quality":"4k","aspect":"16:9","bgColor":"#ffffff"}', 4),
        ('{"quality":"pro","aspect":"16:9","bgColor":"#000000"}', 16),
        ('{"effect": "dataset"}', 1),
    ],
)
def test_create_a_render(rendering, sample, settings, price):
    body = f'{{"modelId":"{sample["modelId"]}","renderSettings":{settings}}}'
    answer = rendering.api.post("/v1/renders", content=body, headers=JSON)
    assert answer.status_code == 201
    assert rendering.bill()["calls"][-1]["credits"] == price
    rendering.api.delete(f"/v1/renders/{answer.json()['data']['id']}")


def test_check_the_status_then_download_the_video_and_all_assets(rendering, sample):
    render = rendering.wait(sample["renderId"])
    assert render["status"] == "done"
    assert rendering.asset(sample["renderId"], "video").content[4:8] == b"ftyp"
    bundle = rendering.asset(sample["renderId"], "bundle").content
    assert zipfile.ZipFile(io.BytesIO(bundle)).testzip() is None


def test_the_account(rendering):
    assert rendering.api.get("/v1/account").json()["data"].keys() == {"id", "email", "credits"}
