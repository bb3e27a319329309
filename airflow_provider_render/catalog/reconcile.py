"""Making a catalog's renders equal to its models and settings: plan, pay, look, deliver, report.

Every step reads where things stand from the state store: after a crash, retry or clear it just goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from airflow_provider_render.catalog.begun import as_begun, goes_on, once_a_run, still_owed
from airflow_provider_render.catalog.clock import utcnow
from airflow_provider_render.catalog.deliver import Delivery, Parcel, stale_files
from airflow_provider_render.catalog.export import Export
from airflow_provider_render.catalog.files import check_output, source_record
from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.catalog.outcome import Failure, failure_of, item_report, remembered
from airflow_provider_render.catalog.plan import PAYING, Plan, PlannedItem, check_budget, make_plan
from airflow_provider_render.catalog.preflight import check_model
from airflow_provider_render.catalog.progress import Progress
from airflow_provider_render.catalog.report import ItemReport, Report, Stage
from airflow_provider_render.catalog.retelling import retell
from airflow_provider_render.catalog.share import Share
from airflow_provider_render.catalog.spec import CatalogSpec as CatalogSpec
from airflow_provider_render.catalog.store import remove_files, remove_item, write_item
from airflow_provider_render.catalog.submit import Submission
from airflow_provider_render.catalog.waiting import awaited, jobs_of, living, look_on, model_ids
from airflow_provider_render.catalog.wanted import Submitted, Wanted
from airflow_provider_render.core.errors import (
    ModelFileError,
    NotFoundError,
    OutputError,
    RenderError,
    VendorError,
)
from airflow_provider_render.core.job import RenderJob, RenderState
from airflow_provider_render.core.journal import OPEN, UNPAID, Action, Phase, Record, gone, observed
from airflow_provider_render.core.kinds import wanted_kinds
from airflow_provider_render.core.vendor import VendorClient

log = logging.getLogger(__name__)

REMEMBERED = 48 * 1024
"""Bytes of failures that are carried over while a task waits; Airflow's state store takes 64 KiB."""


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
        self._kinds = wanted_kinds(self._vendor, spec.outputs)
        self.ledger = ledger
        self.root = check_output(spec.output)
        self.home = self.root / spec.state if spec.state else self.root
        self.progress = Progress(self.home, self.report_name)
        self._export = Export(spec, self.root, self.home)
        self._share = Share(spec, self.root, self.home, self._vendor.capabilities.extensions)
        self.store = self._share.store
        self._pruned: list[str] = []
        self._known_models: dict[str, str] = {}
        self._living: dict[str, RenderJob] = {}
        self._submission: Submission | None = None
        self._resumed = self._began = memory is not None
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
        records = self._share.records()
        self.ledger.settle(records.values(), self._run)
        self._known_models = model_ids(records.values())
        self._living = living(records.values())
        self._plan_progress(0, len(self._share.items))
        plan = make_plan(
            self._share.items,
            vendor=self._vendor,
            models=self._share.models(records, self._plan_progress),
            records=records,
            present=self._share.delivered_whole(records, self._kinds),
            settings=self._spec.settings,
            kinds=self._kinds,
            force=self._spec.force,
            max_attempts=self._spec.max_attempts,
        )
        plan = replace(plan, items=tuple(map(self._in_this_run, plan.items)))
        self._remember_sources(plan)
        return self._checked(plan)

    def approve(self, plan: Plan) -> None:
        """Take a plan as the run's own, unless it costs more than the run has left.

        An account that looks too poor only earns a warning: renders that are there already cost nothing,
        and the vendor charges nothing for what it refuses.

        :raises BudgetError: the plan costs more than ``max_credits`` leaves; nothing was paid.
        :raises RenderInputError: something is to be paid, and a table that is wanted cannot be written.
        """
        cut_off = {item.fingerprint for item in plan.of(Action.RECOVER) if self._costs_no_more(item.record)}
        new = Plan(tuple(item for item in plan.of(*PAYING) if item.fingerprint not in cut_off))
        self._planned = new.price + self.ledger.spent
        self._avoided = plan.avoided
        able = self._vendor.capabilities
        calls = able.call_price * (able.calls_per_render * new.renders + 1)
        if self._spec.max_credits is not None and new.renders:
            allowed = self._spec.max_credits - self.ledger.total
            check_budget(new, allowed, calls=calls, advice=self._spec.advice)
        if plan.renders:
            self._export.check()
        if new.price:
            left = self._client.run(self._vendor.account()).credits
            if left is not None and left < new.price + calls:
                log.warning("the plan needs up to %s credits, the account has %s", new.price + calls, left)

    def submit(self, plan: Plan) -> Submitted:
        """Pay for what is to be rendered, and clear up submits that were cut off.

        A run that has submitted before only goes on with what it began: nobody has approved the rest.
        """
        todo = plan.of(Action.RENDER, Action.RECOVER)
        if self._began:
            todo = [item for item in todo if item.key not in self.failures and goes_on(item)]
        self._began = True
        self._submission = Submission(
            self._client,
            self.store,
            self.ledger,
            run=self._run,
            now=utcnow,
            force=self._spec.force,
            on_ambiguous=self._spec.on_ambiguous,
            concurrency=self._spec.concurrency,
            progress=lambda done: self.progress.update("submit", done, len(todo)),
        )
        result = self._submission.submit([self._wanted(item) for item in todo])
        self.failures.update((key, failure_of(Stage.SUBMIT, error)) for key, error in result.failed.items())
        return result

    @property
    def paid(self) -> tuple[RenderJob, ...]:
        """Renders that the latest submission has paid so far; a signal handler may ask."""
        return tuple(self._submission.renders) if self._submission else ()

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

    def stuck(self, plan: Plan) -> list[str]:
        """Return the keys of items that were begun and neither submitted nor failed."""
        records = {item.key: self._current(item) for item in plan.items if item.key not in self.failures}
        return [key for key, record in records.items() if record and record.phase in UNPAID]

    def look(self, plan: Plan, *, lost: bool = False) -> dict[str, Record]:
        """Ask the vendor where renders stand, and note what has ended.

        :param lost: whether what was waited for and the vendor does not know counts as gone; a render that
            was submitted longer ago than the vendor takes to list it always does.
        :returns: the records of items that are still under way, by key.
        """
        records = self.open(plan)
        states = look_on(self._client, jobs_of(records))
        due = awaited(records) if lost else {}
        seen = {key: self._observed(record, states, key in due) for key, record in records.items()}
        self.store.put({key: record for key, record in seen.items() if record != records[key]})
        return {key: record for key, record in seen.items() if record.phase in OPEN}

    def expire(self, records: Mapping[str, Record]) -> None:
        """Note that renders were cancelled because they took too long; a retry renders them again."""
        error = "cancelled: not done in time (render_timeout)"
        after = {key: replace(gone(record, error), updated=utcnow()) for key, record in records.items()}
        self.store.put(after)

    def deliver(self, plan: Plan) -> None:
        """Download what is finished and not here, or here no more, and tell new titles and tags."""
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
        self._retell(plan)

    def prune(self, plan: Plan) -> None:
        """Remove files and records of items that left the catalog, where that is wanted."""
        if not self._spec.prune:
            return
        for key in plan.orphans:
            record = self.store.get(key)
            if record and still_owed(record, self._run):
                continue
            if record is None or self._removed_from_output(key, record):
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
            spent=self.ledger.spent,
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

    def export(self, plan: Plan) -> None:
        """Write the tables that are wanted of all that is delivered, by this run and before.

        :raises OutputError: one cannot be written.
        """
        self._export.write(self._share, plan.orphans, self._run)

    def _item_report(self, item: PlannedItem) -> ItemReport:
        record, failure = self._current(item), self.failures.get(item.key)
        return item_report(item, record, failure, run=self._run, vendor=self._vendor)

    def _wanted(self, item: PlannedItem) -> Wanted:
        action = item.action or Action.RENDER
        if item.model is None:
            return Wanted(item.request, item.fingerprint, item.price, action)
        hint, twin = self._known_models.get(item.model.sha256), self._living.get(item.fingerprint)
        source = source_record(item.model)
        return Wanted(item.request, item.fingerprint, item.price, action, source, hint, twin)

    def _plan_progress(self, done: int, total: int) -> None:
        if not self._resumed:
            self.progress.update("plan", done, total)

    def _in_this_run(self, item: PlannedItem) -> PlannedItem:
        if self._began:
            item = as_begun(item, self.failures.get(item.key), self._run)
        return once_a_run(item, self._run, self._spec.force)

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
        now = utcnow()
        after = observed(record, state, now)
        return replace(after, updated=now) if after != record else record

    def _costs_no_more(self, record: Record | None) -> bool:
        """Whether a cut-off submit was booked by this run, or is as a rule found, or stays a question.

        Where it turns out never to have happened, the ledger counts it at submit.
        """
        found = self._vendor.capabilities.tells_submitted or self._spec.on_ambiguous == "fail"
        return record is not None and (found or record.run == self._run)

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
        after = replace(after, told=item.item.words)
        try:
            remove_files(self.root / path for path in stale_files(before.files, files))
            write_item(self.root, item.item, after, vendor=self._vendor.name)
        except OutputError as error:
            self.failures[item.key] = failure_of(Stage.DOWNLOAD, error)
            return
        self.store.put({item.key: after})
        self.failures.pop(item.key, None)

    def _retell(self, plan: Plan) -> None:
        """Tell anew where title or tags are all that changed."""
        pairs = ((item.item, record) for item in plan.of(Action.SKIP) if (record := self._current(item)))
        told = retell(self.root, pairs, vendor=self._vendor.name, concurrency=self._spec.concurrency)
        self.store.put(told)

    def _removed_from_output(self, key: str, record: Record) -> bool:
        try:
            remove_item(self.root, record)
        except OutputError as error:
            log.warning("%s: cannot be removed, which a later run tries again: %s", key, error)
            return False
        return True

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
