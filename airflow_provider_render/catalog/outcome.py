"""What a run made of one item, for its report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from airflow_provider_render.catalog.plan import PlannedItem
from airflow_provider_render.catalog.report import ItemReport, Outcome, Stage
from airflow_provider_render.catalog.submit import STOPPING
from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    AuthError,
    BudgetError,
    NotFoundError,
    OutOfCreditsError,
    OutputError,
    QuotaError,
    RejectedError,
    RenderError,
    RenderInputError,
    VendorError,
)
from airflow_provider_render.core.journal import FRUITLESS, UNPAID, Action, Phase, Record
from airflow_provider_render.core.vendor import RenderVendor

UNFINISHED = {
    Phase.PREPARING: "the vendor prepares its model",
    Phase.PREPARED: "its model is ready, its render not submitted yet",
    Phase.INTENT: "its submit was cut off; a later run asks the vendor what became of it",
    Phase.SUBMITTED: "the vendor is at work",
    Phase.SUCCEEDED: "rendered, files not here yet",
}
"""Why a render is not delivered, where nothing went wrong."""


class Remedy(StrEnum):
    """What helps against an error that does not pass by itself."""

    NONE = ""
    ANSWER = "answer"
    CREDENTIALS = "credentials"
    CREDITS = "credits"
    QUOTA = "quota"
    BUDGET = "budget"
    CORRECT = "correct"


REMEDIES: tuple[tuple[type[RenderError], Remedy], ...] = (
    (AmbiguousSubmitError, Remedy.ANSWER),
    (AuthError, Remedy.CREDENTIALS),
    (OutOfCreditsError, Remedy.CREDITS),
    (QuotaError, Remedy.QUOTA),
    (BudgetError, Remedy.BUDGET),
    (RejectedError, Remedy.CORRECT),
    (RenderInputError, Remedy.CORRECT),
)
"""What helps by kind of error; the first that fits counts."""

HELP: Mapping[str, str] = {
    Remedy.CREDENTIALS: "Correct the credentials of the connection",
    Remedy.CREDITS: "Fill up the account",
    Remedy.QUOTA: "Wait until the vendor's quota allows it",
    Remedy.BUDGET: "Raise max_credits if it cannot wait",
    Remedy.CORRECT: "Correct the cause",
}
"""What to do, by remedy."""

ANSWER = (
    'It stays so, and is not paid again, until it is answered with on_ambiguous="resubmit" for one run, or'
    " the vendor tells of it."
)
UNPAID_YET = "the next run takes it up."
PAID = "the render is paid and safe at the vendor, and the next run downloads it free of charge."
LOST = "The vendor has the render no more; the next run pays for a new one, within max_attempts."


class Failure(NamedTuple):
    """Why an item did not get on.

    :param stage: where it failed.
    :param reason: what went wrong.
    :param passing: whether another try may work.
    :param stopping: whether it kept the run from submitting anything more, as an empty account does.
    :param remedy: what helps against it.
    """

    stage: Stage
    reason: str
    passing: bool
    stopping: bool = False
    remedy: str = Remedy.NONE


def failure_of(stage: Stage, error: RenderError) -> Failure:
    """Describe an error; trouble on the way or with the storage, and unclear answers, may pass."""
    unclear = isinstance(error, VendorError) and (error.transient or error.happened is None)
    passing = (unclear or isinstance(error, OutputError)) and not isinstance(error, AmbiguousSubmitError)
    return Failure(stage, str(error), passing, isinstance(error, STOPPING), _remedy(stage, error))


def _remedy(stage: Stage, error: RenderError) -> Remedy:
    # A file that the vendor lacks for now is nothing that a person can correct.
    if stage is Stage.DOWNLOAD and isinstance(error, NotFoundError):
        return Remedy.NONE
    return next((remedy for kind, remedy in REMEDIES if isinstance(error, kind)), Remedy.NONE)


def remembered(failures: Mapping[str, Failure], most: int) -> dict[str, list[Any]]:
    """Return failures in their JSON form, as many as fit.

    :param failures: by key.
    :param most: bytes of JSON.
    """
    kept: dict[str, list[Any]] = {}
    for key, failure in failures.items():
        form = [failure.stage, failure.reason[:300], failure.passing, failure.stopping, failure.remedy]
        most -= len(json.dumps({key: form}))
        if most < 0:
            break
        kept[key] = form
    return kept


def item_report(
    item: PlannedItem, record: Record | None, failure: Failure | None, *, run: str, vendor: RenderVendor
) -> ItemReport:
    """Describe what became of an item.

    :param record: what the journal knows of its present fingerprint.
    :param failure: what went wrong with it in this run.
    :param run: name of the run.
    :param vendor: for the page about the render.
    """
    outcome, stage, reason = _outcome(item, record, failure, run)
    own = record is not None and record.run == run
    job = record.job if record else None
    return ItemReport(
        key=item.key,
        outcome=outcome,
        stage=stage,
        title=item.item.title,
        folder=item.item.folder,
        reason=reason,
        advice=_advice(item, record, failure),
        credits=record.spent if record and own else Decimal(0),
        fruitless=record.fruitless if record and own else Decimal(0),
        adopted=own and record is not None and _adopted(record),
        job_id=job.id if job else None,
        portal_url=vendor.portal_url(job) if job else None,
        files=record.files if record else (),
    )


def _outcome(
    item: PlannedItem, record: Record | None, failure: Failure | None, run: str
) -> tuple[Outcome, Stage, str | None]:
    if item.problem:
        return Outcome.FAILED, Stage.CHECK, item.trouble
    if failure is not None:
        return Outcome.FAILED, failure.stage, failure.reason
    if record is None:
        return Outcome.PENDING, Stage.SUBMIT, f"{item.reason}; left to a later run"
    if record.phase in FRUITLESS:
        return Outcome.FAILED, Stage.RENDER, record.error
    if record.phase is not Phase.DELIVERED:
        stage = Stage.SUBMIT if record.phase in UNPAID else Stage.RENDER
        return Outcome.PENDING, stage, UNFINISHED[record.phase]
    fresh = record.delivered_by == run
    return (Outcome.DELIVERED if fresh else Outcome.UNCHANGED), Stage.DONE, item.reason or None


def _adopted(record: Record) -> bool:
    """Whether a render was taken over; before the paid call its job is a model or a project."""
    return record.job is not None and record.phase not in UNPAID and not record.spent


def _advice(item: PlannedItem, record: Record | None, failure: Failure | None) -> str | None:
    if item.action is Action.GIVE_UP:
        return (
            "it is not paid for again as it is: change the model or its settings, or raise max_attempts, or"
            " use force"
        )
    if item.problem or failure is None:
        return None
    if failure.stage is Stage.DOWNLOAD and record is not None and record.phase in FRUITLESS:
        return LOST
    if failure.remedy == Remedy.ANSWER:
        return ANSWER
    what = HELP.get(failure.remedy)
    return what and f"{what}; {PAID if failure.stage is Stage.DOWNLOAD else UNPAID_YET}"
