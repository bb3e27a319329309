from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from airflow_provider_render.catalog.items import CatalogItem
from airflow_provider_render.catalog.outcome import Failure, failure_of, item_report, remembered
from airflow_provider_render.catalog.plan import PlannedItem
from airflow_provider_render.catalog.report import Outcome, Stage
from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    AuthError,
    BudgetError,
    DownloadError,
    NotFoundError,
    OutcomeUnknownError,
    OutOfCreditsError,
    OutputError,
    QuotaError,
    RateLimitedError,
    RejectedError,
    SettingsError,
    UnavailableError,
)
from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.core.journal import FRUITLESS, UNPAID, Action, Phase, Record
from tests.fake_vendor import FakeVendor

ITEM = PlannedItem(
    CatalogItem("A", "A", "a.glb", title="Chair"), Action.RENDER, fingerprint="f", reason="new"
)
DONE = Record(
    "f",
    Phase.DELIVERED,
    job=RenderJob("fake", "R1", "M1"),
    run="monday",
    delivered_by="monday",
    spent=Decimal(3),
    files=({"path": "A/poster.png"},),
)

WHY = {
    Phase.PREPARING: "prepares its model",
    Phase.PREPARED: "its model is ready",
    Phase.INTENT: "cut off",
    Phase.SUBMITTED: "the vendor is at work",
    Phase.SUCCEEDED: "files not here yet",
}


def report(record, failure=None, *, item=ITEM, run="monday"):
    return item_report(item, record, failure, run=run, vendor=FakeVendor())


@pytest.mark.parametrize(
    ("error", "passing", "stopping"),
    [
        (RateLimitedError("slow down"), True, False),
        (UnavailableError("503"), True, False),
        (DownloadError("cut short"), True, False),
        (OutcomeUnknownError("no answer", happened=None), True, False),
        (AmbiguousSubmitError("cannot tell", happened=None), False, False),
        (RejectedError("no"), False, False),
        (AuthError("revoked"), False, True),
        (OutOfCreditsError("empty"), False, True),
        (BudgetError("too dear"), False, True),
        (OutputError("disk full"), True, False),
    ],
)
def test_trouble_on_the_way_may_pass_and_a_refusal_of_the_account_stops_the_run(error, passing, stopping):
    told = failure_of(Stage.SUBMIT, error)
    assert told[:4] == (Stage.SUBMIT, str(error), passing, stopping)


class TestOutcome:
    @pytest.mark.parametrize(
        ("record", "outcome", "stage"),
        [
            (None, Outcome.PENDING, Stage.SUBMIT),
            (replace(DONE, phase=Phase.INTENT, job=None), Outcome.PENDING, Stage.SUBMIT),
            (replace(DONE, phase=Phase.SUBMITTED), Outcome.PENDING, Stage.RENDER),
            (replace(DONE, phase=Phase.SUCCEEDED), Outcome.PENDING, Stage.RENDER),
            (replace(DONE, phase=Phase.FAILED, error="no light"), Outcome.FAILED, Stage.RENDER),
            (DONE, Outcome.DELIVERED, Stage.DONE),
            (replace(DONE, delivered_by="sunday"), Outcome.UNCHANGED, Stage.DONE),
        ],
    )
    def test_the_record_says_what_became_of_an_item(self, record, outcome, stage):
        told = report(record)
        assert (told.outcome, told.stage) == (outcome, stage)

    @pytest.mark.parametrize("phase", sorted(set(Phase) - FRUITLESS - {Phase.DELIVERED}))
    def test_an_item_that_is_not_delivered_yet_says_why(self, phase):
        told = report(replace(DONE, phase=phase))
        assert told.outcome is Outcome.PENDING
        assert WHY[phase] in (told.reason or "")

    def test_a_failure_of_this_run_counts_more_than_the_record(self):
        told = report(DONE, Failure(Stage.DOWNLOAD, "cut short", passing=True))
        assert (told.outcome, told.stage, told.reason) == (Outcome.FAILED, Stage.DOWNLOAD, "cut short")

    def test_an_item_that_could_not_be_worked_on_failed_at_the_check(self):
        told = report(None, item=replace(ITEM, action=None, problem="there is no model"))
        assert (told.outcome, told.stage, told.reason) == (Outcome.FAILED, Stage.CHECK, "there is no model")

    def test_the_vendors_reason_is_told(self):
        assert report(replace(DONE, phase=Phase.FAILED, error="no light")).reason == "no light"

    def test_an_item_that_was_given_up_says_how_to_try_again(self):
        failed = replace(DONE, phase=Phase.FAILED, error="no light")
        assert "max_attempts" in report(failed, item=replace(ITEM, action=Action.GIVE_UP)).what_to_do


class TestCosts:
    def test_a_run_reports_what_it_paid_itself(self):
        told = report(DONE)
        assert (told.credits, told.adopted) == (3, False)

    def test_what_another_run_paid_is_not_reported_again(self):
        told = report(DONE, run="tuesday")
        assert (told.credits, told.adopted) == (0, False)

    def test_a_render_that_was_taken_over_cost_nothing(self):
        told = report(replace(DONE, spent=Decimal(0)))
        assert (told.credits, told.adopted) == (0, True)

    def test_a_submit_without_an_answer_was_not_taken_over(self):
        assert not report(replace(DONE, phase=Phase.INTENT, job=None, spent=Decimal(0))).adopted

    @pytest.mark.parametrize("phase", sorted(UNPAID))
    def test_a_model_or_a_project_that_stands_before_a_submit_is_no_render_that_was_taken_over(self, phase):
        assert not report(replace(DONE, phase=phase, spent=Decimal(0))).adopted


NEXT = "the next run takes it up."
SAFE = "the render is paid and safe at the vendor, and the next run downloads it free of charge."
ADVISED = [
    (
        Stage.SUBMIT,
        AmbiguousSubmitError("cut off", happened=None),
        "It stays so, and is not paid again, until",
    ),
    (Stage.SUBMIT, NotFoundError("no template"), f"Correct the cause; {NEXT}"),
    (Stage.SUBMIT, SettingsError("imageQuality"), f"Correct the cause; {NEXT}"),
    (Stage.SUBMIT, AuthError("revoked"), f"Correct the credentials of the connection; {NEXT}"),
    (Stage.SUBMIT, OutOfCreditsError("empty"), f"Fill up the account; {NEXT}"),
    (Stage.SUBMIT, QuotaError("used up"), f"Wait until the vendor's quota allows it; {NEXT}"),
    (Stage.SUBMIT, BudgetError("too dear"), f"Raise max_credits if it cannot wait; {NEXT}"),
    (Stage.SUBMIT, OutcomeUnknownError("?", happened=None), "The next run looks it up at the vendor before"),
    (Stage.SUBMIT, UnavailableError("503"), "The next run looks it up at the vendor before"),
    (Stage.DOWNLOAD, DownloadError("cut short"), "The render is paid and safe at the vendor"),
    (Stage.DOWNLOAD, NotFoundError("no poster"), "The render is paid and safe at the vendor"),
    (Stage.DOWNLOAD, OutputError("disk full"), f"Correct the cause; {SAFE}"),
    (Stage.DOWNLOAD, AuthError("revoked"), f"Correct the credentials of the connection; {SAFE}"),
]


class TestAdvice:
    @pytest.mark.parametrize(("stage", "error", "advice"), ADVISED)
    def test_what_to_do_follows_from_the_kind_of_error(self, stage, error, advice):
        assert report(DONE, failure_of(stage, error)).what_to_do.startswith(advice)

    def test_it_is_the_same_after_the_task_has_waited(self):
        kept = remembered({"A": failure_of(Stage.SUBMIT, RejectedError("no"))}, 10_000)
        stage, *rest = json.loads(json.dumps(kept))["A"]
        assert report(None, Failure(Stage(stage), *rest)).what_to_do == f"Correct the cause; {NEXT}"

    def test_a_render_that_the_vendor_has_no_more_is_not_called_safe(self):
        gone = replace(DONE, phase=Phase.GONE)
        told = report(gone, failure_of(Stage.DOWNLOAD, NotFoundError("no such render")))
        assert told.what_to_do.startswith("The vendor has the render no more; the next run pays")

    def test_a_render_that_failed_is_tried_again_by_a_later_run(self):
        told = report(replace(DONE, phase=Phase.FAILED, error="no light"))
        assert told.what_to_do.startswith("A later run pays for another try, at most max_attempts in a row")


def test_a_report_leads_to_the_render_and_its_files():
    told = report(DONE)
    assert (told.key, told.title, told.folder, told.job_id) == ("A", "Chair", "A", "R1")
    assert told.portal_url == "https://fake.example/renders/R1"
    assert told.files == DONE.files
    assert report(None).portal_url is None


class TestRemembered:
    FAILURE = Failure(Stage.SUBMIT, "é" * 500, passing=True)

    def test_as_many_failures_are_kept_as_fit(self):
        failures = {f"SKU-{number}": self.FAILURE for number in range(100)}
        kept = remembered(failures, 10_000)
        assert 3 <= len(kept) <= 10
        assert list(kept) == list(failures)[: len(kept)]
        assert len(json.dumps(kept)) <= 10_000

    def test_few_failures_are_all_kept_with_their_reasons_cut(self):
        kept = remembered({"A": self.FAILURE}, 10_000)
        assert kept == {"A": ["submit", "é" * 300, True, False, ""]}
