from __future__ import annotations

import re
import socket
from email.utils import parsedate_to_datetime

import httpx
import pytest

from tests.sandbox import shapes


@pytest.fixture(scope="module")
def model(the_waiting_one):
    return the_waiting_one.upload("box.glb", shapes.glb())["modelId"]


def submit(sandbox, model):
    return sandbox.api.post("/v1/renders", json={"modelId": model})


def raw(sandbox, path):
    """What a client really receives, byte for byte, until the connection ends."""
    url = httpx.URL(sandbox.url)
    lines = [f"GET /dxgl{path} HTTP/1.1", "Host: sandbox", f"Authorization: Bearer {sandbox.token}"]
    with socket.create_connection((url.host, url.port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
        return received


def test_requests_above_the_rate_limit_are_429_with_the_seconds_to_wait(waiting):
    waiting.arm(kind="rate_limit", per_second=2, seconds=7)
    answers = [waiting.api.get("/v1/account") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "7"
    assert answers[2].json()["error"]["status"] == 429


def test_retry_after_can_be_a_date(waiting):
    waiting.arm(kind="rate_limit", per_second=0.5, seconds=60, retry_after="date")
    waiting.api.get("/v1/account")
    answer = waiting.api.get("/v1/account")
    again = parsedate_to_datetime(answer.headers["Retry-After"])
    assert again > parsedate_to_datetime(answer.headers["Date"])


def test_an_error_before_handling_charges_nothing(waiting, model):
    waiting.arm(kind="error_before", next=1)
    answer = submit(waiting, model)
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert waiting.balance() == 1000
    assert submit(waiting, model).status_code == 201


def test_an_error_after_handling_hides_that_the_render_was_made_and_charged(waiting, model):
    renders = waiting.api.get("/v1/renders", params={"model": model}).json()["meta"]["total"]
    waiting.arm(kind="error_after", next=1)
    assert submit(waiting, model).status_code == 500
    assert waiting.balance() == 999
    assert waiting.api.get("/v1/renders", params={"model": model}).json()["meta"]["total"] == renders + 1


def test_a_connection_dropped_before_handling_charges_nothing(waiting, model):
    waiting.arm(kind="drop_before", match="POST /dxgl/v1/renders$", next=1)
    with pytest.raises(httpx.TransportError):
        submit(waiting, model)
    assert waiting.balance() == 1000


def test_a_connection_dropped_after_handling_has_charged(waiting, model):
    waiting.arm(kind="drop_after", match="POST /dxgl/v1/renders$", next=1)
    with pytest.raises(httpx.TransportError):
        submit(waiting, model)
    assert waiting.balance() == 999


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_dropped_connection_carries_not_one_byte(waiting, kind):
    waiting.arm(kind=kind, next=1)
    assert raw(waiting, "/v1/account") == b""


def test_an_error_of_the_vendor_does_not_use_up_a_fault_after_handling(waiting, model):
    waiting.arm(kind="drop_after", next=1, match="POST")
    assert waiting.api.post("/v1/renders", json={}).status_code == 400
    assert waiting.fired() == [0]
    with pytest.raises(httpx.TransportError):
        submit(waiting, model)


def test_latency_keeps_an_impatient_client_waiting(waiting):
    waiting.arm(kind="latency", seconds=30, match="GET /dxgl/v1/account")
    with pytest.raises(httpx.ReadTimeout):
        waiting.api.get("/v1/account", timeout=0.2)
    assert waiting.api.get("/v1/overlays", timeout=10).status_code == 200


def test_late_listing_hides_fresh_renders_from_every_read(waiting, model):
    render = submit(waiting, model).json()["data"]["id"]
    waiting.arm(kind="late_listing", seconds=3600)
    assert waiting.api.get(f"/v1/renders/{render}").json()["error"]["code"] == "render_not_found"
    assert waiting.api.get("/v1/renders").json()["meta"]["total"] == 0
    assert waiting.api.get(f"/v1/models/{model}").json()["data"]["renders"] == []
    waiting.arm(kind="late_listing", seconds=0)
    assert waiting.render(render)["status"] == "pending"


def test_a_truncated_body_promises_its_full_length(waiting, model):
    whole = waiting.api.get(f"/v1/models/{model}/file").content
    waiting.arm(kind="truncate", next=1)
    head, _, body = raw(waiting, f"/v1/models/{model}/file").partition(b"\r\n\r\n")
    assert re.search(rb"content-length: (\d+)", head)[1] == str(len(whole)).encode()
    assert body == whole[: len(whole) // 2]


def test_truncation_leaves_json_answers_alone(waiting):
    waiting.arm(kind="truncate")
    assert waiting.api.get("/v1/account").status_code == 200
    assert waiting.fired() == [0]


def test_an_armed_render_failure_hits_the_next_renders_only(rendering):
    rendering.arm(kind="render_failure", next=1)
    doomed = rendering.upload("box.glb", shapes.glb(), length=3)
    again = rendering.api.post(
        "/v1/renders", json={"modelId": doomed["modelId"], "renderSettings": {"length": 3}}
    )
    failed = rendering.wait(doomed["renderId"])
    assert failed["status"] == "error"
    assert "render_failure" in failed["errorMessage"]
    assert rendering.wait(again.json()["data"]["id"])["status"] == "done"
    model = rendering.api.get(f"/v1/models/{doomed['modelId']}").json()["data"]
    [preview] = [render for render in model["renders"] if render.get("is_system_preview")]
    assert rendering.wait(preview["id"])["status"] == "done"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("token_expired", 401),
        ("insufficient_scope", 403),
        ("forbidden", 403),
        ("upload_limit", 429),
        ("timeout", 408),
    ],
)
def test_reject_answers_the_vendors_own_error(waiting, model, code, status):
    waiting.arm(kind="reject", code=code, match="POST")
    answer = submit(waiting, model)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert waiting.balance() == 1000


def test_a_probability_of_zero_never_hits(waiting):
    waiting.arm(kind="error_before", probability=0)
    assert {waiting.api.get("/v1/account").status_code for _ in range(20)} == {200}


def test_a_probability_hits_some_calls(waiting):
    waiting.arm(kind="error_before", probability=0.5)
    assert {waiting.api.get("/v1/account").status_code for _ in range(60)} == {200, 500}


def test_several_faults_live_side_by_side_and_are_counted(waiting):
    faults = [
        {"kind": "error_before", "next": 1, "match": "GET .*/account"},
        {"kind": "error_before", "next": 2, "match": "GET .*/overlays"},
    ]
    waiting.control.put("/faults", json={"faults": faults})
    assert waiting.api.get("/v1/overlays").status_code == 500
    assert waiting.api.get("/v1/account").status_code == 500
    assert waiting.fired() == [1, 1]
    waiting.control.delete("/faults")
    assert waiting.control.get("/faults").json() == {"faults": []}
    assert waiting.api.get("/v1/overlays").status_code == 200


def test_a_fault_that_makes_no_sense_is_refused_and_the_old_ones_stay(waiting):
    waiting.arm(kind="latency", seconds=0)
    assert waiting.control.put("/faults", json={"faults": [{"kind": "latency"}]}).status_code == 422
    assert len(waiting.fired()) == 1


def test_faults_can_be_armed_from_the_start(launch):
    sandbox = launch("--fault", "error_before next=1", "--fault", "rate_limit per_second=100")
    assert sandbox.api.get("/v1/account").status_code == 500
    assert sandbox.api.get("/v1/account").status_code == 200
    assert sandbox.stop() == 0
