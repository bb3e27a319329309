"""What is known of a wanted render and what is to be done next: the rules that keep it from being paid twice.

A paid call is framed by two durable writes: an *intent* before it, the vendor's ids after it. Whoever
finds an intent without ids must ask the vendor before paying again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from airflow_provider_render.core.job import RenderJob, RenderState, RenderStatus


class Phase(StrEnum):
    """How far a wanted render has come."""

    PREPARING = "preparing"
    """The vendor works on the uploaded model; no render was asked for yet."""
    PREPARED = "prepared"
    """The vendor has made the model ready; no render was asked for yet."""
    INTENT = "intent"
    """A paid call was about to be made; whether it was is not known."""
    SUBMITTED = "submitted"
    """The vendor has accepted it; its id is known."""
    SUCCEEDED = "succeeded"
    """The vendor has finished it; the files are not here yet."""
    FAILED = "failed"
    """The vendor has ended it without a result."""
    GONE = "gone"
    """The vendor has it no more: it was cancelled, or removed before its files were here."""
    DELIVERED = "delivered"
    """The files are here."""


FRUITLESS = frozenset({Phase.FAILED, Phase.GONE})
"""Phases in which what was paid came to nothing."""

OPEN = frozenset({Phase.PREPARING, Phase.SUBMITTED})
"""Phases in which the vendor is at work."""

UNPAID = frozenset({Phase.PREPARING, Phase.PREPARED, Phase.INTENT})
"""Phases that go on to the same paid call."""


class Action(StrEnum):
    """What has to be done for a wanted render."""

    SKIP = "skip"
    """Nothing: the files are here and nothing changed."""
    RENDER = "render"
    """Pay for a render."""
    RECOVER = "recover"
    """Ask the vendor what became of a cut-off submit, then render if it never happened."""
    WAIT = "wait"
    """Wait for a render that was already paid."""
    DELIVER = "deliver"
    """Download a render that is finished."""
    GIVE_UP = "give_up"
    """Nothing: it failed as often as it may, and neither model nor settings changed since."""


@dataclass(frozen=True, slots=True)
class Record:
    """The journal's entry for one wanted render.

    :param fingerprint: what the render shows: model bytes, settings, vendor.
    :param phase: how far it has come.
    :param generation: how many renders of this fingerprint have ended in failure or were superseded by
        force; part of what may be paid at most once.
    :param failures: how many renders of this fingerprint in a row came to nothing before the current one.
    :param job: the vendor's render, once known; before that the preparing of its model, or, with an intent,
        what a milestone announced.
    :param ticket: names the submit call of the intent, or of the render.
    :param model_id: the vendor's id of the uploaded model, once known.
    :param run: the run that submitted, or took over, the current job.
    :param delivered_by: the run that delivered the files.
    :param exclude: ids of equal renders that must not be adopted, because a new one was forced.
    :param force: the forcing run that this record already serves.
    :param spent: credits paid for the current job; zero where an existing render was adopted.
    :param error: why it failed.
    :param files: what was delivered.
    :param kinds: the kinds of output that were wanted when it was delivered.
    :param source: size, time or etag, and hash of the model when it was last read.
    :param updated: ISO time of the last change.
    :param told: digest of the title and tags that the item's ``render.json`` has; empty where unknown.
    :param submitted: ISO time at which the vendor accepted the render; empty before that, and where an
        existing one was taken over.
    :param rendered: ISO time at which it was first seen finished; empty before that.
    :param lost: credits that ``run`` paid for earlier renders of the item, which came to nothing.
    """

    fingerprint: str
    phase: Phase
    generation: int = 0
    failures: int = 0
    job: RenderJob | None = None
    ticket: str = ""
    model_id: str | None = None
    run: str = ""
    delivered_by: str = ""
    exclude: tuple[str, ...] = ()
    force: str | None = None
    spent: Decimal = Decimal(0)
    error: str | None = None
    files: tuple[Mapping[str, Any], ...] = ()
    kinds: tuple[str, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)
    updated: str = ""
    told: str = ""
    submitted: str = ""
    rendered: str = ""
    lost: Decimal = Decimal(0)

    @property
    def fruitless(self) -> Decimal:
        """Credits that ``run`` has paid for renders of the item that came to nothing."""
        return self.lost + (self.spent if self.phase in FRUITLESS else 0)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON form."""
        return {
            "fingerprint": self.fingerprint,
            "phase": str(self.phase),
            "generation": self.generation,
            "failures": self.failures,
            "job": self.job.to_json() if self.job else None,
            "ticket": self.ticket,
            "model_id": self.model_id,
            "run": self.run,
            "delivered_by": self.delivered_by,
            "exclude": list(self.exclude),
            "force": self.force,
            "spent": str(self.spent),
            "error": self.error,
            "files": [dict(file) for file in self.files],
            "kinds": list(self.kinds),
            "source": dict(self.source),
            "updated": self.updated,
            "told": self.told,
            **({"submitted": self.submitted} if self.submitted else {}),
            **({"rendered": self.rendered} if self.rendered else {}),
            **({"lost": str(self.lost)} if self.lost else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Record:
        """Read what :meth:`to_json` wrote.

        :raises ValueError: a field is missing or of the wrong kind.
        """
        try:
            return cls(
                fingerprint=str(data["fingerprint"]),
                phase=Phase(data["phase"]),
                generation=int(data.get("generation", 0)),
                failures=int(data.get("failures", 0)),
                job=RenderJob.from_json(data["job"]) if data.get("job") else None,
                ticket=str(data.get("ticket", "")),
                model_id=data.get("model_id"),
                run=str(data.get("run", "")),
                delivered_by=str(data.get("delivered_by", "")),
                exclude=tuple(data.get("exclude") or ()),
                force=data.get("force"),
                spent=Decimal(str(data.get("spent", "0"))),
                error=data.get("error"),
                files=tuple(data.get("files") or ()),
                kinds=tuple(data.get("kinds") or ()),
                source=dict(data.get("source") or {}),
                updated=str(data.get("updated", "")),
                told=str(data.get("told", "")),
                submitted=str(data.get("submitted", "")),
                rendered=str(data.get("rendered", "")),
                lost=Decimal(str(data.get("lost", "0"))),
            )
        except (KeyError, TypeError, ArithmeticError) as error:
            raise ValueError(f"not a journal record: {error!r}") from error


class Journal(Protocol):
    """Durable records by item key; a write is on disk, or in the database, when it returns."""

    def get(self, key: str) -> Record | None:
        """Return the record of an item."""

    def put(self, records: Mapping[str, Record]) -> None:
        """Write records of several items.

        :raises Exception: nothing may be paid when the write fails, as it does for a superseded worker.
        """

    def forget(self, keys: Iterable[str]) -> None:
        """Remove records, as when an intent is known to have come to nothing."""


def decide(
    record: Record | None,
    fingerprint: str,
    *,
    outputs_present: bool,
    force: str | None = None,
    max_attempts: int = 2,
) -> Action:
    """Return what has to be done for a wanted render.

    :param record: what the journal knows of it.
    :param fingerprint: what it should show now.
    :param outputs_present: whether all delivered files are still there.
    :param force: identity of a run that wants everything rendered anew; stays the same over retries.
    :param max_attempts: paid renders of one fingerprint in a row that may come to nothing before it is
        left alone.
    """
    if record is None or record.fingerprint != fingerprint:
        return Action.RENDER
    if record.phase is Phase.INTENT:
        return Action.RECOVER
    if force is not None and record.force != force:
        return Action.RENDER
    if record.phase in UNPAID:
        return Action.RENDER
    if record.phase is Phase.SUBMITTED:
        return Action.WAIT
    if record.phase in FRUITLESS:
        return Action.RENDER if record.failures + 1 < max_attempts else Action.GIVE_UP
    if record.phase is Phase.SUCCEEDED or not outputs_present:
        return Action.DELIVER
    return Action.SKIP


def intend(
    record: Record | None,
    fingerprint: str,
    *,
    exclude: Iterable[str] = (),
    force: str | None = None,
    run: str = "",
) -> Record:
    """Return the record to write before a paid call.

    Generation goes up after a failure of the same fingerprint or when a new render is forced; a cut-off
    submit keeps it.

    :param run: name of the run that is about to pay, for what it has lost on the item so far.
    """
    lost = record.fruitless if record and run and record.run == run else Decimal(0)
    if record is None or record.fingerprint != fingerprint:
        base = Record(fingerprint, Phase.INTENT, files=record.files if record else ())
        return replace(base, exclude=tuple(exclude), force=force, lost=lost)
    again = record.phase not in UNPAID
    return replace(
        record,
        phase=Phase.INTENT,
        generation=record.generation + 1 if again else record.generation,
        failures=_failures(record) if again else record.failures,
        job=None,
        exclude=tuple(dict.fromkeys((*record.exclude, *exclude))),
        force=force or record.force,
        spent=Decimal(0),
        error=None,
        submitted="",
        rendered="",
        lost=lost,
    )


def preparing(record: Record, job: RenderJob) -> Record:
    """Return the record to write while the vendor works on the uploaded model.

    :param record: as :func:`intend` returns it.
    """
    return replace(record, phase=Phase.PREPARING, job=job, model_id=job.model_id or None)


def _failures(record: Record) -> int:
    return record.failures + 1 if record.phase in FRUITLESS else 0


def submitted(record: Record, job: RenderJob, spent: Decimal, at: str = "") -> Record:
    """Return the record to write as soon as the vendor's ids are known.

    :param at: ISO time at which the vendor accepted it; empty where that is not known.
    """
    after = replace(record, phase=Phase.SUBMITTED, job=job, model_id=job.model_id, spent=spent, error=None)
    return replace(after, submitted=at)


def observed(record: Record, state: RenderState | None, at: str = "") -> Record:
    """Return the record after a look at the vendor; None means that the vendor lost the render.

    :param at: ISO time of the look.
    """
    if state is None:
        return gone(record, "the vendor does not know this render any more")
    if state.status is RenderStatus.SUCCEEDED:
        if record.phase is Phase.PREPARING:
            return replace(record, phase=Phase.PREPARED, error=None)
        return replace(record, phase=Phase.SUCCEEDED, error=None, rendered=record.rendered or at)
    if state.status.terminal:
        return replace(record, phase=Phase.FAILED, error=state.error or f"the vendor says: {state.word}")
    return record


def gone(record: Record, error: str) -> Record:
    """Return the record of a render that the vendor has no more; it will not be adopted if it turns up."""
    lost = (record.job.id,) if record.job else ()
    return replace(
        record, phase=Phase.GONE, error=error, exclude=tuple(dict.fromkeys((*record.exclude, *lost)))
    )
