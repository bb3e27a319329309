from __future__ import annotations

import pytest

from airflow_provider_render.sandbox.billing import Ledger, NoCredits, Price
from airflow_provider_render.sandbox.database import Database


@pytest.fixture
def ledger(tmp_path):
    database = Database(tmp_path / "ledger.sqlite3")
    yield Ledger(database)
    database.close()


STANDARD, BIG = Price(1, free_allowed=True), Price(4)


def charge(ledger, *prices):
    return ledger.charge("v", "POST /x", prices, ["m"] * len(prices), [str(n) for n in range(len(prices))])


def charge_twice(ledger):
    charge(ledger, STANDARD)
    charge(ledger, BIG)


def test_a_call_is_charged_and_written_on_the_bill(ledger):
    ledger.open_account("v", 10, 0)
    assert charge(ledger, STANDARD, BIG) == [False, False]
    assert ledger.balance("v") == (5, 0)
    bill = ledger.bill("v")
    assert bill["credits"] == 5
    assert bill["calls"][0]["call"] == "POST /x"
    assert bill["calls"][0]["model_ids"] == ["m"]
    assert bill["calls"][0]["render_ids"] == ["0", "1"]


def test_nothing_is_taken_when_the_balance_does_not_cover_the_whole_call(ledger):
    ledger.open_account("v", 4, 0)
    with pytest.raises(NoCredits):
        charge(ledger, STANDARD, BIG)
    assert ledger.balance("v") == (4, 0)
    assert ledger.bill("v") == {"credits": 0, "calls": []}


def test_free_credits_are_used_only_when_the_paid_ones_are_gone(ledger):
    ledger.open_account("v", 1, 2)
    assert charge(ledger, STANDARD, STANDARD) == [False, True]
    assert ledger.balance("v") == (0, 1)
    assert ledger.bill("v")["credits"] == 1
    assert ledger.bill("v")["calls"][0]["free_credits"] == 1


def test_free_credits_never_pay_for_the_larger_tiers(ledger):
    ledger.open_account("v", 0, 10)
    with pytest.raises(NoCredits):
        charge(ledger, BIG)


def test_an_account_that_exists_gets_no_second_gift(ledger):
    ledger.open_account("v", 3, 0)
    charge(ledger, STANDARD)
    ledger.open_account("v", 3, 0)
    assert ledger.balance("v") == (2, 0)


def test_a_failed_transaction_leaves_neither_charge_nor_bill(tmp_path):
    database = Database(tmp_path / "ledger.sqlite3")
    ledger = Ledger(database)
    ledger.open_account("v", 3, 0)
    with pytest.raises(NoCredits), database.transaction():
        charge_twice(ledger)
    assert ledger.balance("v") == (3, 0)
    assert ledger.bill("v")["calls"] == []
    database.close()


def test_a_charge_within_an_order_that_is_cut_off_never_happened(tmp_path):
    database = Database(tmp_path / "ledger.sqlite3")
    ledger = Ledger(database)
    ledger.open_account("v", 5, 0)

    def order():
        with database.transaction():
            charge(ledger, BIG)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), database.transaction():
        order()
    assert (ledger.balance("v"), ledger.bill("v")["calls"]) == ((5, 0), [])
    database.close()
