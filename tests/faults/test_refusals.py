"""What every vendor's refusals mean when they come from a proxy, or in no form that the vendor documents."""

from __future__ import annotations

import pytest

from airflow_provider_render.core.calls import Answer
from airflow_provider_render.core.errors import (
    AuthError,
    NotFoundError,
    OutOfCreditsError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.http.exchange import refusal
from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.http.steps import Terms
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor
from airflow_provider_render.vendors.threekit.vendor import ThreekitVendor
from tests.secret_watch import secret

TOKEN = secret("tk_0123456789abcdef")
ORG = "11111111-2222-3333-4444-555555555555"
VENDORS = {
    "dxgl": (DxglVendor("https://v.test", TOKEN), "POST /v1/renders/batch"),
    "glossi": (GlossiVendor("https://v.test", TOKEN), "POST /api/v1/renders"),
    "imagine": (ImagineVendor("https://v.test", TOKEN, "shop.example"), "POST /v1/product/job/"),
    "threekit": (ThreekitVendor("https://v.test", TOKEN, ORG), "POST /api/asset-jobs/renders"),
}
STATUSES = {
    400: RejectedError,
    401: AuthError,
    402: OutOfCreditsError,
    403: AuthError,
    404: NotFoundError,
    405: RejectedError,
    408: UnavailableError,
    409: RejectedError,
    413: RejectedError,
    418: RejectedError,
    422: RejectedError,
    429: RateLimitedError,
    451: RejectedError,
    500: UnavailableError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
    520: UnavailableError,
    599: UnavailableError,
}
BODIES = {
    "nothing": b"",
    "a page": b"<html><h1>Too many requests</h1></html>",
    "no text": b"\xff\xfe\x00",
    "null": b"null",
    "a number": b"3",
    "a list": b'["no"]',
    "a text": b'"no"',
    "an empty object": b"{}",
    "an error of null": b'{"error": null, "message": null, "detail": null}',
    "an error of numbers": b'{"error": 3, "message": 4, "detail": 5}',
    "an error of lists": b'{"error": [[]], "message": [{}], "detail": [null]}',
    "an error of objects": b'{"error": {"code": {"a": 1}, "message": ["x"]}, "message": {"a": {"b": []}}}',
    "a balance that is none": b'{"message": "no", "api_hits_available": "many"}',
    "a balance without end": b'{"message": "no", "api_hits_available": 1e400}',
    "a long text": b'{"error": "' + b"x" * 50_000 + b'"}',
    "the token": f'{{"error": "{TOKEN}", "message": "{TOKEN}", "{TOKEN}": 1}}'.encode(),
}


@pytest.fixture(params=VENDORS.values(), ids=VENDORS.keys())
def refused(request):
    """Return what an answer of a vendor to its paid call means."""
    vendor, call = request.param

    def refused(status, body):
        return refusal(Answer(call, status, {}, body), Terms(vendor, HttpOptions()))

    return refused


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_status_decides_whatever_the_body_is(body, refused):
    for status, kind in STATUSES.items():
        error = refused(status, body)
        assert isinstance(error, kind), (status, error)
        assert error.status == status
        assert error.happened is (None if kind is UnavailableError else False), status
        assert error.transient is (kind in (UnavailableError, RateLimitedError)), status
        assert str(status) in str(error)
        assert TOKEN not in f"{error!r} {vars(error)}"
        assert len(str(error)) <= 2100


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"error":' * 100_000], ids=["lists", "objects"])
def test_a_refusal_without_bottom_is_no_crash(body, refused):
    assert isinstance(refused(400, body), UnexpectedAnswerError)
    assert isinstance(refused(429, body), RateLimitedError)
    assert isinstance(refused(503, body), UnavailableError)
    assert (refused(400, body).happened, refused(503, body).happened) == (False, None)
