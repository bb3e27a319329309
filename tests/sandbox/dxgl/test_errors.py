from __future__ import annotations

import pytest

from airflow_provider_render.sandbox.dxgl.errors import TABLE
from tests.sandbox import shapes

LARGE = 100 * 1024 * 1024


def post(path, **body):
    return lambda sandbox, shelf: sandbox.api.post(path, json=body)


def get(path):
    return lambda sandbox, shelf: sandbox.api.get(path)


def upload(name, content):
    return lambda sandbox, shelf: sandbox.api.post("/v1/models", files={"file": (name, content)})


def of_pending(path):
    def call(sandbox, shelf):
        return sandbox.asset(sandbox.upload("box.glb", shapes.glb())["renderId"], path)

    return call


def with_fault(**fault):
    def call(sandbox, shelf):
        sandbox.arm(**fault)
        return sandbox.api.get("/v1/account")

    return call


def without_credits(sandbox, shelf):
    sandbox.set_credits(0)
    return sandbox.api.post("/v1/models", files={"file": ("box.glb", shapes.glb())})


def file_of_a_scan_not_yet_converted(sandbox, shelf):
    model = sandbox.upload("scan.zip", shapes.obj_zip())["modelId"]
    return sandbox.api.get(f"/v1/models/{model}/file")


def wrong_settings(sandbox, shelf):
    settings = {"renderSettings": '{"length": 99}'}
    return sandbox.api.post("/v1/models", files={"file": ("box.glb", shapes.glb())}, data=settings)


DOCUMENTED = {
    "unauthorized": (401, lambda sandbox, shelf: sandbox.anonymous.get("/v1/account")),
    "token_expired": (401, with_fault(kind="reject", code="token_expired")),
    "forbidden": (403, with_fault(kind="reject", code="forbidden")),
    "insufficient_scope": (403, with_fault(kind="reject", code="insufficient_scope")),
    "no_file": (400, lambda sandbox, shelf: sandbox.api.post("/v1/models", data={"renderSettings": "{}"})),
    "invalid_format": (400, upload("chair.fbx", b"Kaydara FBX")),
    "invalid_url": (400, post("/v1/models/ingest", url="ftp://127.0.0.1/chair.glb")),
    "url_required": (400, post("/v1/models/ingest")),
    "invalid_settings": (400, wrong_settings),
    "model_id_required": (400, post("/v1/renders", renderSettings={})),
    "file_too_large": (400, upload("large.glb", b"glTF" + bytes(LARGE))),
    "no_credits": (402, without_credits),
    "model_not_found": (404, get("/v1/models/Ab3kF9x2qL1m")),
    "render_not_found": (404, get("/v1/renders/Xz7pQ4w8nR2k")),
    "renders_required": (400, post("/v1/renders/batch", renders=[])),
    "too_many": (400, post("/v1/renders/batch", renders=[{"modelId": "x"}] * 101)),
    "upload_limit": (429, with_fault(kind="reject", code="upload_limit")),
    "video_not_found": (404, of_pending("video")),
    "poster_not_found": (404, of_pending("poster")),
    "thumb_not_found": (404, of_pending("thumb")),
    "file_not_found": (404, file_of_a_scan_not_yet_converted),
    "sha256_required": (400, post("/v1/models/check-hash")),
    "timeout": (
        408,
        lambda sandbox, shelf: post("/v1/models/ingest", url=shelf.put("/slow.glb"))(sandbox, shelf),
    ),
    "internal": (500, with_fault(kind="error_before")),
}


@pytest.mark.parametrize("code", DOCUMENTED)
def test_every_documented_error_comes_in_the_documented_envelope(waiting, shelf, code):
    status, call = DOCUMENTED[code]
    answer = call(waiting, shelf)
    assert answer.status_code == status
    assert answer.json().keys() == {"error"}
    error = answer.json()["error"]
    assert error.keys() == {"code", "message", "status"}
    assert (error["code"], error["status"]) == (code, status)
    assert error["message"]


def test_the_whole_table_is_tried():
    assert DOCUMENTED.keys() == TABLE.keys()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("GET", "/v1/models/", 404, "not_found"),
        ("PUT", "/v1/models", 405, "method_not_allowed"),
        ("DELETE", "/v1/overlays/none", 404, "not_found"),
    ],
)
def test_other_errors_use_the_same_envelope(waiting, method, path, status, code):
    answer = waiting.api.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["status"] == status


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("chair.glb", b"PK\x03\x04"),
        ("chair.zip", b"glTF"),
        ("chair.gltf", b"glTF"),
        ("chair", b"glTF"),
        ("empty.glb", b""),
        ("chair.obj", b"v 0 0 0"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(waiting, name, content):
    answer = waiting.api.post("/v1/models", files={"file": (name, content)})
    assert answer.json()["error"]["code"] == "invalid_format"
    assert waiting.balance() == 1000


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("chair.glb", "invalid_url"),
        ("http://", "invalid_url"),
        ("http://[::1/chair.glb", "invalid_url"),
        (5, "invalid_url"),
        ("http://127.0.0.1:99999/chair.glb", "invalid_url"),
        ("file:///etc/passwd", "invalid_url"),
    ],
)
def test_only_web_addresses_are_ingested(waiting, url, code):
    assert waiting.api.post("/v1/models/ingest", json={"url": url}).json()["error"]["code"] == code


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("/missing.glb", None, "invalid_url"),
        ("/scan.zip", b"PK\x03\x04", "invalid_format"),
        ("/page.glb", b"<html>", "invalid_format"),
        ("/large.glb", b"glTF" + bytes(LARGE), "file_too_large"),
    ],
)
def test_what_the_url_gives_must_be_a_model(waiting, shelf, path, content, code):
    answer = waiting.api.post("/v1/models/ingest", json={"url": shelf.put(path, content)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert waiting.balance() == 1000


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic dXNlcjpw", "dxgl_sk_x"])
def test_a_wrong_token_is_unauthorized(waiting, header):
    answer = waiting.anonymous.get("/v1/account", headers={"Authorization": header})
    assert answer.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff"])
def test_a_body_that_is_not_a_json_object_misses_its_fields(waiting, body):
    answer = waiting.api.post("/v1/renders", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["error"]["code"] == "model_id_required"


DEEP = '{"a": ' * 200 + "1" + "}" * 200
UNANSWERABLE = ['{"a": "\\ud800"}', '{"\\udfff": 1}', '{"a": NaN}', '{"a": 1e999}', DEEP]


@pytest.mark.parametrize("settings", UNANSWERABLE)
def test_settings_that_no_answer_could_repeat_are_refused_before_they_cost_anything(waiting, model, settings):
    before, body = waiting.balance(), f'{{"modelId": "{model}", "renderSettings": {settings}}}'
    headers = {"Content-Type": "application/json"}
    assert waiting.api.post("/v1/renders", content=body, headers=headers).status_code == 400
    form = {"files": {"file": ("box.glb", shapes.glb())}, "data": {"renderSettings": settings}}
    assert waiting.api.post("/v1/models", **form).json()["error"]["code"] == "invalid_settings"
    assert waiting.api.get(f"/v1/models/{model}").status_code == 200
    assert waiting.balance() == before


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "/v1/models/{}"), ("POST", "/v1/models/check-hash"), ("POST", "/v1/models/ingest")],
)
def test_half_a_character_harms_no_endpoint(waiting, model, method, path):
    body = '{"title": "\\ud800", "sha256": "\\ud800", "url": "http://127.0.0.1/\\ud800.glb"}'
    assert waiting.api.request(method, path.format(model), content=body).status_code < 500
    assert waiting.api.get(f"/v1/models/{model}").status_code == 200


def test_json_nested_beyond_what_python_reads_is_refused(waiting):
    assert waiting.api.post("/v1/renders", content="[" * 100_000 + "]" * 100_000).status_code == 400


def test_an_absurdly_large_json_body_is_refused(waiting):
    answer = waiting.api.post("/v1/renders", content=b'"' + b"x" * (5 << 20) + b'"')
    assert answer.json()["error"]["code"] == "invalid_request"


def test_a_broken_multipart_body_is_refused(waiting):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = waiting.api.post("/v1/models", content=b"--x\r\nno header\r\n--x--", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == 400


def test_health_needs_no_token(waiting):
    answer = waiting.anonymous.get("/v1/health")
    assert answer.status_code == 200
    assert answer.json()["data"]["database"] == "connected"
