"""Renders that are to be paid, put together by what they show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from airflow_provider_render.core.errors import RenderError
from airflow_provider_render.core.job import RenderJob, RenderRequest
from airflow_provider_render.core.journal import UNPAID, Action, Journal, Phase, Record

NAMELESS = "unknown"
"""Ticket of a cut-off submit whose own was not written down."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A render that is to be paid, or whose cut-off submit is to be cleared up.

    :param request: what to render.
    :param fingerprint: what it will show; wanted renders with equal fingerprints share one paid render.
    :param price: credits it costs.
    :param action: ``RENDER`` or ``RECOVER``.
    :param source: what the model's listing said when its bytes were read, for :attr:`Record.source`.
    :param hint: the vendor's id of the model as an earlier run noted it.
    :param twin: a render of another item that shows the same, and has not failed as far as is known.
    """

    request: RenderRequest
    fingerprint: str
    price: Decimal
    action: Action = Action.RENDER
    source: Mapping[str, Any] = field(default_factory=dict)
    hint: str | None = None
    twin: RenderJob | None = None


@dataclass(slots=True)
class Submitted:
    """What became of the wanted renders.

    :param paid: keys of items whose render was submitted.
    :param adopted: keys of items that took over a render that was already there, free of charge.
    :param preparing: keys of items whose model the vendor has to work on before it can be rendered.
    :param failed: what went wrong, by key.
    """

    paid: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    preparing: list[str] = field(default_factory=list)
    failed: dict[str, RenderError] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """Wanted renders that show the same thing: one is submitted, all get its job.

    :param members: the renders.
    :param before: what the journal knew of each, by key.
    :param model_id: the vendor's id of the model, once known.
    :param exclude: ids of equal renders that are not to be adopted.
    :param ticket: name of the submit call that is being made.
    :param announced: what a milestone of that call told.
    :param preparing: what the vendor does to the model before it can be rendered, found while it was asked
        about a submit that was cut off.
    :param cleared: whether the vendor said that the cut-off submit never happened.
    """

    members: list[Wanted]
    before: dict[str, Record | None]
    model_id: str | None
    exclude: tuple[str, ...]
    ticket: str = ""
    announced: RenderJob | None = None
    preparing: RenderJob | None = None
    cleared: bool = False

    @property
    def price(self) -> Decimal:
        """Credits of the render."""
        return self.members[0].price

    @property
    def request(self) -> RenderRequest:
        """The render as it is submitted."""
        return replace(self.members[0].request, model_id=self.model_id, ticket=self.ticket or None)

    @property
    def question(self) -> RenderRequest:
        """The request as it is looked for; it tells what is known of a submit that was cut off.

        That submit named a model, which need not be the one that the vendor now finds first: a model whose
        upload was cut off too may have come to light since.
        """
        cut_off = self.record(Phase.INTENT) if self.recovering else None
        if cut_off is None:
            return replace(self.request, ticket=None)
        ticket, model_id = cut_off.ticket or NAMELESS, cut_off.model_id or self.model_id
        return replace(self.request, model_id=model_id, ticket=ticket, announced=cut_off.job)

    def record(self, *phases: Phase) -> Record | None:
        """Return the first record of this render that is in one of some phases."""
        mine = (one for one in self.before.values() if one and one.fingerprint == self.fingerprint)
        return next((one for one in mine if one.phase in phases), None)

    @property
    def model(self) -> str:
        """What tells its model from others."""
        model = self.members[0].request.model
        return model.sha256 if model else str(self.model_id)

    @property
    def recovering(self) -> bool:
        """Whether a submit of it was cut off, and nobody knows yet whether it happened."""
        return not self.cleared and any(wanted.action is Action.RECOVER for wanted in self.members)

    @property
    def twin(self) -> RenderJob | None:
        """A render of another item that shows the same."""
        twins = (one.twin for one in self.members)
        return next((job for job in twins if job and job.id not in self.exclude), None)

    @property
    def keys(self) -> list[str]:
        """Keys of its items."""
        return [wanted.request.key for wanted in self.members]

    @property
    def fingerprint(self) -> str:
        """What it shows."""
        return self.members[0].fingerprint

    def booked(self, run: str) -> bool:
        """Whether the ledger of a run counts it already: an intent of the run is there."""
        return any(self.counts(run, record) for record in self.before.values())

    def counts(self, run: str, record: Record | None) -> bool:
        """Whether a record is an intent of this render that the ledger of a run counts."""
        if record is None or record.phase is not Phase.INTENT:
            return False
        return record.fingerprint == self.fingerprint and record.run == run

    @property
    def uploaded(self) -> RenderJob | None:
        """The preparing of its model, which an earlier try has uploaded."""
        record = None if self.recovering else self.record(*UNPAID - {Phase.INTENT})
        return record.job if record else None


def grouped(wanted: Iterable[Wanted], journal: Journal) -> list[Group]:
    """Put together the renders that show the same thing."""
    groups: dict[str, Group] = {}
    for one in wanted:
        before = journal.get(one.request.key)
        group = groups.setdefault(one.fingerprint, Group([], {}, one.request.model_id, ()))
        group.members.append(one)
        group.before[one.request.key] = before
        if before and before.fingerprint == one.fingerprint:
            group.exclude = tuple(dict.fromkeys((*group.exclude, *before.exclude)))
    return list(groups.values())


def prices(groups: Iterable[Group]) -> dict[str, Decimal]:
    """Return the credits of renders by fingerprint."""
    return {group.fingerprint: group.price for group in groups}
