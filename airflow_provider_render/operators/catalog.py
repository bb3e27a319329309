"""Keeping the renders of a whole catalog equal to its models."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_provider_render.catalog.brevity import MOST_LISTED_BYTES, fitting
from airflow_provider_render.catalog.items import EXTRA_COLUMNS, ExtraColumns
from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.catalog.namesakes import warn_of_namesakes
from airflow_provider_render.catalog.plan import Plan
from airflow_provider_render.catalog.reconcile import CatalogSpec, Reconciliation
from airflow_provider_render.catalog.report import Report
from airflow_provider_render.catalog.sources import read_catalog
from airflow_provider_render.catalog.submit import ON_AMBIGUOUS, OnAmbiguous
from airflow_provider_render.catalog.waiting import adopted, awaited, jobs_of, submitted_at
from airflow_provider_render.core.errors import (
    BudgetError,
    RenderInputError,
    UnavailableError,
    VendorError,
)
from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.core.journal import Action, Record
from airflow_provider_render.core.looking import concerns_all
from airflow_provider_render.core.polling import Verdict
from airflow_provider_render.operators.base import WaitingOperator, force_token, recall, remember, run_name
from airflow_provider_render.operators.groups import read_group, read_groups
from airflow_provider_render.operators.judging import judge
from airflow_provider_render.operators.parameters import (
    read_choice,
    read_count,
    read_credits,
    read_flag,
    read_kinds,
    read_settings,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

LISTED = 20
"""Items that a plan names in its result, which is an XCom."""


class RenderCatalogOperator(WaitingOperator):
    """Render what changed in a catalog, and deliver the files.

    Compares the catalog with the state kept beside the outputs: items whose model and settings are as
    they were and whose files are there cost nothing and are not touched. The others are uploaded where
    the vendor lacks the model, submitted in as few calls as the vendor allows, waited for by one trigger,
    downloaded, checked and put in place.

    * One item that fails does not stop the others; the report says what failed, at which stage and what
      to do. The task fails when nothing worked, when an item failed and ``fail_on_item_failure`` is set,
      when the account was refused or empty before all was submitted, or, so that Airflow retries, when
      something went wrong that another try may mend.
    * A retry or clear goes on from the state: what is there or under way is not paid again. A render that
      the vendor failed is paid again by a later run, up to ``max_attempts`` times in all.
    * When a user marks the task, open renders are cancelled at the vendor unless ``cancel_on_kill`` is
      off; after ``render_timeout`` they are cancelled likewise and the task fails. Cancelled renders stay
      paid, and a retry or a later run pays for new ones, within ``max_attempts``. A worker that is told to
      end submits nothing more.
    * Two runs must not work on one output folder at the same time: give the DAG ``max_active_runs=1``.

    Returns a summary (counts, credits, path of the report) that is small however large the catalog is.

    :param render_conn_id: connection; its type says which vendor renders.
    :param catalog: rows as a list of mappings, or a path or URL of a CSV, JSONL, JSON or Parquet file, or
        of a folder of models, or a SQL query, ``{"conn_id": ..., "sql": ...}``. Columns: sku, model, and
        optionally variant, settings, title, tags.
    :param output: path or URL of the output folder.
    :param settings: render settings for all items, in the vendor's names; a row's own go before them.
    :param outputs: kinds of output to deliver, such as ``["video", "poster"]``; the vendor's usual if None.
    :param max_credits: credits that this task may spend in one DAG run; a plan above it fails before the
        first paid call, once what was paid before is delivered. Where a vendor charges for calls, looks at
        what is paid may exceed it. Each task of an ``.expand()`` has its own.
    :param plan_only: only say what would be done and what it would cost.
    :param force: render everything anew, once in each run.
    :param prune: remove the files of items that left the catalog; without it they are only reported.
    :param max_attempts: paid renders of an unchanged item that may fail before it is left alone.
    :param on_ambiguous: ``fail`` or ``resubmit`` where the vendor cannot tell if a cut-off submit happened.
    :param concurrency: uploads, look-ups and downloads at the same time.
    :param shard_group: which part of the catalog this task works on, from 0; for ``.expand()``.
    :param shard_groups: into how many parts the catalog is divided; at most ``[core] max_map_length``.
    :param extra_columns: ``error`` or ``ignore`` for columns that mean nothing here, also for settings of a
        vendor that is not known.
    :param fail_on_item_failure: fail the task when any item failed.
    :param table: path or URL, ending in ``.jsonl`` or ``.parquet``, of a table of all that is delivered, one
        row a file; True for ``_render/table.jsonl`` in the output folder.
    :param table_conn_id: connection of a database in which the same table is kept.
    :param table_name: its name there; it is created where it is missing.
    """

    template_fields: Sequence[str] = (
        "render_conn_id",
        "catalog",
        "output_folder",
        "settings",
        "outputs",
        "max_credits",
        "force",
        "plan_only",
        "table",
        "table_conn_id",
        "table_name",
    )
    template_fields_renderers = {"settings": "json"}

    def __init__(
        self,
        *,
        catalog: Any,
        output: Any,
        settings: Mapping[str, Any] | None = None,
        outputs: Collection[str] | None = None,
        max_credits: float | str | Decimal | None = None,
        plan_only: bool = False,
        force: bool = False,
        prune: bool = False,
        max_attempts: int = 2,
        on_ambiguous: OnAmbiguous = "fail",
        concurrency: int = 8,
        shard_group: int = 0,
        shard_groups: int = 1,
        extra_columns: ExtraColumns = "error",
        fail_on_item_failure: bool = False,
        table: str | bool | None = None,
        table_conn_id: str | None = None,
        table_name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.catalog = catalog
        self.output_folder = output
        self.settings = settings
        self.outputs = outputs
        self.max_credits = max_credits
        self.plan_only = plan_only
        self.force = force
        self.prune = read_flag("prune", prune)
        self.max_attempts = read_count("max_attempts", max_attempts)
        self.on_ambiguous = read_choice("on_ambiguous", on_ambiguous, ON_AMBIGUOUS)
        self.concurrency = read_count("concurrency", concurrency)
        self.shard_groups = read_groups(shard_groups)
        self.shard_group = read_group(shard_group, self.shard_groups)
        self.extra_columns = read_choice("extra_columns", extra_columns, EXTRA_COLUMNS)
        self.fail_on_item_failure = read_flag("fail_on_item_failure", fail_on_item_failure)
        self.table = table
        self.table_conn_id = table_conn_id
        self.table_name = table_name
        self._run: Reconciliation | None = None

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """Begin a mapped task; its number of groups is checked now, not only when a worker makes the task."""
        read_groups(kwargs.get("shard_groups", 1))
        return super().partial(**kwargs)

    def execute(self, context: Context) -> dict[str, Any]:
        """Plan, pay for what changed, and wait for it."""
        run = self._reconciliation(context)
        with self._killable(context, run):
            return self._begin(context, run)

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Take up what has ended: deliver renders, and submit those whose models have become ready."""
        run = self._reconciliation(context, recall(context, "render.run"))
        with self._killable(context, run):
            return self._go_on(context, run, run.plan(), event or {})

    def on_kill(self) -> None:
        """Pay for nothing more, and cancel what was paid if a user ended the task for good."""
        if self._run:
            self._run.ledger.close()
        super().on_kill()

    def _at_stake(self) -> Sequence[RenderJob]:
        return self._watched or (self._run.paid if self._run else ())

    @contextmanager
    def _killable(self, context: Context, run: Reconciliation) -> Iterator[None]:
        self._run, self._task = run, context["ti"]
        try:
            yield
        finally:
            self._run = None
            run.ledger.keep()

    def _begin(self, context: Context, run: Reconciliation) -> dict[str, Any]:
        plan = run.plan()
        if plan.of(Action.WAIT):
            # A render that was cancelled or removed meanwhile is to be paid anew, not waited for.
            self._look(run, plan)
            plan = run.plan()
        self._tell(plan)
        if read_flag("plan_only", self.plan_only):
            return plan.to_json(limit=LISTED, most=MOST_LISTED_BYTES)
        self._approve(run, plan)
        run.submit(plan)
        event = self._wait(context, run, plan) if run.open(plan) else {}
        return self._go_on(context, run, plan, event)

    def _look(self, run: Reconciliation, plan: Plan) -> None:
        """Look at what is under way; what cannot be read must not keep back what is to be rendered."""
        try:
            run.look(plan)
        except VendorError as error:
            if concerns_all(error):
                raise
            self.log.warning("what is under way cannot be read, and goes on: %s", error)

    def _approve(self, run: Reconciliation, plan: Plan) -> None:
        """Fail on a plan that may not be paid; what was paid before is delivered and reported first."""
        try:
            run.approve(plan)
        except RenderInputError as error:
            try:
                run.look(plan)
                run.deliver(plan)
            except VendorError as trouble:
                self.log.warning("what was paid before could not be looked up: %s", trouble)
            run.report(plan, note=str(error))
            if isinstance(error, BudgetError):
                run.export(plan)
            raise

    def _go_on(
        self, context: Context, run: Reconciliation, plan: Plan, event: Mapping[str, Any]
    ) -> dict[str, Any]:
        status = str(event.get("status", Verdict.READY.value))
        run.ledger.add_overhead(Decimal(event.get("credits", 0)))
        open_ = run.look(plan, lost=status == Verdict.READY.value)
        run.deliver(plan)
        if open_ and status == Verdict.EXPIRED.value:
            self._expire(run, plan, open_)
        if open_ and status == Verdict.HOPELESS.value:
            raise UnavailableError(f"the renders go on, but cannot be watched: {event.get('message')}")
        if run.prepared(plan):
            plan = run.plan()
            run.submit(plan)
        if run.open(plan):
            return self._go_on(context, run, plan, self._wait(context, run, plan))
        return self._finish(run, plan)

    def _wait(self, context: Context, run: Reconciliation, plan: Plan) -> dict[str, Any]:
        """Wait for models that are being prepared, or else for renders."""
        records = awaited(run.open(plan))
        run.ledger.keep()
        jobs = jobs_of(records)
        total = run.count(plan)
        remember(context, "render.run", run.memory)
        run.progress.update("render", total - len(records), total)
        progress = {
            "root": str(run.home),
            "run": run.report_name,
            "done": total - len(jobs),
            "total": total,
        }
        shown = progress if run.home.local else None
        return self.await_renders(context, jobs, submitted_at(records), shown, adopted(records))

    def _expire(self, run: Reconciliation, plan: Plan, records: Mapping[str, Record]) -> NoReturn:
        jobs = jobs_of(records)
        own = [job for job in jobs if job.id not in adopted(records)]
        cancelled = self.cancel(own) if self.cancel_on_kill else set()
        run.expire({key: one for key, one in records.items() if one.job and one.job.id in cancelled})
        run.report(plan, note="some renders were not done in time")
        raise self.timed_out(jobs, cancelled)

    def _finish(self, run: Reconciliation, plan: Plan) -> dict[str, Any]:
        run.prune(plan)
        report = run.report(plan)
        self.portal_url = next((item.portal_url for item in report.items if item.portal_url), None)
        self.log.info("done: %s", report.summary(run.root))
        try:
            self._judge(run, report)
            if stuck := run.stuck(plan):
                raise UnavailableError(f"items that did not get on: {len(stuck)}; a retry takes up only them")
        finally:
            run.export(plan)
        return self._result(run, report)

    def _result(self, run: Reconciliation, report: Report) -> dict[str, Any]:
        return report.summary(run.root)

    def _judge(self, run: Reconciliation, report: Report) -> None:
        judge(run.failures, report, strict=self.fail_on_item_failure)

    def _tell(self, plan: Plan) -> None:
        self.log.info("plan for %s:\n%s", self.hook.vendor.title, plan.table())

    def _reconciliation(self, context: Context, memory: Mapping[str, Any] | None = None) -> Reconciliation:
        spec = self._spec(context)
        ledger = Ledger(
            spec.max_credits,
            recall(context, "render.ledger"),
            lambda data: remember(context, "render.ledger", data),
            lambda: self.hook.metered,
        )
        return Reconciliation(self.hook, spec, run=run_name(context), ledger=ledger, memory=memory)

    def _spec(self, context: Context) -> CatalogSpec:
        return CatalogSpec(
            catalog=self.catalog,
            output=self.output_folder,
            settings=read_settings(self.settings),
            outputs=read_kinds(self.outputs),
            max_credits=read_credits("max_credits", self.max_credits),
            force=force_token(context) if read_flag("force", self.force) else None,
            prune=self.prune,
            max_attempts=self.max_attempts,
            on_ambiguous=self.on_ambiguous,
            concurrency=self.concurrency,
            group=self.shard_group,
            groups=self.shard_groups,
            extra_columns=self.extra_columns,
            table=self.table,
            table_conn_id=self.table_conn_id,
            table_name=self.table_name,
        )


class RenderModelOperator(RenderCatalogOperator):
    """Render one model and deliver its files: a catalog of one.

    Behaves like :class:`RenderCatalogOperator`, except that it fails when the render fails, and that it
    keeps its state apart, so that many of them may fill one output folder at the same time. For many
    models the catalog operator is far cheaper for Airflow.

    Returns the item's key, its files, what they cost, and the vendor's id of the render: of many files as
    many as fit into 8 kB, with ``truncated``; ``render.json`` beside them names all.

    :param model: path or URL of the model file.
    :param sku: what to call it; the file's name without extension if None. Models of one name in different
        folders need one each: they would take each other's place, and be rendered again and again.
    :param variant: tells several renders of one SKU apart.
    :param title: a name for people.
    """

    template_fields: Sequence[str] = (
        *(field for field in RenderCatalogOperator.template_fields if field != "catalog"),
        "model",
        "sku",
        "variant",
    )

    def __init__(
        self,
        *,
        model: str,
        sku: str | None = None,
        variant: str | None = None,
        title: str | None = None,
        **kwargs: Any,
    ) -> None:
        # Given here, they are an error where a user gives them too.
        fixed: dict[str, Any] = {"catalog": None, "shard_group": 0, "shard_groups": 1}
        super().__init__(**fixed, fail_on_item_failure=True, **kwargs)
        self.model = model
        self.sku = sku
        self.variant = variant
        self.title = title

    def _spec(self, context: Context) -> CatalogSpec:
        sku = self.sku or PurePosixPath(str(self.model)).stem
        row = {"sku": sku, "model": str(self.model), "variant": self.variant, "title": self.title}
        self.catalog = [{name: value for name, value in row.items() if value is not None}]
        (item,) = read_catalog(self.catalog)
        state = f"_render/models/{item.folder}"
        return replace(super()._spec(context), state=state, advice="Raise max_credits")

    def _tell(self, plan: Plan) -> None:
        super()._tell(plan)
        if not self.sku:
            warn_of_namesakes(plan)

    def _result(self, run: Reconciliation, report: Report) -> dict[str, Any]:
        (item,) = report.items
        files = [{**file, "uri": str(run.root / str(file["path"]))} for file in item.files]
        told = fitting(files, MOST_LISTED_BYTES)
        return {
            "key": item.key,
            "job_id": item.job_id,
            "credits": str(item.credits),
            **({"credits_calls": str(report.calls)} if report.calls else {}),
            "files": told,
            "truncated": len(told) < len(files),
        }
