from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from airflow_provider_render.vendors.glossi.webhooks import Delivery, read_delivery, verify_signature
from tests.secret_watch import secret

SECRET = secret("whsec_abc")
BODY = json.dumps({"event": "render.complete", "n": 1.0, "name": "Überzug"}, indent=2).encode()


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_the_body_as_it_came_is_accepted():
    assert verify_signature(BODY, signed(BODY), SECRET)
    assert verify_signature(BODY, f" {signed(BODY).upper()} ", SECRET)


def test_the_body_as_javascript_writes_it_anew_is_accepted():
    anew = '{"event":"render.complete","n":1,"name":"Überzug"}'.encode()
    assert verify_signature(BODY, signed(anew), SECRET)


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        (BODY + b" ", signed(BODY)[:-1] + "g", SECRET),
        (BODY.replace(b"render", b"model_"), signed(BODY), SECRET),
        (BODY, signed(BODY, "other"), SECRET),
        (BODY, signed(BODY, ""), ""),
        (BODY, "", SECRET),
        (BODY, "ünsinn", SECRET),
        (b"\xff no json", signed(BODY), SECRET),
    ],
)
def test_anything_else_is_refused(body, signature, secret):
    assert not verify_signature(body, signature, secret)


def test_a_body_that_is_no_json_can_still_be_signed():
    assert verify_signature(b"\xff no json", signed(b"\xff no json"), SECRET)


@pytest.mark.parametrize(
    "said",
    [
        {"event": "render.failed", "jobId": "J1", "projectId": "P1", "status": "FAILED"},
        {
            "event": "render.failed",
            "timestamp": "2026",
            "data": {"jobId": "J1", "projectId": "P1", "status": "FAILED"},
        },
    ],
)
def test_ids_are_found_at_the_top_and_under_data(said):
    delivery = read_delivery(json.dumps(said).encode())
    assert delivery == Delivery("render.failed", "J1", "P1", None, "FAILED")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event": 7}'])
def test_what_is_no_delivery_is_refused(body):
    with pytest.raises(ValueError):
        read_delivery(body)
