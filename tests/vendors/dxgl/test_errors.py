from __future__ import annotations

import pytest

from airflow_provider_render.core import errors
from airflow_provider_render.vendors.dxgl.errors import BY_CODE
from tests.vendors.desk import STATUSES, answer
from tests.vendors.dxgl.desk import VENDOR, refusal

DOCUMENTED = [
    ("unauthorized", 401, errors.AuthError),
    ("token_expired", 401, errors.AuthError),
    ("forbidden", 403, errors.AuthError),
    ("insufficient_scope", 403, errors.AuthError),
    ("no_file", 400, errors.RejectedError),
    ("invalid_format", 400, errors.RejectedError),
    ("invalid_url", 400, errors.RejectedError),
    ("url_required", 400, errors.RejectedError),
    ("invalid_settings", 400, errors.RejectedError),
    ("model_id_required", 400, errors.RejectedError),
    ("file_too_large", 400, errors.RejectedError),
    ("no_credits", 402, errors.OutOfCreditsError),
    ("model_not_found", 404, errors.NotFoundError),
    ("render_not_found", 404, errors.NotFoundError),
    ("renders_required", 400, errors.RejectedError),
    ("too_many", 400, errors.RejectedError),
    ("upload_limit", 429, errors.QuotaError),
    ("video_not_found", 404, errors.NotFoundError),
    ("poster_not_found", 404, errors.NotFoundError),
    ("thumb_not_found", 404, errors.NotFoundError),
    ("file_not_found", 404, errors.NotFoundError),
    ("sha256_required", 400, errors.RejectedError),
    ("timeout", 408, errors.UnavailableError),
    ("internal", 500, errors.UnavailableError),
]


@pytest.mark.parametrize(("code", "status", "kind"), DOCUMENTED, ids=[row[0] for row in DOCUMENTED])
def test_a_documented_code_becomes_its_error(code, status, kind):
    error = VENDOR.error(answer(*refusal(status, code)))
    assert type(error) is kind
    assert (error.status, error.code) == (status, code)


def test_every_documented_code_is_covered():
    assert BY_CODE.keys() == {code for code, _, _ in DOCUMENTED}


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_a_code_that_is_not_documented_is_judged_by_its_status(status, kind):
    assert type(VENDOR.error(answer(*refusal(status, "brand_new")))) is kind


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Bad gateway</html>", b"[]", b"null", b'{"error": "boom"}', b'{"error": {}}', b"\xff"],
)
def test_any_error_body_is_understood(body):
    error = VENDOR.error(answer(502, body))
    assert type(error) is errors.UnavailableError
    assert error.code is None


def test_a_message_says_what_happened_and_what_it_cost():
    error = VENDOR.error(answer(*refusal(402, "no_credits", "No credits left."), "POST /v1/renders/batch"))
    assert str(error) == (
        "DXGL answered POST /v1/renders/batch with 402 no_credits: No credits left. Nothing was charged."
    )


def test_a_broken_down_vendor_leaves_the_cost_open():
    error = VENDOR.error(answer(*refusal(500, "internal", "Oops"), "POST /v1/renders"))
    assert "Whether it was charged is not known." in str(error)
    assert error.happened is None


def test_reading_costs_nothing_and_says_nothing_of_cost():
    assert "charged" not in str(VENDOR.error(answer(*refusal(500, "internal"), "GET /v1/renders")))


def test_a_refusal_had_no_effect():
    assert VENDOR.error(answer(*refusal(400, "invalid_settings"))).happened is False


def test_a_long_page_is_quoted_by_its_beginning():
    assert len(str(VENDOR.error(answer(500, b"<p>" + b"sorry " * 5000)))) < 400
