"""The wanted state of a catalog against what is there: what has to be done, and what it costs. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from airflow_provider_render.catalog.brevity import fitting, within
from airflow_provider_render.catalog.items import CatalogItem
from airflow_provider_render.core.errors import (
    BudgetError,
    ModelFileError,
    RenderInputError,
    SettingsError,
)
from airflow_provider_render.core.fingerprint import canonical_json
from airflow_provider_render.core.job import OutputKind, RenderRequest, Settings
from airflow_provider_render.core.journal import UNPAID, Action, Record, decide
from airflow_provider_render.core.kinds import require_kinds, wanted_kinds
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.core.vendor import RenderVendor

PAYING = (Action.RENDER, Action.RECOVER)
"""Actions that may lead to a paid render."""

ADVICE = "Look at the plan with plan_only=True, then raise max_credits or shorten the catalog"
"""What to do about a plan that costs more than it may."""


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """What has to be done for one item.

    :param item: the item.
    :param action: what is to be done; None where a problem keeps it from being worked on.
    :param model: its model file.
    :param settings: validated settings.
    :param fingerprint: what its render will show.
    :param price: credits of one such render, whatever the action.
    :param record: what the journal knows of it.
    :param problem: why it cannot be worked on.
    :param reason: why the action, for people.
    """

    item: CatalogItem
    action: Action | None = None
    model: ModelFile | None = None
    settings: Settings = field(default_factory=dict)
    fingerprint: str = ""
    price: Decimal = Decimal(0)
    record: Record | None = None
    problem: str | None = None
    reason: str = ""

    @property
    def key(self) -> str:
        """Identity of the item in the catalog."""
        return self.item.key

    @property
    def request(self) -> RenderRequest:
        """The render as it is asked of the vendor, without the vendor's id of the model.

        Vendors that keep models by a number get the key: variants of a SKU may have models of their own.
        """
        return RenderRequest(self.key, self.model, self.settings, label=self.item.label, sku=self.key)

    @property
    def trouble(self) -> str | None:
        """Why it cannot be worked on, after the row that it stands in."""
        return f"{self.item.row}: {self.problem}" if self.problem and self.item.row else self.problem

    def to_json(self) -> dict[str, Any]:
        """Return a short JSON form; texts that are long are cut."""
        return {
            "key": within(self.key, 200),
            "action": str(self.action) if self.action else "problem",
            "reason": within(self.problem or self.reason, 400),
            "credits": str(self.price if self.action in PAYING else Decimal(0)),
            "model": within(self.item.model.partition("?")[0], 300),
            "row": within(self.item.row, 100),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be done for a catalog.

    :param items: in the order of the catalog.
    :param orphans: keys that the journal knows and the catalog does not have any more.
    """

    items: tuple[PlannedItem, ...]
    orphans: tuple[str, ...] = ()

    def of(self, *actions: Action) -> list[PlannedItem]:
        """Return the items with one of some actions."""
        return [planned for planned in self.items if planned.action in actions]

    @property
    def problems(self) -> list[PlannedItem]:
        """Items that cannot be worked on."""
        return [planned for planned in self.items if planned.action is None]

    @property
    def counts(self) -> dict[str, int]:
        """Number of items by action, with ``problem`` and ``orphan``."""
        found = Counter(str(planned.action or "problem") for planned in self.items)
        names = (*map(str, Action), "problem")
        return {name: found[name] for name in names} | {"orphan": len(self.orphans)}

    @property
    def renders(self) -> int:
        """Renders to be paid at most; items that show the same share one."""
        return len(_prices(self.of(*PAYING)))

    @property
    def price(self) -> Decimal:
        """Credits it costs at most."""
        return sum(_prices(self.of(*PAYING)).values(), Decimal(0))

    @property
    def avoided(self) -> Decimal:
        """Credits of the renders that are not paid again, because nothing changed."""
        return sum(_prices(self.of(Action.SKIP)).values(), Decimal(0))

    def with_problems(self, problems: Mapping[str, str]) -> Plan:
        """Return a plan in which some items are not worked on.

        :param problems: why, by key.
        """
        return replace(
            self, items=tuple(_stopped(planned, problems.get(planned.key)) for planned in self.items)
        )

    def to_json(self, limit: int = 100, most: int = 100_000) -> dict[str, Any]:
        """Return a JSON form of bounded size.

        :param limit: items and orphans listed at most; those with something to do come first.
        :param most: bytes of JSON that they may take.
        """
        planned = fitting((one.to_json() for one in _busy_first(self.items)[:limit]), most * 4 // 5)
        orphans = fitting((within(key, 200) for key in self.orphans[:limit]), most // 5)
        return {
            "items": len(self.items),
            "counts": self.counts,
            "renders": self.renders,
            "credits": str(self.price),
            "avoided_credits": str(self.avoided),
            "plan": planned,
            "orphans": orphans,
            "truncated": len(self.items) > len(planned) or len(self.orphans) > len(orphans),
        }

    def table(self, limit: int = 50) -> str:
        """Return text for people: a summary, and the items with something to do.

        :param limit: lines for items at most.
        """
        busy = [planned for planned in _busy_first(self.items) if planned.action is not Action.SKIP]
        lines = [self.headline(), *_columns([_line(planned) for planned in busy[:limit]])]
        if len(busy) > limit:
            lines.append(f"... and {len(busy) - limit} more")
        if self.orphans:
            lines.append(f"No longer in the catalog: {_some(self.orphans)}")
        return "\n".join(lines)

    def headline(self) -> str:
        """Return the plan in one line."""
        counts = {name: count for name, count in self.counts.items() if count}
        parts = ", ".join(f"{count} {_WORDS[name]}" for name, count in counts.items()) or "no items"
        return f"Plan: {parts}. {self.renders} renders for at most {self.price} credits."


_WORDS = {
    "skip": "unchanged",
    "render": "to render",
    "recover": "to look up after a cut-off submit",
    "wait": "at the vendor",
    "deliver": "to download",
    "give_up": "given up",
    "problem": "with a problem",
    "orphan": "no longer in the catalog",
}


def make_plan(
    items: Iterable[CatalogItem],
    *,
    vendor: RenderVendor,
    models: Mapping[str, ModelFile | ModelFileError],
    records: Mapping[str, Record],
    present: Callable[[Record], bool],
    settings: Mapping[str, Any] | None = None,
    kinds: Collection[OutputKind] | None = None,
    force: str | None = None,
    max_attempts: int = 2,
) -> Plan:
    """Compare a catalog with what is known of it.

    :param items: the wanted renders.
    :param vendor: checks settings and names prices.
    :param models: by path as the items have it, the model or why it cannot be had.
    :param records: what the journal knows, by key, of these items and of those that left the catalog.
    :param present: whether all files that a record says were delivered are still there.
    :param settings: settings of all items; an item's own win, name by name, and those that it has for this
        vendor alone win over both.
    :param kinds: kinds of output to deliver; None takes the vendor's usual ones.
    :param force: identity of a run that wants everything rendered anew.
    :param max_attempts: paid renders of one fingerprint that may fail before it is left alone.
    """
    checked = _Settings(vendor, settings or {}, wanted_kinds(vendor, kinds))
    planned: list[PlannedItem] = []
    for item in items:
        try:
            wanted = _wanted(item, vendor, models[item.model], checked)
        except RenderInputError as error:
            planned.append(
                PlannedItem(_to_blame(item, error), problem=str(error), record=records.get(item.key))
            )
        else:
            planned.append(_decided(wanted, records.get(item.key), present, force, max_attempts))
    keys = {each.key for each in planned}
    return Plan(tuple(planned), tuple(sorted(key for key in records if key not in keys)))


def _to_blame(item: CatalogItem, error: RenderInputError) -> CatalogItem:
    """Return the item without its row where the settings are not the row's own, but those of all items."""
    own = item.settings or item.vendor_settings or not isinstance(error, SettingsError)
    return item if own else replace(item, row="")


class _Settings:
    """Checks settings; equal ones of many items once."""

    def __init__(self, vendor: RenderVendor, common: Mapping[str, Any], kinds: frozenset[OutputKind]) -> None:
        self._vendor = vendor
        self._common = common
        self._kinds = kinds
        self._known: dict[str, tuple[Settings, Decimal]] = {}

    def of(self, item: CatalogItem) -> tuple[Settings, Decimal]:
        raw = {**self._common, **item.settings, **item.vendor_settings.get(self._vendor.name, {})}
        try:
            text = canonical_json(raw)
        except (TypeError, ValueError):
            return self._check(raw)
        if text not in self._known:
            self._known[text] = self._check(raw)
        return self._known[text]

    def _check(self, raw: Mapping[str, Any]) -> tuple[Settings, Decimal]:
        settings = self._vendor.settings(raw)
        require_kinds(self._vendor, self._kinds, settings)
        return settings, self._vendor.price(settings)


def _wanted(
    item: CatalogItem, vendor: RenderVendor, model: ModelFile | ModelFileError, checked: _Settings
) -> PlannedItem:
    if isinstance(model, ModelFileError):
        raise model
    settings, price = checked.of(item)
    return PlannedItem(
        item,
        model=model,
        settings=settings,
        fingerprint=vendor.fingerprint(model.sha256, settings),
        price=price,
    )


def _decided(
    wanted: PlannedItem,
    record: Record | None,
    present: Callable[[Record], bool],
    force: str | None,
    max_attempts: int,
) -> PlannedItem:
    there = record is not None and present(record)
    action = decide(record, wanted.fingerprint, outputs_present=there, force=force, max_attempts=max_attempts)
    same = record is not None and record.fingerprint == wanted.fingerprint
    return replace(
        wanted,
        action=action,
        # Of equal strings one is kept: the record's.
        fingerprint=record.fingerprint if record and same else wanted.fingerprint,
        record=record,
        reason=_reason(wanted, record, action),
    )


def _reason(wanted: PlannedItem, record: Record | None, action: Action) -> str:
    if action is not Action.RENDER:
        return _REASONS[action] + (f": {record.error}" if action is Action.GIVE_UP and record else "")
    if record is None:
        return "new"
    if record.fingerprint != wanted.fingerprint:
        return _change(wanted, record)
    if record.phase in UNPAID:
        return "its model was being prepared"
    return "failed before" if record.error else "forced"


def _change(wanted: PlannedItem, record: Record) -> str:
    before, now = record.source.get("sha256"), wanted.model.sha256 if wanted.model else None
    if before is None:
        return "changed"
    return "settings changed" if before == now else "model changed"


_REASONS = {
    Action.SKIP: "unchanged",
    Action.RECOVER: "an earlier submit was cut off",
    Action.WAIT: "paid before, not finished yet",
    Action.DELIVER: "rendered before, files not here",
    Action.GIVE_UP: "failed too often, and nothing changed since",
}


def check_budget(
    plan: Plan,
    max_credits: Decimal | None = None,
    account_credits: Decimal | None = None,
    calls: Decimal = Decimal(0),
    advice: str = ADVICE,
) -> None:
    """Refuse a plan that costs more than it may.

    :param plan: the plan.
    :param calls: credits for the calls around the renders, at vendors that charge for them.
    :param max_credits: credits that the run may spend; None sets no limit.
    :param account_credits: credits of the account, where the vendor tells them.
    :param advice: what to do about ``max_credits``.
    :raises BudgetError: nothing was paid.
    """
    around = f" and {calls} for the calls around them" if calls else ""
    cost = f"the plan needs up to {plan.price} credits for {plan.renders} renders{around}"
    if max_credits is not None and plan.price + calls > max_credits:
        raise BudgetError(f"{cost}, but max_credits allows {max_credits}; nothing was submitted. {advice}")
    if account_credits is not None and plan.price + calls > account_credits:
        raise BudgetError(
            f"{cost}, but the account has {account_credits}; nothing was submitted. Top up the account, "
            "or shorten the catalog"
        )


def _prices(planned: Iterable[PlannedItem]) -> dict[str, Decimal]:
    return {each.fingerprint: each.price for each in planned}


def _stopped(planned: PlannedItem, problem: str | None) -> PlannedItem:
    return planned if problem is None else replace(planned, action=None, problem=problem)


def _busy_first(items: Sequence[PlannedItem]) -> list[PlannedItem]:
    order = (None, Action.GIVE_UP, Action.RENDER, Action.RECOVER, Action.DELIVER, Action.WAIT, Action.SKIP)
    return sorted(items, key=lambda planned: order.index(planned.action))


def _line(planned: PlannedItem) -> tuple[str, ...]:
    price = str(planned.price) if planned.action in PAYING else "-"
    reason = (planned.trouble or planned.reason).partition("\n")[0]
    return planned.key, str(planned.action or "problem"), price, reason


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    table = [("item", "action", "credits", "reason"), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    return [
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]))
        for row in table
    ]


def _some(keys: Sequence[str], most: int = 10) -> str:
    more = f" and {len(keys) - most} more" if len(keys) > most else ""
    return ", ".join(keys[:most]) + more
