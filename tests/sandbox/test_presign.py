from __future__ import annotations

import time

import pytest
from starlette.requests import Request

from airflow_provider_render.sandbox.presign import (
    CredentialsSent,
    PresignError,
    SignatureExpired,
    SignatureWrong,
    Signer,
    check_request,
)

PATH = "/workspaces/w1/a b/modèle.glb"
END = 2_000_000_000


@pytest.fixture
def signer():
    return Signer("secret")


@pytest.fixture
def link(signer):
    """Query parameters that permit to PUT the path until the end."""
    return signer.sign("PUT", PATH, END, partNumber="1")


def test_a_signed_request_passes_until_its_last_second(signer, link):
    signer.check("PUT", PATH, link, END - 1)
    with pytest.raises(SignatureExpired, match="Request has expired"):
        signer.check("PUT", PATH, link, END)


def test_a_link_outlives_a_restart_with_the_same_secret(link):
    Signer("secret").check("PUT", PATH, link, END - 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "GET"},
        {"path": "/workspaces/w1/other.glb"},
        {"partNumber": "2"},
        {"X-Amz-Expires": "999999999"},
        {"X-Amz-Signature": "é" * 64},
        {"response-content-type": "text/html"},
    ],
)
def test_whatever_is_changed_breaks_the_signature(signer, link, changed):
    method, path = changed.pop("method", "PUT"), changed.pop("path", PATH)
    with pytest.raises(SignatureWrong):
        signer.check(method, path, {**link, **changed}, END - 1)


def test_a_link_of_somebody_else_does_not_count(link):
    with pytest.raises(SignatureWrong):
        Signer("another").check("PUT", PATH, link, END - 1)


@pytest.mark.parametrize("missing", ["X-Amz-Date", "X-Amz-Expires", "partNumber"])
def test_a_missing_parameter_breaks_the_signature(signer, link, missing):
    del link[missing]
    with pytest.raises(SignatureWrong):
        signer.check("PUT", PATH, link, END - 1)


def test_without_a_signature_access_is_denied(signer):
    with pytest.raises(PresignError, match="Access Denied"):
        signer.check("PUT", PATH, {}, END - 1)


def test_the_end_can_be_read_from_the_link_as_from_one_of_s3(signer):
    ends = int(time.time()) + 3600
    assert int(signer.sign("GET", PATH, ends)["X-Amz-Expires"]) in (3599, 3600)


def test_a_link_that_ended_in_the_past_is_expired_not_wrong(signer):
    with pytest.raises(SignatureExpired):
        signer.check("GET", PATH, signer.sign("GET", PATH, 1_000_000_000), time.time())


def request(query: dict[str, str], **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return Request({"type": "http", "method": "PUT", "headers": raw, "query_string": text.encode()})


def test_credentials_beside_the_signature_are_refused(signer, link):
    check_request(signer, request(link, content_type="model/gltf-binary"), PATH)
    for header in ("authorization", "x_api_key", "cookie"):
        with pytest.raises(CredentialsSent, match="Only one auth mechanism allowed"):
            check_request(signer, request(link, **{header: "anything"}), PATH)


def test_the_answer_is_the_xml_of_s3():
    answer = SignatureExpired("Request has expired").response()
    assert (answer.status_code, answer.media_type) == (403, "application/xml")
    assert b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in answer.body
    assert SignatureWrong().response().status_code == 403
    assert CredentialsSent("<&>").response().status_code == 400
    assert b"&lt;&amp;&gt;" in CredentialsSent("<&>").response().body
