from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import (
    AuthError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.job import RenderState, RenderStatus
from airflow_provider_render.core.polling import PollPolicy, Verdict, Watch

POLICY = PollPolicy(first=20, start=5, growth=2, cap=15, listing_grace=300)
QUEUED, RUNNING = RenderState(RenderStatus.QUEUED, "q"), RenderState(RenderStatus.RUNNING, "r")
DONE = RenderState(RenderStatus.SUCCEEDED, "done")
FAILED = RenderState(RenderStatus.FAILED, "failed", error="no mesh")


def watch(*jobs, since=1000.0, deadline=None):
    return Watch(frozenset(jobs or ("a", "b")), POLICY, since, deadline)


@pytest.mark.parametrize(
    ("now", "deadline", "delay"),
    [(1000, None, 20), (1005, None, 15), (1020, None, 0), (9000, None, 0), (1000, 1008, 8), (1000, 900, 0)],
)
def test_the_first_look_comes_when_the_vendor_says_but_not_after_the_deadline(now, deadline, delay):
    assert watch(deadline=deadline).start(now) == delay


@pytest.mark.parametrize(
    ("states", "verdict", "still_open"),
    [
        ({"a": QUEUED, "b": RUNNING}, Verdict.WAIT, {"a", "b"}),
        ({"a": DONE, "b": RUNNING}, Verdict.WAIT, {"b"}),
        ({"a": DONE, "b": FAILED}, Verdict.READY, set()),
        ({"a": DONE}, Verdict.WAIT, {"b"}),
        ({}, Verdict.WAIT, {"a", "b"}),
    ],
)
def test_a_watch_is_ready_when_every_render_has_ended(states, verdict, still_open):
    followed = watch()
    assert followed.look(states, 1010) is verdict
    assert followed.open == still_open


def test_ends_are_kept_from_one_look_to_the_next():
    followed = watch()
    followed.look({"a": FAILED, "b": RUNNING}, 1010)
    assert followed.look({"b": DONE}, 1020) is Verdict.READY
    assert followed.ended == {"a": FAILED, "b": DONE}


@pytest.mark.parametrize(
    ("now", "states", "verdict"),
    [
        (1299, {"a": DONE}, Verdict.WAIT),
        (1300, {"a": DONE}, Verdict.READY),
        (1300, {"a": RUNNING}, Verdict.WAIT),
        (1300, {}, Verdict.READY),
    ],
)
def test_a_render_the_vendor_does_not_know_is_waited_for_only_in_its_grace(now, states, verdict):
    assert watch().look(states, now) is verdict


@pytest.mark.parametrize(
    ("now", "states", "verdict"),
    [
        (1099, {"a": RUNNING, "b": RUNNING}, Verdict.WAIT),
        (1100, {"a": RUNNING, "b": RUNNING}, Verdict.EXPIRED),
        (1100, {"a": DONE, "b": DONE}, Verdict.READY),
    ],
)
def test_the_deadline_ends_the_watch_unless_all_is_done(now, states, verdict):
    assert watch(deadline=1100).look(states, now) is verdict


def test_looks_become_rarer_to_a_cap_and_frequent_again_when_something_moves():
    followed, delays = watch(), []
    for state in (QUEUED, QUEUED, QUEUED, QUEUED, RUNNING, RUNNING):
        followed.look({"a": state, "b": QUEUED}, 1010)
        delays.append(followed.delay(1010))
    assert delays == [5, 10, 15, 15, 5, 10]


def test_jitter_spreads_looks_and_the_deadline_bounds_them():
    followed = watch(deadline=1020)
    followed.look({"a": QUEUED}, 1000)
    assert followed.delay(1000, jitter=0.5) == 7.5
    assert followed.delay(1016, jitter=0.5) == 4
    assert followed.delay(1030) == 0


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (UnavailableError("x"), Verdict.WAIT),
        (RateLimitedError("x"), Verdict.WAIT),
        (UnexpectedAnswerError("x"), Verdict.WAIT),
        (AuthError("x"), Verdict.HOPELESS),
        (NotFoundError("x"), Verdict.HOPELESS),
    ],
)
def test_trouble_is_waited_out_and_refusal_is_not(error, verdict):
    assert watch().failed(error, 1010) is verdict


def test_trouble_does_not_outlast_the_deadline():
    assert watch(deadline=1100).failed(UnavailableError("x"), 1100) is Verdict.EXPIRED


def test_trouble_makes_looks_rarer():
    followed = watch()
    delays = [followed.failed(UnavailableError("x"), 1010) and followed.delay(1010) for _ in range(3)]
    assert delays == [10, 15, 15]


@pytest.mark.parametrize(("asked", "delay"), [(0, 10), (12, 12), (120, 120)])
def test_a_wait_the_vendor_asks_for_is_obeyed_even_beyond_the_cap(asked, delay):
    followed = watch()
    followed.failed(RateLimitedError("x", retry_after=asked), 1010)
    assert followed.delay(1010) == delay


def test_a_wait_the_vendor_asked_for_is_over_after_a_good_look():
    followed = watch()
    followed.failed(RateLimitedError("x", retry_after=120), 1010)
    followed.look({"a": RUNNING}, 1140)
    assert followed.delay(1140) == 5
