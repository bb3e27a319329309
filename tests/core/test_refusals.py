from __future__ import annotations

import pytest

from airflow_provider_render.core import errors
from airflow_provider_render.core.refusals import excerpt, happened, kind_of, told
from tests.vendors.desk import STATUSES, answer


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_a_status_tells_the_error(status, kind):
    assert kind_of(status) is kind


def test_only_a_vendor_that_broke_down_leaves_open_what_happened():
    assert happened(errors.UnavailableError) is None
    assert happened(errors.RateLimitedError) is False
    assert happened(errors.RejectedError) is False


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b"\xff"])
def test_a_body_that_is_no_object_tells_nothing(body):
    assert told(answer(500, body)) == {}


def test_an_object_tells_what_it_holds():
    assert told(answer(400, {"message": "No."})) == {"message": "No."}


def test_a_foreign_body_is_quoted_on_one_short_line():
    assert excerpt(answer(500, b"Bad\n\n  gateway")) == "Bad gateway"
    assert excerpt(answer(500, b"")) == "an empty answer"
    long = excerpt(answer(500, b"sorry " * 5000))
    assert (len(long), long[-3:]) == (203, "...")
