from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import (
    AuthError,
    NotFoundError,
    OutOfCreditsError,
    QuotaError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.job import RenderJob, RenderState, RenderStatus
from airflow_provider_render.core.looking import Look, Unread, concerns_all, one_by_one, told, unread

DONE = RenderState(RenderStatus.SUCCEEDED, "done")
LATER = RenderState(RenderStatus.RUNNING, "later")
FORBIDDEN, BROKEN = AuthError("forbidden", status=403), UnavailableError("broken", status=500)
GONE_AWAY, SLOW_DOWN = UnavailableError("no connection"), RateLimitedError("slow down", status=429)


class Vendor:
    """Tells the states of single renders, or raises what a test laid out for them."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    def states(self, **how):
        return one_by_one([((job,), self._state(job)) for job in self.answers], **how)

    def bear(self, **how):
        look = Look(RenderJob("x", job, "m") for job in self.answers)
        try:
            return drive(look.work(self.states(**how)))
        except (AuthError, RejectedError, UnavailableError) as error:
            return look.failed(error)

    def _state(self, job):
        self.asked.append(job)
        answer = self.answers[job]
        if isinstance(answer, Exception):
            raise answer
        return {job: answer} if answer else {}
        yield


def drive(operation):
    while True:
        try:
            next(operation)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize(
    ("error", "all_of_them"),
    [
        (AuthError("x", status=401), True),
        (AuthError("x"), True),
        (AuthError("x", status=403), False),
        (NotFoundError("x", status=404), False),
        (RejectedError("x", status=410), False),
        (RejectedError("x", status=422), False),
        (QuotaError("x", status=429), True),
        (OutOfCreditsError("x", status=402), True),
        (RateLimitedError("x", status=429), True),
        (UnavailableError("x"), True),
        (UnavailableError("x", status=503, retry_after=30), True),
        (UnavailableError("x", status=500), False),
        (UnexpectedAnswerError("x", status=200), False),
    ],
)
def test_some_errors_concern_one_render_and_others_all(error, all_of_them):
    assert concerns_all(error) is all_of_them


@pytest.mark.parametrize("error", [FORBIDDEN, BROKEN])
def test_whoever_does_not_bear_it_gets_the_error_of_one_render_and_asks_no_further(error):
    vendor = Vendor(a=DONE, b=error, c=DONE)
    with pytest.raises(type(error)):
        drive(vendor.states())
    assert vendor.asked == ["a", "b"]


@pytest.mark.parametrize("error", [FORBIDDEN, BROKEN])
def test_the_others_are_told_though_one_cannot_be_read(error):
    states = Vendor(a=error, b=DONE, c=None).bear()
    assert (states["b"], states.keys(), unread(states)) == (DONE, {"a", "b"}, {"a": error})


def test_what_cannot_be_read_is_under_way_for_all_that_is_known():
    state = Vendor(a=BROKEN, b=DONE).bear()["a"]
    assert (state.status, str(BROKEN) in state.error) == (RenderStatus.RUNNING, True)


def test_the_same_trouble_again_is_no_change():
    again = UnavailableError("broken", status=500)
    assert Vendor(a=BROKEN, b=DONE).bear() == Vendor(a=again, b=DONE).bear()


@pytest.mark.parametrize("error", [GONE_AWAY, AuthError("revoked", status=401)])
def test_what_concerns_all_ends_the_look(error):
    vendor = Vendor(a=DONE, b=error, c=DONE)
    with pytest.raises(type(error)):
        vendor.bear()
    assert vendor.asked == ["a", "b"]


def test_a_vendor_that_fails_from_the_start_is_not_asked_for_every_render():
    vendor = Vendor(**dict.fromkeys("abcdefgh", BROKEN))
    assert unread(vendor.bear()) == dict.fromkeys("abcdefgh", BROKEN)
    assert vendor.asked == ["a", "b", "c"]


def test_a_vendor_that_breaks_down_amid_a_look_is_soon_left_in_peace():
    vendor = Vendor(a=DONE, **dict.fromkeys("bcdefgh", BROKEN))
    assert vendor.bear()["a"] == DONE
    assert vendor.asked == ["a", "b", "c", "d"]


@pytest.mark.parametrize("error", [FORBIDDEN, UnexpectedAnswerError("no status", status=200)])
def test_many_renders_with_a_trouble_of_their_own_do_not_hide_a_good_one(error):
    assert Vendor(**dict.fromkeys("abcdef", error), g=DONE).bear()["g"] == DONE


def test_a_look_of_which_nothing_is_told_keeps_the_reason_of_each():
    assert unread(Vendor(a=FORBIDDEN, b=BROKEN).bear()) == {"a": FORBIDDEN, "b": BROKEN}


@pytest.mark.parametrize("error", [GONE_AWAY, SLOW_DOWN])
def test_answers_that_cost_money_are_kept_when_the_vendor_goes_away(error):
    vendor = Vendor(a=DONE, b=error, c=DONE)
    assert drive(vendor.states(later=LATER)) == {"a": DONE, "b": LATER, "c": LATER}


@pytest.mark.parametrize(("answers", "raised"), [("ab", BROKEN), ("a", FORBIDDEN), ("b", BROKEN)])
def test_those_whose_renders_are_all_unreadable_get_the_error_and_rather_one_that_may_pass(answers, raised):
    states = Vendor(a=FORBIDDEN, b=BROKEN, c=DONE).bear()
    own = {job: states[job] for job in answers}
    with pytest.raises(type(raised)) as caught:
        told(own, answers)
    assert caught.value is raised


def test_a_render_that_the_vendor_does_not_know_is_an_answer_too():
    states = Vendor(a=FORBIDDEN, b=None).bear()
    assert told(states, "ab") == states
    assert isinstance(states["a"], Unread)
