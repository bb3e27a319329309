from __future__ import annotations

import json
import shutil
from decimal import Decimal

import pytest

from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.catalog.report import Stage
from airflow_provider_render.catalog.waiting import adopted, jobs_of, submitted_at
from airflow_provider_render.core.errors import (
    BudgetError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
)
from airflow_provider_render.core.job import OutputKind
from tests.catalog.runs import Shop, all_whole, outcomes, quiet
from tests.fake_service import STATES, SUBMIT, UPLOAD, Killed, lost_answer
from tests.fake_vendor import FakeClient

pytestmark = pytest.mark.usefixtures("fast_disk")


class TestFirstRun:
    def test_everything_wanted_is_paid_once_and_delivered(self, shop):
        report = shop.render()
        assert outcomes(report) == {"A": "delivered", "B": "delivered"}
        assert shop.service.paid == {"A": 1, "B": 1}
        assert all_whole(shop)
        assert set(shop.files()) == {
            f"{sku}/{name}" for sku in "AB" for name in ("poster.png", "video.mp4", "render.json")
        }

    def test_the_report_says_what_was_planned_spent_and_avoided(self, shop):
        first = shop.render()
        assert (first.planned, first.spent, first.avoided) == (2, 2, 0)
        shop.stock("C")
        second = shop.render("tuesday")
        assert (second.planned, second.spent, second.avoided) == (1, 1, 2)
        assert second.counts()["unchanged"] == 2

    def test_products_with_equal_models_are_paid_once_and_both_delivered(self, shop):
        shop.stock("C", look="A")
        report = shop.render()
        assert set(outcomes(report).values()) == {"delivered"}
        assert shop.service.bill == report.spent == 2
        assert shop.files()["A/poster.png"] == shop.files()["C/poster.png"]

    def test_only_the_wanted_kinds_are_downloaded(self, shop):
        shop.render(outputs=[OutputKind.THUMBNAIL])
        assert {path for path in shop.files() if path.startswith("A/")} == {"A/small.png", "A/render.json"}

    def test_render_json_tells_other_programs_what_the_files_are(self, shop):
        shop.render(settings={"quality": "4k"})
        told = json.loads(shop.files()["B/render.json"])
        assert told["title"] == "Bench"
        assert told["credits"] == "3"
        assert told["settings"] == {"quality": "4k"}
        assert told["model"]["sha256"] == shop.records["B"].source["sha256"]
        assert [file["name"] for file in told["files"]] == ["poster.png", "video.mp4"]


class TestLaterRuns:
    def test_an_unchanged_catalog_costs_no_call_that_changes_anything_and_no_download(self, shop):
        shop.render()
        before = shop.files()
        quiet(shop.service)
        report = shop.render("tuesday")
        assert outcomes(report) == {"A": "unchanged", "B": "unchanged"}
        assert shop.service.calls == []
        assert shop.service.downloads == []
        assert shop.files() == before
        assert report.spent == 0

    def test_a_changed_model_is_rendered_alone(self, shop):
        shop.render()
        shop.stock("A", look="A, new legs")
        quiet(shop.service)
        report = shop.render("tuesday")
        assert outcomes(report) == {"A": "delivered", "B": "unchanged"}
        assert shop.service.paid == {"A": 2, "B": 1}
        assert {path.split("/")[2] for path in shop.service.downloads} == {shop.records["A"].job.id}
        assert all_whole(shop)

    def test_a_model_that_changes_back_takes_its_old_render_over(self, shop):
        shop.render()
        shop.stock("A", look="new")
        shop.render("tuesday")
        shop.stock("A")
        report = shop.render("wednesday")
        assert shop.service.paid["A"] == 2
        assert report.counts()["adopted"] == 1
        assert shop.records["A"].job.id == "R1"
        assert all_whole(shop)

    def test_a_changed_setting_renders_again_and_naming_a_default_does_not(self, shop):
        shop.render()
        assert shop.render("tuesday", settings={"quality": "hd"}).spent == 0
        assert shop.render("wednesday", settings={"quality": "4k"}).spent == 6

    def test_missing_files_are_downloaded_again_free_of_charge(self, shop):
        shop.render()
        (shop.output / "A/video.mp4").unlink()
        quiet(shop.service)
        report = shop.render("tuesday")
        assert outcomes(report) == {"A": "delivered", "B": "unchanged"}
        assert shop.service.changing_calls == []
        assert report.spent == 0
        assert all_whole(shop)

    def test_files_of_the_earlier_delivery_that_no_longer_exist_are_removed(self, shop):
        shop.render()
        shop.service.files = [("image", "square.png", "image/png")]
        shop.stock("A", look="new")
        shop.render("tuesday")
        assert {path for path in shop.files() if path.startswith("A/")} == {"A/square.png", "A/render.json"}

    def test_what_left_the_catalog_is_only_reported(self, shop):
        shop.render()
        before = shop.files()
        del shop.rows["A"]
        report = shop.render("tuesday")
        assert (report.orphans, report.pruned) == (["A"], [])
        assert shop.files() == before

    def test_pruning_removes_all_of_what_left_the_catalog_and_nothing_else(self, shop):
        shop.stock("A/dark")
        shop.render()
        del shop.rows["A"]
        report = shop.render("tuesday", prune=True)
        assert (report.orphans, report.pruned) == ([], ["A"])
        assert {path.rpartition("/")[0] for path in shop.files()} == {"A/dark", "B"}
        assert shop.render("wednesday", prune=True).pruned == []


class TestForce:
    def test_everything_is_rendered_anew_once_for_each_wish(self, shop):
        shop.render()
        for _ in range(2):
            report = shop.render("tuesday", force="wish-1")
            assert outcomes(report) == {"A": "delivered", "B": "delivered"}
        assert shop.service.paid == {"A": 2, "B": 2}
        shop.render("wednesday", force="wish-2")
        assert shop.service.paid == {"A": 3, "B": 3}
        assert all_whole(shop)


class TestFailingItems:
    def test_a_corrupt_model_fails_alone_and_before_anything_is_paid_for_it(self, shop):
        shop.model("A").write_bytes(b"glTF, but not really")
        report = shop.render()
        assert outcomes(report) == {"A": "failed", "B": "delivered"}
        (failed,) = report.failures
        assert failed.stage is Stage.CHECK
        assert shop.service.paid == {"B": 1}

    def test_a_wrong_setting_fails_the_one_item(self, shop):
        shop.rows["A"]["settings"] = {"quality": "16k"}
        report = shop.render()
        assert outcomes(report) == {"A": "failed", "B": "delivered"}
        assert "quality" in report.failures[0].reason

    def test_a_failed_render_is_not_paid_again_in_the_same_run(self, shop):
        shop.service.failing["A"] = 9
        task = shop.task()
        for _ in range(3):
            report = task.attempt()
        assert outcomes(report) == {"A": "failed", "B": "delivered"}
        assert report.failures[0].stage is Stage.RENDER
        assert shop.service.paid["A"] == 1
        assert report.spent == 2

    def test_it_is_paid_again_in_later_runs_as_often_as_it_may_fail(self, shop):
        shop.service.failing["A"] = 9
        for night in range(6):
            report = shop.render(f"night-{night}", max_attempts=3)
        assert shop.service.paid["A"] == 3
        assert outcomes(report)["A"] == "failed"
        assert "raise max_attempts" in report.failures[0].what_to_do

    def test_a_new_model_is_a_new_start_for_an_item_that_was_given_up(self, shop):
        shop.service.failing["A"] = 2
        for night in range(3):
            shop.render(f"night-{night}")
        shop.stock("A", look="repaired")
        assert outcomes(shop.render("later"))["A"] == "delivered"

    def test_a_submit_that_is_refused_fails_its_items_and_a_retry_takes_them_up(self, tmp_path):
        shop = Shop(tmp_path, max_batch=1)
        shop.stock("A")
        shop.stock("B")
        shop.service.plan_fault(SUBMIT, lambda: RateLimitedError("slow down"))
        task = shop.task()
        run, _ = task.submit()
        ((key, failure),) = run.failures.items()
        assert (failure.stage, failure.passing) == (Stage.SUBMIT, True)
        assert outcomes(task.finish())[key] == "failed"
        assert set(outcomes(task.attempt()).values()) == {"delivered"}
        assert shop.service.bill == 2

    def test_a_lost_answer_is_cleared_up_by_the_retry(self, shop):
        call = UPLOAD if shop.capabilities["upload_renders"] else SUBMIT
        shop.service.plan_fault(call, lost_answer, after=True)
        task = shop.task()
        report = task.attempt()
        assert "failed" in outcomes(report).values()
        assert report.counts()["adopted"] == 0
        report = task.attempt()
        assert set(outcomes(report).values()) == {"delivered"}
        assert shop.service.bill == report.spent == task.spent == 2


class TestBudget:
    def test_a_plan_above_the_limit_pays_nothing(self, shop):
        with pytest.raises(BudgetError, match="max_credits allows 1"):
            shop.render(max_credits=1)
        assert shop.service.bill == 0

    @pytest.mark.parametrize("after", [True, False])
    def test_a_retry_after_a_crash_exactly_at_the_limit_recovers(self, shop, after):
        call = UPLOAD if shop.capabilities["upload_renders"] else SUBMIT
        shop.service.plan_fault(call, Killed, after=after)
        task = shop.task(max_credits=2)
        with pytest.raises(Killed):
            task.attempt()
        report = task.attempt()
        assert set(outcomes(report).values()) == {"delivered"}
        assert shop.service.bill == task.spent == report.spent == 2

    def test_a_limit_counts_what_earlier_tries_of_the_run_paid(self, shop):
        task = shop.task(max_credits=2)
        task.attempt()
        shop.stock("C")
        with pytest.raises(BudgetError):
            task.attempt()
        assert outcomes(shop.render("tuesday", max_credits=2))["C"] == "delivered"

    @pytest.mark.parametrize("failing", [0, 1], ids=["done", "failed"])
    def test_what_a_dead_try_submitted_counts_even_if_it_ended_before_the_retry(
        self, shop, monkeypatch, failing
    ):
        shop.service.failing["A"] = failing
        task = shop.task()
        with monkeypatch.context() as patch:
            patch.setattr(Ledger, "confirm", _die)
            with pytest.raises(Killed):
                task.submit()
        run = task.begin()
        run.look(run.plan())
        run.approve(run.plan())
        assert task.spent == shop.service.bill == 2

    def test_an_account_that_looks_too_poor_only_earns_a_warning(self, shop, caplog):
        shop.service.credits = Decimal(1)
        report = shop.render()
        assert "the account has 1" in caplog.text
        assert shop.service.bill <= 1
        assert len(report.failures) >= 1


class TestWaiting:
    def test_open_renders_are_left_to_wait_for(self, shop):
        shop.service.slow = True
        task = shop.task()
        run, plan = task.submit()
        assert set(run.open(plan)) == {"A", "B"}
        assert run.count(plan) == 2
        assert {job.id for job in jobs_of(run.open(plan))} == set(shop.service.renders)
        assert submitted_at(run.open(plan)) > 0
        report = task.finish(lost=False)
        assert outcomes(report) == {"A": "pending", "B": "pending"}

    def test_a_retry_takes_over_the_renders_under_way(self, shop):
        shop.service.slow = True
        task = shop.task()
        task.submit()
        shop.service.slow = False
        assert set(outcomes(task.attempt()).values()) == {"delivered"}
        assert shop.service.bill == 2

    def test_a_render_that_is_not_listed_yet_is_not_taken_for_lost(self, shop):
        shop.service.hidden_looks = 1
        task = shop.task()
        run, plan = task.submit()
        assert set(run.look(plan, lost=False)) == {"A", "B"}
        assert run.look(plan, lost=False) == {}

    def test_a_render_the_vendor_lost_counts_as_failed_and_is_replaced_by_the_next_run(self, shop):
        task = shop.task()
        task.submit()
        shop.service.forget_renders()
        report = task.finish()
        assert outcomes(report) == {"A": "failed", "B": "failed"}
        assert "does not know this render" in report.failures[0].reason
        assert set(outcomes(shop.render("tuesday")).values()) == {"delivered"}
        assert shop.service.paid == {"A": 2, "B": 2}

    def test_renders_cancelled_for_taking_too_long_are_rendered_again_by_a_retry(self, shop):
        shop.service.slow = True
        task = shop.task()
        run, plan = task.submit()
        run.expire(run.open(plan))
        for render in shop.service.renders.values():
            render.status = "cancelled"
        assert "render_timeout" in shop.records["A"].error
        shop.service.slow = False
        assert set(outcomes(task.attempt()).values()) == {"delivered"}
        assert shop.service.paid == {"A": 2, "B": 2}
        assert task.spent == 4

    def test_trouble_while_looking_changes_nothing(self, shop):
        task = shop.task()
        task.submit()
        before = shop.records
        shop.service.plan_fault(STATES, lambda: UnavailableError("503"))
        with pytest.raises(UnavailableError):
            task.finish()
        assert shop.records == before
        assert set(outcomes(task.finish()).values()) == {"delivered"}


class TestDelivery:
    def test_a_download_that_fails_costs_nothing_to_repeat(self, shop):
        shop.service.broken_downloads = 2
        task = shop.task(concurrency=1)
        report = task.attempt()
        assert sorted(outcomes(report).values()) == ["delivered", "failed"]
        assert report.failures[0].stage is Stage.DOWNLOAD
        assert all_whole(shop)
        assert set(outcomes(task.attempt()).values()) == {"delivered"}
        assert shop.service.bill == 2

    def test_an_item_that_got_on_at_a_second_look_is_not_reported_as_failed(self, shop):
        shop.service.broken_downloads = 2
        task = shop.task(concurrency=1)
        run, plan = task.submit()
        run.look(plan, lost=True)
        run.deliver(plan)
        assert len(run.failures) == 1
        run.deliver(plan)
        assert run.failures == {}
        assert set(outcomes(run.report(plan)).values()) == {"delivered"}

    def test_a_render_whose_files_the_vendor_no_longer_has_is_rendered_anew_next_time(self, shop):
        shop.render()
        (shop.output / "A/video.mp4").unlink()
        shop.service.forget_renders()
        report = shop.render("tuesday")
        assert outcomes(report) == {"A": "failed", "B": "unchanged"}
        assert outcomes(shop.render("wednesday")) == {"A": "delivered", "B": "unchanged"}
        assert shop.service.paid == {"A": 2, "B": 1}
        assert all_whole(shop)

    def test_a_file_that_the_vendor_lacks_is_no_reason_to_pay_for_the_render_again(self, shop, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(FakeClient, "download", _lacking)
            report = shop.render("monday")
        assert set(outcomes(report).values()) == {"failed"}
        assert {failure.stage for failure in report.failures} == {Stage.DOWNLOAD}
        assert set(outcomes(shop.render("tuesday")).values()) == {"delivered"}
        assert shop.service.paid == {"A": 1, "B": 1}

    def test_an_item_whose_folder_cannot_be_written_fails_alone(self, shop):
        shop.output.mkdir()
        (shop.output / "A").write_text("a file where a folder should be")
        report = shop.render()
        assert outcomes(report) == {"A": "failed", "B": "delivered"}
        assert "cannot write" in report.failures[0].reason


def test_a_kind_that_is_wanted_later_is_fetched_without_paying(shop):
    shop.render(outputs=[OutputKind.VIDEO])
    bill = shop.service.bill
    assert "A/small.png" not in shop.files()
    shop.render("tuesday", outputs=[OutputKind.VIDEO, OutputKind.THUMBNAIL])
    assert shop.service.bill == bill
    assert "A/small.png" in shop.files()


def _die(ledger):
    raise Killed


def _lacking(client, fetch, to):
    raise NotFoundError(f"{fetch.label}: no such file")


def test_a_render_that_was_taken_over_is_told_from_one_that_was_paid(shop):
    """Who did not pay for a render must not cancel it: somebody else may be waiting."""
    shop.service.slow = True
    run, plan = shop.task().submit()
    assert adopted(run.open(plan)) == frozenset()
    shutil.rmtree(shop.output)
    run, plan = shop.task("tuesday").submit()
    assert adopted(run.open(plan)) == {job.id for job in jobs_of(run.open(plan))}
