"""How a task ends when it does not wait to the end, and what that costs at the vendor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.secret_watch import SECRETS
from tests.stack.conftest import Stack, until
from tests.stack.left_behind import rows

ITEMS = 3


class Order:
    """A run that orders a few renders at a vendor that takes its time.

    :param name: what its SKUs begin with.
    """

    def __init__(self, stack: Stack, folder: Path, name: str, dag_id: str, vendor: str = "slow") -> None:
        self.stack, self.dag_id, self.output = stack, dag_id, folder / "renders"
        self.vendor, self._name = stack.waiting[vendor], name
        self._skus = [f"{name}-{number}" for number in range(ITEMS)]
        catalog = stack.catalog(folder / "shop", *self._skus)
        self.run = stack.start(dag_id, catalog=str(catalog), output=f"file://{self.output}")

    @property
    def paid(self) -> list[str]:
        return self.vendor.paid(self._name)

    @property
    def left(self) -> list[str]:
        """Renders that were paid and not cancelled."""
        return [render for render in self.paid if self.vendor.knows(render)]

    def task(self) -> dict[str, Any]:
        return self.stack.task(self.dag_id, self.run)

    def taken_up(self) -> None:
        """Wait until a triggerer waits for the renders: Airflow drops other triggers without a word."""
        self.stack.wait_for_task(self.dag_id, self.run, "deferred")
        until(lambda: self.task()["triggerer_job"], "a triggerer to take the trigger up")

    def finish(self) -> str:
        return self.stack.finish(self.dag_id, self.run)

    def clear(self) -> None:
        body = {"dry_run": False, "dag_run_id": self.run, "task_ids": ["render"], "only_failed": False}
        path = f"/api/v2/dags/{self.dag_id}/clearTaskInstances"
        self.stack.api.client.post(path, json=body).raise_for_status()

    def delivered(self) -> bool:
        return all((self.output / sku / "video.mp4").stat().st_size > 0 for sku in self._skus)


@pytest.fixture(scope="module")
def orders(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Order]:
    """Runs that begin at the same time, as each has half a minute to wait."""
    kinds = {
        "timeout": "slow_out_of_time",
        "mark": "slow",
        "clear": "slow",
        "worker": "slow_on_the_worker",
        "impatient": "slow_and_impatient",
        "overtime": "slow_past_its_execution_timeout",
    }
    return {name: Order(stack, tmp_path_factory.mktemp(name), name, kind) for name, kind in kinds.items()}


def test_a_trigger_holds_no_secret(stack: Stack, orders: dict[str, Order]) -> None:
    orders["mark"].taken_up()
    triggers = [text for table, text in rows(stack.home / "airflow") if table == "trigger"]
    assert any(render in text for text in triggers for render in orders["mark"].paid)
    assert SECRETS.found("\n".join(triggers)) == []


def test_a_mark_while_deferred_cancels_each_render_once(stack: Stack, orders: dict[str, Order]) -> None:
    order = orders["mark"]
    order.taken_up()
    paid = order.paid
    path = f"/api/v2/dags/{order.dag_id}/dagRuns/{order.run}/taskInstances/render"
    with order.vendor.counted(f"^DELETE .*/({'|'.join(paid)})$") as cancellations:
        stack.api.client.patch(path, json={"new_state": "failed"}).raise_for_status()
        until(lambda: order.left == [], "all renders to be cancelled")
        assert order.finish() == "failed"
        assert cancellations() == ITEMS
    assert order.paid == paid


def test_a_clear_pays_nothing_however_often(orders: dict[str, Order]) -> None:
    order = orders["clear"]
    order.taken_up()
    order.clear()
    until(lambda: order.task()["try_number"] > 1, "the next try")
    order.taken_up()
    assert order.finish() == "success"
    tries = order.task()["try_number"]
    order.clear()
    until(lambda: order.task()["try_number"] > tries, "the next try")
    assert order.finish() == "success"
    assert order.delivered()
    assert len(order.left) == len(order.paid) == ITEMS


def test_a_run_that_times_out_while_deferred_cancels_its_renders(orders: dict[str, Order]) -> None:
    order = orders["timeout"]
    assert order.finish() == "failed"
    until(lambda: order.left == [], "all renders to be cancelled")
    assert order.task()["state"] == "skipped"
    assert len(order.paid) == ITEMS


def test_a_worker_that_runs_into_its_execution_timeout_leaves_the_renders_to_whoever_comes_next(
    stack: Stack, orders: dict[str, Order]
) -> None:
    order = orders["worker"]
    assert order.finish() == "failed"
    assert order.task()["try_number"] == 2
    assert len(order.left) == len(order.paid) == ITEMS
    until(lambda: order.vendor.is_done(order.paid), "the vendor to be done")
    order.clear()
    stack.wait_for_task(order.dag_id, order.run, "success")
    assert order.delivered()
    assert len(order.paid) == ITEMS


def test_the_execution_timeout_does_not_run_while_a_task_is_deferred(orders: dict[str, Order]) -> None:
    order = orders["overtime"]
    assert order.finish() == "success"
    assert order.delivered()
    assert len(order.left) == len(order.paid) == ITEMS


def test_renders_that_take_too_long_are_cancelled_and_a_retry_pays_for_new_ones(
    orders: dict[str, Order],
) -> None:
    order = orders["impatient"]
    assert order.finish() == "failed"
    assert order.task()["try_number"] >= 2
    assert order.left == []
    assert len(order.paid) == 2 * ITEMS
