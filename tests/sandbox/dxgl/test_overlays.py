from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.sandbox import shapes


def upload(sandbox, content=None, **fields):
    files = {"file": ("picture.png", content or shapes.png("#336699"))}
    return sandbox.api.post("/v1/overlays", files=files, data=fields)


def test_an_upload_answers_200_with_the_defaults(waiting):
    answer = upload(waiting)
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert data == {"id": data["id"], "layer": "background", "alignment": "top-left", "name": None}
    assert len(data["id"]) == 12


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_png_jpeg_and_webp_are_accepted(waiting, form):
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, form)
    assert upload(waiting, target.getvalue(), name=form).json()["data"]["name"] == form


def test_the_list_shows_own_and_system_overlays_by_layer(waiting):
    own = upload(waiting, layer="foreground", name="Logo", alignment="bottom-right").json()["data"]
    everything = waiting.api.get("/v1/overlays").json()["data"]
    front = waiting.api.get("/v1/overlays", params={"layer": "foreground"}).json()["data"]
    assert own["id"] in {overlay["id"] for overlay in front}
    assert {overlay["layer"] for overlay in front} == {"foreground"}
    assert "Studio grey" in {overlay["name"] for overlay in everything}


def test_own_overlays_can_be_deleted_system_ones_cannot(waiting):
    own = upload(waiting).json()["data"]["id"]
    assert waiting.api.delete(f"/v1/overlays/{own}").status_code == 200
    assert waiting.api.delete(f"/v1/overlays/{own}").status_code == 404
    [system] = [
        each for each in waiting.api.get("/v1/overlays").json()["data"] if each["name"] == "Studio grey"
    ]
    assert waiting.api.delete(f"/v1/overlays/{system['id']}").status_code == 404
    assert system in waiting.api.get("/v1/overlays").json()["data"]


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [
        (b"GIF89a", {}, "invalid_format"),
        (b"\x89PNG\r\n\x1a\n", {}, "invalid_format"),
        (shapes.png("#336699")[:-30], {}, "invalid_format"),
        (shapes.png("#336699", (8000, 8000)), {}, "invalid_format"),
        (b"\x89PNG\r\n\x1a\n" + bytes(10 * 1024 * 1024), {}, "file_too_large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(12 * 1024 * 1024), {}, "file_too_large"),
        (None, {"layer": "middle"}, "invalid_request"),
        (None, {"alignment": "north"}, "invalid_request"),
        (None, {"name": "x" * 101}, "invalid_request"),
        (None, {"description": "x" * 501}, "invalid_request"),
    ],
)
def test_an_overlay_that_does_not_fit_is_refused(waiting, content, fields, code):
    answer = upload(waiting, content, **fields)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_an_overlay_upload_needs_a_file(waiting):
    assert waiting.api.post("/v1/overlays", data={"name": "x"}).json()["error"]["code"] == "no_file"


def test_an_overlay_is_the_background_of_a_render(rendering, gallery):
    poster = shapes.picture(rendering.asset(gallery.renders["overlay"], "poster?quality=full").content)
    for corner in ((0, 0), (95, 0)):
        assert poster.getpixel(corner) == pytest.approx((192, 0, 0), abs=12)


def test_an_unknown_overlay_is_an_invalid_setting(waiting, model):
    body = {"modelId": model, "renderSettings": {"bgImageId": "nothing"}}
    error = waiting.api.post("/v1/renders", json=body).json()["error"]
    assert error["code"] == "invalid_settings"
    assert "bgImageId" in error["message"]
