"""What a submit that was cut off in one run may cost the next one."""

from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import BudgetError
from tests.catalog.runs import Shop, outcomes
from tests.fake_service import SUBMIT, lost_answer


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
