"""Making a catalog's renders equal to its models and settings: plan, pay, look, deliver, report.

Every step reads where things stand from the state store: after a crash, retry or clear it just goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from airflow_provider_render.catalog.clock import utcnow
from airflow_provider_render.catalog.deliver import Delivery, Parcel, stale_files
from airflow_provider_render.catalog.files import (
    Outputs,
    check_output,
    present_outputs,
    read_models,
    source_record,
)
from airflow_provider_render.catalog.items import CatalogItem, ExtraColumns
from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.catalog.outcome import Failure, failure_of, item_report, remembered
from airflow_provider_render.catalog.plan import Plan, PlannedItem, check_budget, make_plan
from airflow_provider_render.catalog.preflight import check_model
from airflow_provider_render.catalog.progress import Progress
from airflow_provider_render.catalog.report import ItemReport, Report, Stage
from airflow_provider_render.catalog.sources import read_catalog
from airflow_provider_render.catalog.store import StateStore, remove_item, write_item
from airflow_provider_render.catalog.submit import OnAmbiguous, Submission
from airflow_provider_render.catalog.waiting import jobs_of, look, model_ids
from airflow_provider_render.catalog.wanted import Submitted, Wanted
from airflow_provider_render.core.errors import ModelFileError, NotFoundError, RenderError, VendorError
from airflow_provider_render.core.job import OutputKind, RenderJob, RenderState
from airflow_provider_render.core.journal import OPEN, Action, Phase, Record, gone, observed
from airflow_provider_render.core.vendor import VendorClient

log = logging.getLogger(__name__)

REMEMBERED = 48 * 1024
"""Bytes of failures that are carried over while a task waits; Airflow's state store takes 64 KiB."""

FEW = 4
"""Items whose files are looked at one by one rather than in a listing of the whole output folder."""


@dataclass(frozen=True, slots=True)
class CatalogSpec:
    """What is wanted of a catalog.

    :param catalog: where its rows come from, as :func:`read_catalog` takes it.
    :param output: output folder.
    :param settings: render settings for all items; a row's own settings go before them.
    :param outputs: kinds of output to deliver; None takes the vendor's usual ones.
    :param max_credits: credits one run may spend; None sets no limit.
    :param force: identity of a run that wants everything rendered anew.
    :param prune: remove the files of items that left the catalog.
    :param max_attempts: paid renders of one model with the same settings that may fail before it is left.
    :param on_ambiguous: what to do where nobody can tell whether a cut-off submit happened.
    :param concurrency: uploads, look-ups and downloads at the same time.
    :param group: which group of shards to work on, from 0.
    :param groups: how many groups the catalog is divided into.
    :param extra_columns: whether unknown columns of the catalog are an error.
    :param state: folder below the output folder for a state of its own, for runs that share an output
        folder at the same time; such a run writes no report. None uses the state of the output folder.
    :param partial: the catalog has only some of the items, so that the others did not leave it.
    """

    catalog: Any
    output: Any
    settings: Mapping[str, Any] = field(default_factory=dict)
    outputs: Collection[OutputKind] | None = None
    max_credits: Decimal | None = None
    force: str | None = None
    prune: bool = False
    max_attempts: int = 2
    on_ambiguous: OnAmbiguous = "fail"
    concurrency: int = 8
    group: int = 0
    groups: int = 1
    extra_columns: ExtraColumns = "error"
    state: str | None = None
    partial: bool = False


class Reconciliation:
    """One run over one group of a catalog.

    :param client: the vendor and its driver.
    :param spec: what is wanted.
    :param run: name of the run; equal over retries.
    :param ledger: what the run has spent.
    :param memory: what :attr:`memory` held before the run was interrupted to wait.
    """

    def __init__(
        self,
        client: VendorClient,
        spec: CatalogSpec,
        *,
        run: str,
        ledger: Ledger,
        memory: Mapping[str, Any] | None = None,
    ) -> None:
        self._client = client
        self._vendor = client.vendor
        self._spec = spec
        self._run = run
        self.ledger = ledger
        self.root = check_output(spec.output)
        self.home = self.root / spec.state if spec.state else self.root
        self.progress = Progress(self.home, self.report_name)
        self._items = list(read_catalog(spec.catalog, extra_columns=spec.extra_columns))
        self.store = StateStore(self.home, expected_items=len(self._items))
        self._shards = self.store.group(spec.group, spec.groups)
        self._kinds = frozenset(spec.outputs if spec.outputs is not None else self._vendor.default_outputs)
        self._pruned: list[str] = []
        self._known_models: dict[str, str] = {}
        self._resumed = memory is not None
        memory = memory or {}
        self._started = str(memory.get("started") or utcnow())
        self._planned = Decimal(memory.get("planned", 0))
        self._avoided = Decimal(memory.get("avoided", 0))
        failures = memory.get("failures", {}).items()
        self.failures = {key: Failure(Stage(stage), *rest) for key, (stage, *rest) in failures}

    @property
    def report_name(self) -> str:
        """Name of the run's report: the run, and the group where there are several."""
        return f"{self._run}.{self._spec.group}" if self._spec.groups > 1 else self._run

    @property
    def memory(self) -> dict[str, Any]:
        """What the state store does not tell and the rest of the run needs; JSON, bounded."""
        return {
            "started": self._started,
            "planned": str(self._planned),
            "avoided": str(self._avoided),
            "failures": remembered(self.failures, REMEMBERED),
        }

    def plan(self) -> Plan:
        """Compare what is wanted with what is there; reads, and pays nothing.

        :raises CatalogError: the catalog is broken; the message names the rows.
        """
        items = [item for item in self._items if self.store.shard_of(item.key) in self._shards]
        if self._spec.partial:
            records = {item.key: known for item in items if (known := self.store.get(item.key))}
        else:
            records = self.store.load(self._shards)
        self.ledger.settle(records.values(), self._run)
        self._known_models = model_ids(records.values())
        self._plan_progress(0, len(items))
        plan = make_plan(
            items,
            vendor=self._vendor,
            models=self._models(items, records),
            records=records,
            present=self._delivered_whole(records),
            settings=self._spec.settings,
            force=self._spec.force,
            max_attempts=self._spec.max_attempts,
        )
        plan = replace(plan, items=tuple(map(self._once_a_run, plan.items)))
        self._remember_sources(plan)
        return self._checked(plan)

    def approve(self, plan: Plan) -> None:
        """Take a plan as the run's own, unless it costs more than the run has left.

        An account that looks too poor only earns a warning: renders that are there already cost nothing,
        and the vendor charges nothing for what it refuses.

        :raises BudgetError: the plan costs more than ``max_credits`` leaves; nothing was paid.
        """
        # What a cut-off submit may cost was booked when it was made.
        booked = {item.fingerprint for item in plan.of(Action.RECOVER)}
        new = Plan(tuple(item for item in plan.of(Action.RENDER) if item.fingerprint not in booked))
        self._planned = new.price + self.ledger.spent
        self._avoided = plan.avoided
        if self._spec.max_credits is not None:
            check_budget(new, self._spec.max_credits - self.ledger.total)
        if new.price:
            left = self._client.run(self._vendor.account()).credits
            if left is not None and left < new.price:
                log.warning("the plan needs up to %s credits, the account has %s", new.price, left)

    def submit(self, plan: Plan) -> Submitted:
        """Pay for what is to be rendered, and clear up submits that were cut off."""
        todo = plan.of(Action.RENDER, Action.RECOVER)
        result = Submission(
            self._client,
            self.store,
            self.ledger,
            run=self._run,
            now=utcnow,
            force=self._spec.force,
            on_ambiguous=self._spec.on_ambiguous,
            concurrency=self._spec.concurrency,
            progress=lambda done: self.progress.update("submit", done, len(todo)),
        ).submit([self._wanted(item) for item in todo])
        self.failures.update((key, failure_of(Stage.SUBMIT, error)) for key, error in result.failed.items())
        return result

    def open(self, plan: Plan) -> dict[str, Record]:
        """Return the records of items whose render, or the preparing of whose model, is under way, by key."""
        records = {item.key: self._current(item) for item in plan.items}
        return {key: record for key, record in records.items() if record and record.phase in OPEN}

    def prepared(self, plan: Plan) -> bool:
        """Whether models have become ready whose renders are still to be submitted."""
        records = [self._current(item) for item in plan.items]
        return any(record and record.phase is Phase.PREPARED for record in records)

    def count(self, plan: Plan) -> int:
        """Return how many items the run has to work on, or worked on."""
        return sum(1 for item in plan.items if item.action not in (None, Action.SKIP, Action.GIVE_UP))

    def look(self, plan: Plan, *, lost: bool = False) -> dict[str, Record]:
        """Ask the vendor where renders stand, and note what has ended.

        :param lost: whether a render that the vendor does not know counts as gone; one that was submitted
            longer ago than the vendor takes to list it always does.
        :returns: the records of items that are still under way, by key.
        """
        records = self.open(plan)
        states = look(self._client, jobs_of(records))
        seen = {key: self._observed(record, states, lost) for key, record in records.items()}
        self.store.put({key: record for key, record in seen.items() if record != records[key]})
        return {key: record for key, record in seen.items() if record.phase in OPEN}

    def expire(self, records: Mapping[str, Record]) -> None:
        """Note that renders were cancelled because they took too long; a retry renders them again."""
        error = "cancelled: not done in time (render_timeout)"
        after = {key: replace(gone(record, error), updated=utcnow()) for key, record in records.items()}
        self.store.put(after)

    def deliver(self, plan: Plan) -> None:
        """Download what is finished and not here, or here no more."""
        parcels = [parcel for item in plan.items if (parcel := self._parcel(item))]
        items = {item.key: item for item in plan.items}
        delivery = Delivery(
            self._client,
            self.root,
            kinds=self._kinds,
            concurrency=self._spec.concurrency,
            progress=lambda done: self.progress.update("download", done, len(parcels)),
        )
        for parcel, result in delivery.deliver(parcels):
            if isinstance(result, RenderError):
                self._undelivered(parcel, result)
            else:
                self._delivered(items[parcel.key], result)

    def prune(self, plan: Plan) -> None:
        """Remove files and records of items that left the catalog, where that is wanted."""
        if not self._spec.prune:
            return
        for key in plan.orphans:
            if record := self.store.get(key):
                remove_item(self.root, record)
            self.store.forget([key])
            self._pruned.append(key)

    def report(self, plan: Plan, note: str | None = None) -> Report:
        """Describe what the run did to every item, write it down and return it."""
        report = Report(
            run_id=self.report_name,
            vendor=self._vendor.title,
            started=self._started,
            finished=utcnow(),
            planned=self._planned,
            avoided=self._avoided,
            calls=self.ledger.overhead,
            items=[self._item_report(item) for item in plan.items],
            orphans=[key for key in plan.orphans if key not in self._pruned],
            pruned=self._pruned,
            note=note,
        )
        if not self._spec.state:
            report.write(self.root)
        self.progress.update("done", len(plan.items), len(plan.items), report.counts())
        return report

    def _item_report(self, item: PlannedItem) -> ItemReport:
        record, failure = self._current(item), self.failures.get(item.key)
        return item_report(item, record, failure, run=self._run, vendor=self._vendor)

    def _wanted(self, item: PlannedItem) -> Wanted:
        action = item.action or Action.RENDER
        if item.model is None:
            return Wanted(item.request, item.fingerprint, item.price, action)
        hint = self._known_models.get(item.model.sha256)
        return Wanted(item.request, item.fingerprint, item.price, action, source_record(item.model), hint)

    def _plan_progress(self, done: int, total: int) -> None:
        if not self._resumed:
            self.progress.update("plan", done, total)

    def _delivered_whole(self, records: Mapping[str, Record]) -> Callable[[Record], bool]:
        """Return what tells whether all that is wanted of a record is there."""
        present = self._present(records)
        return lambda record: present.has(record) and self._kinds <= set(record.kinds)

    def _present(self, records: Mapping[str, Record]) -> Outputs:
        """Return which delivered files are there: one listing, or a look at each where they are few."""
        if len(records) > FEW and not self._spec.partial:
            return present_outputs(self.root)
        paths = [str(file["path"]) for record in records.values() for file in record.files]
        return Outputs({path: entry.size for path in paths if (entry := (self.root / path).entry())})

    def _models(self, items: list[CatalogItem], records: Mapping[str, Record]) -> Mapping[str, Any]:
        known: dict[str, Mapping[str, Any] | None] = dict.fromkeys(item.model for item in items)
        known |= {item.model: records[item.key].source for item in items if item.key in records}
        return read_models(
            known,
            concurrency=self._spec.concurrency,
            progress=lambda done: self._plan_progress(done, len(known)),
        )

    def _once_a_run(self, item: PlannedItem) -> PlannedItem:
        """Leave alone, until another run, what the vendor has failed in this one."""
        record = item.record
        if item.action is not Action.RENDER or record is None or record.phase is not Phase.FAILED:
            return item
        served = self._spec.force is None or record.force == self._spec.force
        same = record.fingerprint == item.fingerprint and record.run == self._run
        return replace(item, action=Action.GIVE_UP) if same and served else item

    def _remember_sources(self, plan: Plan) -> None:
        """Note new listings of models whose bytes are the same, so that they are not read again."""
        changed = {}
        for item in plan.of(Action.SKIP, Action.WAIT, Action.DELIVER):
            if item.record and item.model and (source := source_record(item.model)) != item.record.source:
                changed[item.key] = replace(item.record, source=source)
        self.store.put(changed)

    def _checked(self, plan: Plan) -> Plan:
        problems = {}
        for item in plan.of(Action.RENDER):
            try:
                if item.model is not None:
                    check_model(item.model, self._vendor.capabilities)
            except ModelFileError as error:
                problems[item.key] = str(error)
        return plan.with_problems(problems)

    def _current(self, item: PlannedItem) -> Record | None:
        record = self.store.get(item.key) if item.fingerprint else None
        return record if record and record.fingerprint == item.fingerprint else None

    def _observed(self, record: Record, states: Mapping[str, RenderState], lost: bool) -> Record:
        state = states.get(record.job.id) if record.job else None
        if state is None and not lost and not self._overdue(record):
            return record
        after = observed(record, state)
        return replace(after, updated=utcnow()) if after != record else record

    def _overdue(self, record: Record) -> bool:
        """Whether the vendor should have listed a render by now."""
        age = datetime.fromisoformat(utcnow()) - datetime.fromisoformat(record.updated)
        return age.total_seconds() > self._vendor.poll_policy.listing_grace

    def _parcel(self, item: PlannedItem) -> Parcel | None:
        record = self._current(item)
        if record is None or record.job is None:
            return None
        missing = item.action is Action.DELIVER and record.phase is Phase.DELIVERED
        wanted = record.phase is Phase.SUCCEEDED or missing
        return Parcel(item.key, item.item.folder, record.job) if wanted else None

    def _delivered(self, item: PlannedItem, files: tuple[Mapping[str, Any], ...]) -> None:
        before = self.store.get(item.key)
        if before is None:
            return
        now = utcnow()
        after = replace(before, phase=Phase.DELIVERED, files=files, updated=now, error=None)
        after = replace(after, delivered_by=self._run, kinds=tuple(sorted(self._kinds)))
        for path in stale_files(before.files, files):
            (self.root / path).remove()
        write_item(self.root, item.item, after, vendor=self._vendor.name, rendered_at=now)
        self.store.put({item.key: after})
        self.failures.pop(item.key, None)

    def _undelivered(self, parcel: Parcel, error: RenderError) -> None:
        self.failures[parcel.key] = failure_of(Stage.DOWNLOAD, error)
        record = self.store.get(parcel.key)
        if isinstance(error, NotFoundError) and record is not None and self._removed(parcel.job):
            self.store.put({parcel.key: replace(gone(record, str(error)), updated=utcnow())})

    def _removed(self, job: RenderJob) -> bool:
        """Whether the vendor has a render no more; that it lacks a file of one is no reason to pay again."""
        try:
            return job.id not in self._client.run(self._vendor.states([job]))
        except VendorError:
            return False
