"""What a submit that was cut off in one run may cost the next one."""

from __future__ import annotations

import pytest

from airflow_provider_render.catalog.submit import Submission
from airflow_provider_render.core.errors import BudgetError
from tests.catalog.runs import Shop, outcomes
from tests.fake_service import SUBMIT, Killed, lost_answer


@pytest.fixture
def cut_off(tmp_path):
    """A shop whose vendor cannot tell whether Monday's submit happened."""
    shop = Shop(tmp_path, tells_submitted=False, announces=True)
    shop.stock("A")
    shop.service.plan_fault(SUBMIT, lost_answer, after=True)
    monday = shop.task("monday")
    assert outcomes(monday.attempt()) == {"A": "failed"}
    assert monday.spent == shop.service.bill == 1
    return shop, monday


def test_what_a_resubmit_may_cost_is_in_the_plan_of_its_run(cut_off):
    shop, _ = cut_off
    report = shop.render("tuesday", on_ambiguous="resubmit")
    assert (report.planned, report.spent) == (1, 1)
    assert shop.service.bill == 2


def test_a_resubmit_beyond_max_credits_is_refused_before_the_vendor_is_asked(cut_off):
    shop, _ = cut_off
    shop.service.calls.clear()
    with pytest.raises(BudgetError, match="up to 1 credits for 1 renders, but max_credits allows 0"):
        shop.render("tuesday", on_ambiguous="resubmit", max_credits=0)
    assert shop.service.calls == []


def test_what_a_run_has_booked_for_its_own_submit_is_not_counted_twice(cut_off):
    _, monday = cut_off
    monday.spec["max_credits"] = 1
    assert monday.attempt().planned == 1


def test_a_question_that_stays_open_leaves_the_budget_to_the_other_items(cut_off):
    shop, _ = cut_off
    shop.stock("B")
    report = shop.render("tuesday", max_credits=1)
    assert outcomes(report) == {"A": "failed", "B": "delivered"}
    assert (report.planned, report.spent) == (1, 1)


@pytest.fixture
def dead(tmp_path):
    """A shop whose worker died before the ids of what it had paid were written; the vendor tells of it."""
    shop = Shop(tmp_path, max_batch=2)
    shop.stock("A")
    shop.stock("B")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Submission, "_paid", _die)
        with pytest.raises(Killed):
            shop.task("monday", max_credits=2).submit()
    assert shop.service.bill == 2
    return shop


def _die(*given):
    raise Killed


def test_what_a_dead_worker_paid_does_not_count_again(dead):
    dead.stock("C")
    report = dead.render("tuesday", max_credits=1)
    assert outcomes(report) == {"A": "delivered", "B": "delivered", "C": "delivered"}
    assert (report.planned, report.spent, dead.service.bill) == (1, 1, 3)


def test_what_was_never_submitted_is_held_to_the_limit_after_all(dead):
    dead.service.renders.clear()
    report = dead.render("tuesday", max_credits=1)
    assert set(outcomes(report).values()) == {"failed"}
    assert "may (max_credits)" in report.items[0].reason
    assert dead.service.bill == 0
