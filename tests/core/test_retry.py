from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_render.core.calls import Effect
from airflow_provider_render.core.errors import (
    AuthError,
    DownloadError,
    NotFoundError,
    OutOfCreditsError,
    RateLimitedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.retry import RetryPolicy, retry_after, retry_delay

POLICY = RetryPolicy(attempts=4, first=1.0, growth=2.0, cap=5.0)
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
READ, ONCE, PAID = Effect.REPEATABLE, Effect.ONCE, Effect.PAID


@pytest.mark.parametrize(
    ("error", "effect", "attempt", "delay"),
    [
        (UnavailableError("x"), READ, 1, 1.0),
        (UnavailableError("x"), READ, 2, 2.0),
        (UnavailableError("x"), READ, 3, 4.0),
        (UnavailableError("x"), READ, 4, None),
        (UnavailableError("x", happened=None), READ, 1, 1.0),
        (UnavailableError("x", happened=None), ONCE, 1, None),
        (UnavailableError("x", happened=None), PAID, 1, None),
        (UnavailableError("x", happened=False), ONCE, 1, 1.0),
        (UnavailableError("x", happened=False), PAID, 1, 1.0),
        (UnavailableError("x", happened=True), PAID, 1, None),
        (RateLimitedError("x"), PAID, 1, 1.0),
        (RateLimitedError("x", retry_after=3.0), PAID, 1, 3.0),
        (RateLimitedError("x", retry_after=0.0), READ, 1, 0.0),
        (RateLimitedError("x", retry_after=5.0), READ, 1, 5.0),
        (RateLimitedError("x", retry_after=5.1), READ, 1, None),
        (RateLimitedError("x", retry_after=float("inf")), READ, 1, None),
        (RateLimitedError("x", retry_after=3.0), READ, 4, None),
        (DownloadError("x"), READ, 1, 1.0),
        (AuthError("x"), READ, 1, None),
        (NotFoundError("x"), READ, 1, None),
        (OutOfCreditsError("x"), PAID, 1, None),
        (UnexpectedAnswerError("x"), READ, 1, None),
    ],
)
def test_a_call_is_repeated_only_where_that_helps_and_harms_nobody(error, effect, attempt, delay):
    assert retry_delay(error, effect, attempt, POLICY) == delay


def test_the_delay_grows_to_its_cap():
    patient = RetryPolicy(attempts=100, first=1.0, growth=2.0, cap=5.0)
    assert [retry_delay(UnavailableError("x"), READ, n, patient) for n in (3, 4, 99)] == [4.0, 5.0, 5.0]


def test_jitter_lengthens_an_own_delay_but_not_one_that_was_asked_for():
    assert retry_delay(UnavailableError("x"), READ, 1, POLICY, jitter=0.5) == 1.5
    assert retry_delay(RateLimitedError("x", retry_after=2.0), READ, 1, POLICY, jitter=0.5) == 2.0


@given(
    happened=st.sampled_from([None, True]),
    attempt=st.integers(1, 10),
    effect=st.sampled_from([ONCE, PAID]),
    asked=st.none() | st.floats(0, 100),
)
def test_what_must_not_be_repeated_never_is_unless_it_surely_did_not_happen(happened, attempt, effect, asked):
    error = UnavailableError("x", happened=happened, retry_after=asked)
    assert retry_delay(error, effect, attempt, POLICY) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        ("Sun Mar  1 12:00:30 2026", 30.0),
        ("Sun, 01 Mar 2026 13:00:30 +0100", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("99999999999999999999999", 1e23),
        ("9" * 400, float("inf")),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("\u0663", None),
        ("later", None),
        ("Mon, 99 Foo 2026", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value, seconds):
    assert retry_after({"retry-after": value}, NOW) == seconds


def test_without_the_header_nothing_is_asked():
    assert retry_after({}, NOW) is None


@given(
    st.text() | st.from_regex(r"\A[A-Za-z]{3}, \d{1,4} [A-Za-z]{3} -?\d{1,9} [\d:.]{1,12} [+-]?\w{1,20}\Z")
)
@example("Sun, 01 Mar 2026 12:00:30 +99999999999999999999")
@example("Sun, 01 Mar 99999 12:00:30 GMT")
@example("Fri, 31 Dec 9999 23:59:59 -1200")
def test_no_header_can_break_it_or_ask_for_negative_time(value):
    seconds = retry_after({"retry-after": value}, NOW)
    assert seconds is None or seconds >= 0
