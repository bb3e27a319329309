"""A pipeline from a folder of models to a folder of renders, at any vendor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from airflow_provider_render.catalog.clock import utcnow
from airflow_provider_render.catalog.files import named_path
from airflow_provider_render.catalog.folder import (
    Rules,
    Taking,
    as_text,
    baseline,
    judged,
    note,
    started,
    take,
)
from airflow_provider_render.catalog.history import FileStatus, Listing, Pipeline, PipelineFile
from airflow_provider_render.catalog.pipeline import PipelineHistory, list_models
from airflow_provider_render.catalog.reconcile import CatalogSpec, Reconciliation
from airflow_provider_render.catalog.report import Report
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.catalog.store import MOST_SHARDS, StateStore
from airflow_provider_render.core.errors import RenderFailedError
from airflow_provider_render.operators.base import remember, run_name
from airflow_provider_render.operators.catalog import RenderCatalogOperator
from airflow_provider_render.operators.parameters import read_count, read_flag, read_seconds

if TYPE_CHECKING:
    from airflow.sdk import Context

STATE_SHARDS = MOST_SHARDS // 4
"""Files of the state: a run reads and writes only those of its own items, however many there are."""

ADVICE = "Raise max_credits, or lower batch_size for the next run"
"""What to do about a run that costs more than it may."""


class RenderFolderOperator(RenderCatalogOperator):
    """Render each file that appears in a folder, once, and deliver the results by model name.

    Each run looks into the folder, takes the files that are due, renders them as
    :class:`RenderCatalogOperator` does, and notes what became of each in ``_render/pipeline/`` below the
    output folder. How often the folder is looked at is the schedule of the DAG.

    * A file is taken once; again when a failure is due for another try, or when it changed and
      ``reprocess_on_modified`` is set or it has never been rendered.
    * The task is skipped when nothing is due, when it only noted the baseline, and while the pipeline is
      paused.
    * It fails when files failed and none worked and none of them will be taken again, when this run paused
      the pipeline, and otherwise as the catalog operator does.
    * A retry, a clear and the end of a deferral go on with the files that the run has taken. Files of a run
      that was given up are taken over by the next one. What is paid is in the journal of the catalog, so
      neither this, nor a history that was deleted, pays for a render twice.
    * Two runs must not work on one output folder at the same time: give the DAG ``max_active_runs=1``.

    Takes the parameters of the catalog operator but ``catalog``, ``plan_only``, ``force``, ``prune``,
    ``max_attempts`` (it is ``max_retries + 1``), ``shard_group``, ``shard_groups`` and ``extra_columns``.
    ``max_credits`` limits one run.

    Returns the catalog operator's summary with ``queued``, the files that wait for a later run, and
    ``history``, where the table of all files is.

    :param source: path or URL of the folder; subfolders belong to it.
    :param process_existing: False only notes, in the first run, the files that are there, and leaves them
        alone.
    :param reprocess_on_modified: take a rendered file again when its size, or its etag or time, changed.
    :param batch_size: files that one run takes at most.
    :param max_retries: how often a failed file is taken again: 1, 2, 4 ... minutes later at the earliest.
    :param pause_after: files that fail in a row before the pipeline is paused.
    :param settle: seconds, or timedelta, since its modification from which a file counts as whole, where the
        storage tells a time; object storage shows only whole files.
    :param resume: end a pause, and forget which files have failed in a row.
    """

    template_fields: Sequence[str] = (
        *(
            name
            for name in RenderCatalogOperator.template_fields
            if name not in ("catalog", "force", "plan_only")
        ),
        "source",
        "resume",
    )

    def __init__(
        self,
        *,
        source: Any,
        process_existing: bool = True,
        reprocess_on_modified: bool = False,
        batch_size: int = 10,
        max_retries: int = 3,
        pause_after: int = 10,
        settle: timedelta | float = 30.0,
        resume: bool | str = False,
        **kwargs: Any,
    ) -> None:
        # Given here, they are an error where a user gives them too.
        fixed: dict[str, Any] = {"catalog": None, "plan_only": False, "force": False, "prune": False}
        fixed |= {"shard_group": 0, "shard_groups": 1, "extra_columns": "error"}
        super().__init__(**fixed, max_attempts=read_count("max_retries", max_retries, 0) + 1, **kwargs)
        self.source = source
        self.process_existing = read_flag("process_existing", process_existing)
        self.reprocess_on_modified = read_flag("reprocess_on_modified", reprocess_on_modified)
        self.batch_size = read_count("batch_size", batch_size)
        self.max_retries = max_retries
        self.pause_after = read_count("pause_after", pause_after)
        self.settle = read_seconds("settle", settle, zero=True)
        self.resume = resume

    def execute(self, context: Context) -> dict[str, Any]:
        """Take the files that are due, and render them."""
        self._open(context)
        if mine := self._history.of(self._name):
            self._history.put([started(file, _now(), self._name) for file in mine])
        else:
            self._take(context, self._awake())
        StateStore(place(self.output_folder), shards=STATE_SHARDS)
        return super().execute(context)

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Go on with the files that the run has taken."""
        self._open(context)
        return super().execute_complete(context, event)

    def _open(self, context: Context) -> None:
        self._rules = Rules(
            reprocess_on_modified=self.reprocess_on_modified,
            batch_size=self.batch_size,
            max_retries=self.max_retries,
            pause_after=self.pause_after,
            settle=self.settle,
        )
        self._folder = place(named_path("source", self.source, "a folder"))
        self._name = run_name(context)
        self._history = PipelineHistory(place(self.output_folder))

    def _awake(self) -> Pipeline | None:
        """Return the pipeline, None before its first run.

        :raises AirflowSkipException: it is paused.
        """
        pipeline = self._history.pipeline
        if pipeline is None:
            return None
        if read_flag("resume", self.resume):
            pipeline = Pipeline(pipeline.since)
            self._history.stand(pipeline)
        if pipeline.pause:
            raise AirflowSkipException(
                f"the pipeline is paused since {pipeline.pause.at}: {pipeline.pause.why}. Mend the cause, and"
                " give one run resume=True; the files that failed are then taken again as far as they are due"
            )
        return pipeline

    def _take(self, context: Context, pipeline: Pipeline | None) -> None:
        """Note which files are this run's.

        :raises AirflowSkipException: there are none.
        """
        source, now = self._folder, _now()
        models = self.hook.vendor.capabilities.extensions
        listing = list_models(source, place(self.output_folder), models)
        if pipeline is None and not self.process_existing:
            self._note_baseline(listing, now)
        taking = take(listing, self._history.files, now=now, run=self._name, rules=self._rules)
        if taking.taken:
            # This write fails for a worker whose task instance was superseded, so that it takes nothing.
            remember(context, "render.folder", {"taken_at": as_text(now), "files": len(taking.taken)})
        self._history.put([*taking.taken, *taking.noted], taking.forgotten)
        self._history.stand(pipeline or Pipeline(as_text(now)))
        if not taking.taken:
            raise AirflowSkipException(self._nothing_due(listing, taking))
        self.log.info("took %s", ", ".join(file.path for file in taking.taken[:50]))

    def _note_baseline(self, listing: Mapping[str, Listing], now: datetime) -> None:
        self._history.put(baseline(listing, now))
        self._history.stand(Pipeline(as_text(now)))
        raise AirflowSkipException(
            f"first run: {len(listing)} files in {self.source} were noted as the baseline and are left alone"
        )

    def _nothing_due(self, listing: Mapping[str, Listing], taking: Taking) -> str:
        failed = [file for file in self._history.files.values() if file.status is FileStatus.FAILED]
        tries = [file.next_try for file in failed if file.next_try and file.path in listing]
        facts = [f"{len(listing)} files there"]
        if taking.unsettled:
            facts.append(f"{taking.unsettled} perhaps still being written")
        if tries:
            facts.append(f"the next try of {len(tries)} failed ones from {min(tries)}")
        return f"nothing is due in {self.source}: {', '.join(facts)}"

    def _spec(self, context: Context) -> CatalogSpec:
        source = self._folder
        self.catalog = [_row(file, (source / file.path).url) for file in self._history.of(self._name)]
        return replace(super()._spec(context), partial=True, advice=ADVICE)

    def _judge(self, run: Reconciliation, report: Report) -> None:
        """Note what became of the files, then fail the task where that helps."""
        noted = self._note(run, report)
        pause = self._history.pipeline.pause if self._history.pipeline else None
        passing = any(failure.passing for failure in run.failures.values())
        if pause and pause.run == self._name and not passing:
            raise RenderFailedError(f"the pipeline is paused: {pause.why}. See {self._history.page}")
        again = {file.name for file in noted if file.next_try and not self.fail_on_item_failure}
        super()._judge(run, replace(report, items=[one for one in report.items if one.key not in again]))

    def _note(self, run: Reconciliation, report: Report) -> list[PipelineFile]:
        now, rules = _now(), self._rules
        spared = {key for key, failure in run.failures.items() if failure.stopping}
        noted = note(self._history.of(self._name), report, now=now, rules=rules, spared=spared)
        self._history.put(noted)
        pipeline = self._history.pipeline or Pipeline(as_text(now))
        self._history.stand(judged(pipeline, report, now=now, run=self._name, rules=rules))
        return noted

    def _result(self, run: Reconciliation, report: Report) -> dict[str, Any]:
        queued = sum(1 for file in self._history.files.values() if file.status is FileStatus.QUEUED)
        return {**super()._result(run, report), "queued": queued, "history": str(self._history.page)}


def _row(file: PipelineFile, model: str) -> dict[str, str]:
    sku, _, variant = file.name.partition("/")
    return {"sku": sku, "model": model, **({"variant": variant} if variant else {})}


def _now() -> datetime:
    return datetime.fromisoformat(utcnow())
