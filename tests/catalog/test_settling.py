from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from airflow_provider_render.core.errors import UnavailableError
from tests.catalog.submits import NOW, Task, product
from tests.fake_service import UPLOAD, Killed
from tests.fake_vendor import FakeClient, FakeVendor

pytestmark = pytest.mark.usefixtures("fast_disk")
CHAIR = product("A", "chair")


class Time:
    """A clock that only pauses move, and what else happens meanwhile."""

    def __init__(self, meanwhile=lambda seconds: None):
        self.seconds = 0.0
        self.meanwhile = meanwhile

    def now(self):
        return (datetime.fromisoformat(NOW) + timedelta(seconds=self.seconds)).isoformat()

    def pause(self, seconds):
        self.seconds += seconds
        self.meanwhile(self.seconds)


@pytest.fixture
def cut_off(tmp_path, monkeypatch):
    """A task whose worker died while its upload was on the way, at a vendor that needs a minute to settle."""
    monkeypatch.setattr(FakeVendor, "poll_policy", replace(FakeVendor.poll_policy, settling=60.0))
    task = Task(tmp_path / "out", upload_renders=True)
    task.service.plan_fault(UPLOAD, Killed)
    with pytest.raises(Killed):
        task.attempt(CHAIR, concurrency=1)
    return task


def again(task, time):
    return task.attempt(CHAIR, now=time.now, pause=time.pause)


def test_a_request_that_goes_on_without_its_sender_is_waited_for_and_not_paid_twice(cut_off) -> None:
    def upload_ends(seconds):
        if seconds == 20:
            FakeClient(cut_off.service, upload_renders=True).run(
                FakeVendor(upload_renders=True).upload(CHAIR)
            )

    result = again(cut_off, Time(upload_ends))
    assert result.adopted == ["A"]
    assert cut_off.service.bill == 1


def test_what_does_not_appear_in_time_is_submitted(cut_off) -> None:
    time = Time()
    assert again(cut_off, time).paid == ["A"]
    assert time.seconds == 60
    assert cut_off.service.bill == 1


def test_an_old_cut_off_submit_is_cleared_up_without_a_pause(cut_off) -> None:
    time = Time()
    time.seconds = 3600
    assert again(cut_off, time).paid == ["A"]
    assert time.seconds == 3600


def test_a_vendor_that_cannot_be_asked_while_it_settles_leaves_the_intent(cut_off) -> None:
    def breaks_down(seconds):
        cut_off.service.plan_fault("GET /models", lambda: UnavailableError("down"), times=9)

    result = again(cut_off, Time(breaks_down))
    assert list(result.failed) == ["A"]
    assert cut_off.records["A"].phase == "intent"
    assert cut_off.service.bill == 0
