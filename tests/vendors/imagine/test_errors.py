"""Refusals become errors that say what happened, what it cost, and what to do."""

from __future__ import annotations

from decimal import Decimal

import pytest

from airflow_provider_render.core.errors import (
    AuthError,
    NotFoundError,
    OutOfCreditsError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.vendors.imagine.errors import SKU_TAKEN
from tests.vendors.desk import answer
from tests.vendors.imagine.account import VENDOR, data, refused

DETAILS = "POST /v1/product/details/"
JOB = "POST /v1/product/job/"
STORAGE = "POST https://bucket.example/"


def error(status, body, call=DETAILS):
    return VENDOR.error(answer(status, body, call))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, refused(400, "x")[1], RejectedError),
        (401, {"error": "Invalid API key."}, AuthError),
        (403, {"error": "No scope."}, AuthError),
        (404, refused(404, "x")[1], NotFoundError),
        (402, refused(402, "x")[1], OutOfCreditsError),
        (429, {"message": "Rate limit exceeded", "api_hits_available": 5}, RateLimitedError),
        (429, {"message": "Rate limit exceeded", "api_hits_available": 0}, OutOfCreditsError),
        (403, {"message": "No.", "api_hits_available": 0}, OutOfCreditsError),
        (500, {"message": "x"}, UnavailableError),
        (503, b"<html>busy</html>", UnavailableError),
        (408, b"", UnavailableError),
        (418, b"", RejectedError),
    ],
)
def test_a_status_has_its_error(status, body, kind):
    found = error(status, body)
    assert type(found) is kind or (kind is NotFoundError and isinstance(found, NotFoundError))
    assert found.status == status


def test_a_taken_sku_has_a_code_and_its_cost():
    found = error(
        400, {"status": False, "data": {}, "message": "Sku id already exists.", "api_hits_available": 867}
    )
    assert found.code == SKU_TAKEN
    assert str(found) == (
        "Imagine.io answered POST /v1/product/details/ with 400: Sku id already exists."
        " The call cost 1 credit, 867 are left."
    )


def test_messages_by_field_are_told_with_their_fields():
    said = {
        "scene_id": ["Room/Scene with id 755440 not found or not accessible."],
        "products": {"sku_id": "Invalid or inaccessible sku_id(s): ['ASTRONAUT-1']"},
    }
    text = str(error(400, refused(400, said)[1], "POST /v1/product/create-images/"))
    assert "scene_id: Room/Scene with id 755440 not found" in text
    assert "products.sku_id: Invalid or inaccessible sku_id(s): ['ASTRONAUT-1']" in text


def test_a_refused_key_says_where_to_look_and_that_nothing_was_charged():
    text = str(error(401, {"error": "Invalid API key."}))
    assert "'origin'" in text
    assert text.endswith("Nothing was charged.")


def test_a_broken_job_call_leaves_open_whether_it_was_done():
    found = error(500, {}, JOB)
    assert found.happened is None
    assert "is not known" in str(found)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (
            403,
            b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
            UnexpectedAnswerError,
        ),
        (400, b"<Error><Code>EntityTooLarge</Code></Error>", RejectedError),
        (503, b"<Error><Code>SlowDown</Code></Error>", UnavailableError),
        (404, b"<Error><Code>NoSuchKey</Code></Error>", NotFoundError),
    ],
)
def test_the_storage_speaks_xml(status, text, kind):
    found = error(status, text, STORAGE)
    assert type(found) is kind
    assert "<" not in str(found)


def test_an_expired_permission_is_worth_a_retry_of_the_task():
    found = error(403, b"<Error><Code>AccessDenied</Code></Error>", STORAGE)
    assert not found.transient
    assert not isinstance(found, AuthError | RejectedError)
    assert "a retry gets a new one" in str(found)


def test_the_zapier_side_is_judged_by_its_status():
    assert isinstance(error(401, {"detail": "Invalid token."}, "GET /users/api/v3/token/verify/"), AuthError)


@pytest.mark.parametrize(
    ("call", "status", "body", "cost"),
    [
        ("GET /v1/product/status/", 200, {"api_hits_available": 5}, 1),
        ("GET /v1/product/status/", 404, {"api_hits_available": 5}, 1),
        ("DELETE /v1/product/details/u/", 204, b"", 1),
        (DETAILS, 201, data(201)[1], 1),
        (DETAILS, 401, {"error": "Invalid API key."}, 0),
        (DETAILS, 429, {"api_hits_available": 0}, 0),
        (DETAILS, 500, b"", 0),
        (JOB, 202, data(202)[1], 0),
        (JOB, 400, refused(400, "x")[1], 1),
        ("POST /v1/product/create-images/", 202, data(202)[1], 0),
        (STORAGE, 204, b"", 0),
        ("GET /users/api/v3/token/verify/", 200, {"id": 1}, 0),
    ],
)
def test_a_call_is_charged_unless_it_is_the_price_of_a_render_or_refused_at_the_door(
    call, status, body, cost
):
    assert VENDOR.charge(answer(status, body, call)) == Decimal(cost)


def test_the_balance_is_read_from_answers_and_refusals_of_the_api():
    assert VENDOR.balance(answer(200, {"api_hits_available": 982})) == Decimal(982)
    assert VENDOR.balance(answer(400, refused(400, "x")[1])) == Decimal(9)
    assert VENDOR.balance(answer(401, {"error": "Invalid API key."})) is None
    assert VENDOR.balance(answer(200, {"api_hits_available": 3}, "GET https://elsewhere.example/")) is None
    assert VENDOR.balance(answer(200, b"no json")) is None
