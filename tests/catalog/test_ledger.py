from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.core.errors import BudgetError
from airflow_provider_render.core.journal import Phase, Record

ONE, TWO = Decimal(1), Decimal(2)


class Saved:
    """What a task remembers of its ledger."""

    def __init__(self, limit=None):
        self.limit = None if limit is None else Decimal(limit)
        self.data = None

    def ledger(self):
        """Return the ledger as the next try of the task has it."""
        return Ledger(self.limit, self.data, self.write)

    def write(self, data):
        self.data = json.loads(json.dumps(data))


def superseded(_):
    raise ConnectionError("this try is not running any more")


def test_a_ledger_goes_on_from_what_an_earlier_try_wrote():
    saved = Saved()
    saved.ledger().reserve({"a": ONE, "b": TWO})
    again = saved.ledger()
    again.reserve({"c": Decimal("0.25")}, calls=2)
    assert (again.spent, again.calls) == (Decimal("3.25"), 3)
    assert (saved.ledger().spent, saved.ledger().calls) == (Decimal("3.25"), 3)


def test_the_limit_itself_may_be_spent_and_not_more():
    ledger = Saved(limit=3).ledger()
    ledger.reserve({"a": TWO})
    with pytest.raises(BudgetError, match=r"cost 2 credits, this run has spent 2 of the 3"):
        ledger.reserve({"b": TWO})
    ledger.reserve({"c": ONE})
    assert ledger.spent == 3


def test_what_is_refused_by_the_limit_is_not_written():
    saved = Saved(limit=1)
    with pytest.raises(BudgetError):
        saved.ledger().reserve({"a": TWO})
    assert saved.data is None


def test_what_the_vendor_did_not_charge_can_be_spent_again():
    ledger = Saved(limit=2).ledger()
    ledger.reserve({"a": ONE, "b": ONE}, calls=2)
    ledger.release({"b": ONE})
    ledger.reserve({"c": ONE})
    assert (ledger.spent, ledger.calls) == (2, 2)


def test_what_an_earlier_try_counted_is_not_counted_again():
    saved = Saved(limit=1)
    saved.ledger().reserve({"a": ONE})
    again = saved.ledger()
    again.reserve({"a": ONE}, booked=["a"])
    assert again.spent == 1


def test_without_the_memory_of_an_earlier_try_everything_is_counted():
    ledger = Saved().ledger()
    ledger.reserve({"a": ONE}, booked=["a"])
    assert ledger.spent == 1


def test_a_write_that_fails_stops_the_call_and_leaves_the_count():
    ledger = Ledger(save=superseded)
    with pytest.raises(ConnectionError):
        ledger.reserve({"a": ONE})
    assert (ledger.spent, ledger.calls) == (0, 0)


class TestSettling:
    @pytest.mark.parametrize(
        ("records", "spent"),
        [
            ([], 0),
            ([Record("a", Phase.INTENT, run="r"), Record("b", Phase.SUBMITTED, run="r")], 3),
            ([Record("a", Phase.INTENT, run="r")], 1),
            ([Record("a", Phase.INTENT, run="another"), Record("b", Phase.FAILED, run="r")], 0),
        ],
    )
    def test_what_never_got_as_far_as_an_intent_is_taken_back(self, records, spent):
        saved = Saved()
        saved.ledger().reserve({"a": ONE, "b": TWO})
        saved.ledger().settle(records, "r")
        assert saved.ledger().spent == spent

    def test_settling_twice_takes_back_once(self):
        saved = Saved()
        saved.ledger().reserve({"a": ONE})
        saved.ledger().reserve({"b": ONE})
        for _ in range(2):
            saved.ledger().settle([], "r")
        assert saved.ledger().spent == 1

    def test_what_was_confirmed_stays(self):
        saved = Saved()
        ledger = saved.ledger()
        ledger.reserve({"a": ONE})
        ledger.confirm()
        saved.ledger().settle([], "r")
        assert saved.ledger().spent == 1

    def test_a_ledger_without_open_calls_is_not_written(self):
        ledger = Ledger(save=superseded)
        ledger.confirm()
        ledger.settle([], "r")


def test_what_is_remembered_stays_small_for_the_largest_batch():
    saved = Saved()
    saved.ledger().reserve({f"{number:064x}": ONE for number in range(500)})
    assert len(json.dumps(saved.data)) < 64 * 1024


class Tries(RuleBasedStateMachine):
    """A ledger over many tries: it counts what was reserved less what was released, within the limit."""

    def __init__(self):
        super().__init__()
        self.saved, self.open, self.number = Saved(limit=20), {}, 0
        self.ledger = self.saved.ledger()

    @rule(price=st.decimals(0, 9, places=2))
    def reserve(self, price):
        self.number += 1
        spent = sum(self.open.values())
        try:
            self.ledger.reserve({str(self.number): price})
        except BudgetError:
            assert spent + price > 20
        else:
            self.open[str(self.number)] = price

    @rule(data=st.data())
    def release(self, data):
        if self.open:
            mark = data.draw(st.sampled_from(sorted(self.open)))
            self.ledger.release({mark: self.open.pop(mark)})

    @rule()
    def next_try(self):
        self.ledger = self.saved.ledger()

    @invariant()
    def it_counts_what_is_open(self):
        assert self.ledger.spent == sum(self.open.values()) <= 20


TestTries = Tries.TestCase
