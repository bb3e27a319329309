"""What a run that has begun to pay keeps to, whatever becomes of the catalog meanwhile. No I/O."""

from __future__ import annotations

from dataclasses import replace

from airflow_provider_render.catalog.outcome import Failure
from airflow_provider_render.catalog.plan import PlannedItem
from airflow_provider_render.catalog.report import Stage
from airflow_provider_render.core.journal import UNPAID, Action, Phase, Record

AS_BEGUN = "as it was when the run began; what changed since is for the next run"


def as_begun(item: PlannedItem, failure: Failure | None, run: str) -> PlannedItem:
    """Keep to the render that the run has submitted: what changed since is for the next run.

    The record keeps to the model that was rendered, so the item is planned without the present one.

    :param item: as it is planned by what the catalog says now.
    :param failure: what went wrong with it in this run.
    :param run: name of the run.
    """
    record = item.record
    unsubmitted = failure is not None and failure.stage is Stage.SUBMIT
    if record is None or unsubmitted or item.action not in (Action.RENDER, None):
        return item
    if record.phase in (Phase.SUBMITTED, Phase.SUCCEEDED):
        action = Action.WAIT
    elif record.phase is Phase.DELIVERED and record.delivered_by == run:
        action = Action.SKIP
    else:
        return item
    kept = replace(item, action=action, fingerprint=record.fingerprint, reason=AS_BEGUN)
    return replace(kept, model=None, problem=None)


def goes_on(item: PlannedItem) -> bool:
    """Whether its submit was begun, and waits for the model or was cut off."""
    record = item.record
    return record is not None and record.phase in UNPAID and record.fingerprint == item.fingerprint


def once_a_run(item: PlannedItem, run: str, force: str | None) -> PlannedItem:
    """Leave alone, until another run, what the vendor has failed in this one.

    :param run: name of the run.
    :param force: identity of a run that wants everything rendered anew.
    """
    record = item.record
    if item.action is not Action.RENDER or record is None or record.phase is not Phase.FAILED:
        return item
    served = force is None or record.force == force
    same = record.fingerprint == item.fingerprint and record.run == run
    return replace(item, action=Action.GIVE_UP) if same and served else item


def still_owed(record: Record, run: str) -> bool:
    """Whether a run may have paid for a render that is not here; its record is all that tells of it."""
    return record.run == run and record.phase in (Phase.INTENT, Phase.SUBMITTED, Phase.SUCCEEDED)
