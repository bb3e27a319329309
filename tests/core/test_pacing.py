from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_render.core.pacing import Pacer


def waits(pacer, *moments):
    return [pytest.approx(pacer.reserve(moment) - moment) for moment in moments]


def test_without_a_rate_nobody_waits():
    assert waits(Pacer(), 5, 5, 5) == [0, 0, 0]


def test_calls_at_once_are_spaced_evenly():
    assert waits(Pacer(rate=2), 10, 10, 10) == [0, 0.5, 1]


def test_unused_time_is_not_saved_up():
    assert waits(Pacer(rate=2), 10, 100, 100) == [0, 0, 0.5]


def test_a_late_call_waits_only_for_the_rest():
    assert waits(Pacer(rate=1), 10, 10.75) == [0, 0.25]


@pytest.mark.parametrize(("rate", "after"), [(None, [5, 5, 4]), (1, [5, 6, 6])])
def test_a_hold_keeps_every_call_waiting(rate, after):
    pacer = Pacer(rate=rate)
    pacer.hold(5, now=100)
    assert waits(pacer, 100, 100, 101) == after


def test_a_shorter_hold_does_not_shorten_a_longer_one():
    pacer = Pacer()
    pacer.hold(10, now=100)
    pacer.hold(1, now=101)
    assert waits(pacer, 102, 111) == [8, 0]


def test_a_hold_voids_the_moments_in_it_that_were_reserved_before():
    pacer = Pacer(rate=1)
    moments = [pacer.reserve(10) for _ in range(4)]
    assert not any(map(pacer.holds, moments))
    pacer.hold(2.5, now=10)
    assert [pacer.holds(moment) for moment in moments] == [True, True, True, False]


def test_without_a_rate_a_hold_voids_what_was_reserved_too():
    pacer = Pacer()
    pacer.hold(1, now=10)
    moment = pacer.reserve(10)
    pacer.hold(5, now=10.5)
    assert pacer.holds(moment)
    assert not pacer.holds(pacer.reserve(11))


@given(
    rate=st.floats(0.1, 100),
    calls=st.integers(1, 30),
    hold=st.floats(0.01, 100),
    at=st.floats(0, 20),
)
def test_calls_that_a_hold_overtakes_start_after_it_and_evenly_spaced(rate, calls, hold, at):
    pacer, starts = Pacer(rate=rate), []
    waiting = [pacer.reserve(0) for _ in range(calls)]
    gone = [moment for moment in waiting if moment <= at]
    pacer.hold(hold, now=at)
    waiting = [moment for moment in waiting if moment > at]
    while waiting:
        moment = waiting.pop(waiting.index(min(waiting)))
        if pacer.holds(moment):
            waiting.append(pacer.reserve(moment))
        else:
            starts.append(moment)
    assert len(gone) + len(starts) == calls
    assert all(moment >= at + hold for moment in starts)
    assert all(later - earlier >= 1 / rate - 1e-6 for earlier, later in pairwise(gone + starts))


@given(
    rate=st.floats(0.1, 1000),
    gaps=st.lists(st.floats(0, 10), min_size=2, max_size=50),
)
def test_two_calls_are_never_closer_than_the_rate_allows(rate, gaps):
    pacer, now, starts = Pacer(rate=rate), 0.0, []
    for gap in gaps:
        now += gap
        starts.append(pacer.reserve(now))
    assert all(later - earlier >= 1 / rate - 1e-6 for earlier, later in pairwise(starts))


def test_an_answer_that_asks_for_no_pause_voids_no_moment():
    pacer = Pacer(rate=10)
    moment = pacer.reserve(100)
    pacer.hold(0, now=100.05)
    assert not pacer.holds(moment)
