"""What a run made of one item, for its report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from airflow_provider_render.catalog.plan import PlannedItem
from airflow_provider_render.catalog.report import ItemReport, Outcome, Stage
from airflow_provider_render.catalog.submit import STOPPING
from airflow_provider_render.core.errors import AmbiguousSubmitError, OutputError, RenderError, VendorError
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


class Failure(NamedTuple):
    """Why an item did not get on.

    :param stage: where it failed.
    :param reason: what went wrong.
    :param passing: whether another try may work.
    :param stopping: whether it kept the run from submitting anything more, as an empty account does.
    """

    stage: Stage
    reason: str
    passing: bool
    stopping: bool = False


def failure_of(stage: Stage, error: RenderError) -> Failure:
    """Describe an error; trouble on the way or with the storage, and unclear answers, may pass."""
    unclear = isinstance(error, VendorError) and (error.transient or error.happened is None)
    passing = (unclear or isinstance(error, OutputError)) and not isinstance(error, AmbiguousSubmitError)
    return Failure(stage, str(error), passing, isinstance(error, STOPPING))


def remembered(failures: Mapping[str, Failure], most: int) -> dict[str, list[Any]]:
    """Return failures in their JSON form, as many as fit.

    :param failures: by key.
    :param most: bytes of JSON.
    """
    kept: dict[str, list[Any]] = {}
    for key, failure in failures.items():
        form = [failure.stage, failure.reason[:300], failure.passing, failure.stopping]
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
        advice=_advice(item),
        credits=record.spent if record and own else Decimal(0),
        fruitless=record.fruitless if record and own else Decimal(0),
        adopted=job is not None and own and record is not None and not record.spent,
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


def _advice(item: PlannedItem) -> str | None:
    if item.action is not Action.GIVE_UP:
        return None
    return (
        "it is not paid for again as it is: change the model or its settings, or raise max_attempts, or"
        " use force"
    )
