from __future__ import annotations

import json
from contextlib import suppress
from itertools import count

import pytest

from airflow_provider_render.catalog.outcome import Failure
from airflow_provider_render.catalog.report import Stage
from airflow_provider_render.core.errors import (
    RejectedError,
)
from tests.catalog.runs import Shop, all_whole, disk, outcomes
from tests.fake_service import SUBMIT, Killed, Tripwire

pytestmark = pytest.mark.usefixtures("fast_disk")


class TestMemory:
    def test_failures_survive_the_waiting(self, shop):
        task = shop.task()
        run = task.begin()
        run.failures["B"] = Failure(Stage.SUBMIT, "no", passing=True)
        again = task.begin(json.loads(json.dumps(run.memory)))
        assert again.failures == run.failures
        assert again.memory == run.memory

    def test_the_report_after_the_waiting_still_knows_what_was_planned_and_failed(self, tmp_path):
        shop = Shop(tmp_path, max_batch=1)
        shop.stock("A")
        shop.stock("B")
        shop.service.plan_fault(SUBMIT, lambda: RejectedError("no"))
        task = shop.task()
        run, _ = task.submit()
        report = task.finish()
        assert (report.planned, report.spent) == (2, 1)
        assert [item.key for item in report.failures] == list(run.failures)

    @pytest.mark.parametrize("reason", ["x" * 900, "ж" * 900])
    def test_it_fits_into_the_state_store_however_many_items_fail(self, shop, reason):
        run = shop.task().begin()
        failure = Failure(Stage.SUBMIT, reason, passing=True)
        run.failures.update({f"SKU-{number}": failure for number in range(5000)})
        assert len(run.memory["failures"]) > 20
        assert len(json.dumps(run.memory)) < 64 * 1024


class TestGroups:
    @pytest.mark.parametrize("groups", [1, 2, 7])
    def test_the_groups_of_a_catalog_cover_every_item_once(self, tmp_path, groups):
        shop = Shop(tmp_path)
        for number in range(30):
            shop.stock(f"SKU-{number}")
        plans = [shop.task(group=group, groups=groups).begin().plan() for group in range(groups)]
        keys = [item.key for plan in plans for item in plan.items]
        assert sorted(keys) == sorted(shop.rows)

    def test_groups_do_not_take_each_others_items_for_orphans(self, shop):
        shop.render()
        for group in range(3):
            assert shop.render("tuesday", group=group, groups=3, prune=True).pruned == []
        assert set(shop.records) == {"A", "B"}


def attempts_ended_at_every_step(tmp_path, prepare, **capabilities):
    """Yield a shop and its task for every step of a run, ended there."""
    for step in count(1):
        shop = Shop(tmp_path / str(step), max_batch=2, **capabilities)
        task = prepare(shop)
        tripwire = Tripwire(step)
        with disk(tripwire), suppress(Killed):
            task.attempt(tripwire)
            assert step > 50
            return
        yield shop, task


def stocked(shop):
    shop.stock("A")
    shop.stock("B", look="A")
    shop.stock("C")
    return shop.task(concurrency=1, max_credits=2)


def changed(shop):
    stocked(shop).attempt()
    shop.stock("A", look="new")
    del shop.rows["C"]
    shop.service.files = [("image", "square.png", "image/png")]
    return shop.task("tuesday", concurrency=1, max_credits=1, prune=True)


class TestCrashes:
    @pytest.mark.parametrize("upload_renders", [True, False])
    @pytest.mark.parametrize(("prepare", "bill"), [(stocked, 2), (changed, 3)])
    def test_whatever_step_a_run_is_ended_at_a_retry_completes_it_and_pays_no_more(
        self, tmp_path, upload_renders, prepare, bill
    ):
        for shop, task in attempts_ended_at_every_step(tmp_path, prepare, upload_renders=upload_renders):
            report = task.attempt()
            assert not report.failures
            assert set(outcomes(report).values()) <= {"delivered", "unchanged"}
            assert shop.service.bill == bill
            assert set(shop.service.live().values()) == {1}
            assert set(shop.records) == set(shop.rows)
            assert all_whole(shop)
