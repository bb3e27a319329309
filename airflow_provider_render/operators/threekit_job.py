"""What the operators of Threekit share: a job is started once, waited for, and found again by its title."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_render.catalog.deliver import Parcel
from airflow_provider_render.catalog.files import check_output
from airflow_provider_render.catalog.inquiry import LONG_AGO, LOOK_AGAIN
from airflow_provider_render.core.errors import (
    RenderError,
    RenderFailedError,
    UnavailableError,
    VendorError,
)
from airflow_provider_render.core.job import OutputKind, RenderJob, RenderState, RenderStatus
from airflow_provider_render.core.polling import Verdict
from airflow_provider_render.hooks.threekit import ThreekitHook
from airflow_provider_render.operators.base import (
    WaitingOperator,
    force_token,
    recall,
    remember,
)
from airflow_provider_render.operators.parameters import read_jobs
from airflow_provider_render.operators.parcels import download, parcel

if TYPE_CHECKING:
    from airflow.sdk import Context

RECORD = "threekit"
"""Key of the task's only record: intent, then jobs."""


class ThreekitJobOperator(WaitingOperator):
    """Start jobs at Threekit once, and wait for them in the triggerer or on the worker.

    The job is named by the run. A retry, and a restart of worker or triggerer, take over the jobs of the
    first try; a try that was cut off while it started one looks for it by its name before it starts another.
    A clear starts new jobs. Threekit documents no way to cancel a job: after a kill or ``render_timeout`` it
    goes on, and a retry takes it over.
    """

    def __init__(self, *, render_conn_id: str = ThreekitHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(render_conn_id=render_conn_id, **kwargs)

    @cached_property
    def hook(self) -> ThreekitHook:
        """The hook of the connection."""
        return ThreekitHook(self.render_conn_id)

    @abstractmethod
    def start(self, title: str) -> list[RenderJob]:
        """Start the jobs.

        :param title: names the job at Threekit, where it takes a name.
        """

    @abstractmethod
    def finish(self, jobs: list[RenderJob]) -> Any:
        """Return the task's result.

        :param jobs: all of them have succeeded.
        """

    def find(self, title: str) -> list[RenderJob]:
        """Return the jobs that a cut-off try has started; none where it started none."""
        return []

    def noted(self, jobs: list[RenderJob]) -> list[dict[str, Any]]:
        """Return what is remembered of jobs; Airflow's state store takes 64 KiB."""
        return [job.to_json() for job in jobs]

    def recalled(self, noted: list[dict[str, Any]]) -> list[RenderJob]:
        """Return the jobs of which :meth:`noted` made a note."""
        return read_jobs(noted)

    def execute(self, context: Context) -> Any:
        """Start the jobs, or take over those of an earlier try, and wait for them."""
        jobs, since = self._begun(context)
        states = self._look(jobs)
        if any(not state.status.terminal for state in states.values()) or len(states) < len(jobs):
            event = self.await_renders(context, jobs, since)
            return self.execute_complete(context, event)
        return self._ended(jobs, states)

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> Any:
        """Go on after the waiting.

        :param event: as :class:`RenderTrigger` fires it; a hint, Threekit is asked again.
        """
        event = event or {}
        jobs, since = self._begun(context)
        states = self._look(jobs)
        left = [job for job in jobs if job.id not in states or not states[job.id].status.terminal]
        if not left or event.get("status") == Verdict.READY.value:
            return self._ended(jobs, states)
        if event.get("status") == Verdict.EXPIRED.value:
            raise self.timed_out(left, ())
        if event.get("status") == Verdict.HOPELESS.value:
            raise UnavailableError(f"the jobs go on, but cannot be watched: {event.get('message')}")
        return self.execute_complete(context, self.await_renders(context, left, since))

    def deliver(
        self, jobs: Sequence[RenderJob], output: Any, folder: str, kinds: Collection[OutputKind]
    ) -> list[dict[str, Any]]:
        """Download what jobs have made; costs nothing and may be repeated.

        :param output: path or URL of a folder.
        :param folder: folder of each job below it; ``{id}`` and ``{model_id}`` stand for ids.
        :returns: one entry a file: ``{"uri", "name", "kind", "media_type", "size", "sha256", "job_id"}``.
        """
        root = check_output(output)
        return download(self.hook, root, parcels_of(jobs, folder), kinds)

    def _begun(self, context: Context) -> tuple[list[RenderJob], float]:
        """Return the jobs of this run, and when they were started."""
        title, record = force_token(context), recall(context, RECORD)
        if record.get("title") != title:
            record = {}
        if "jobs" not in record:
            jobs = self._recovered(title, float(record["since"])) if record else []
            record = {"title": title, "since": time.time()}
            if not jobs:
                remember(context, RECORD, record)
                jobs = self._started(context, title)
            record["jobs"] = self.noted(jobs)
            remember(context, RECORD, record)
        return self.recalled(record["jobs"]), float(record["since"])

    def _started(self, context: Context, title: str) -> list[RenderJob]:
        """Start the jobs; a refusal, or wrong input, leaves nothing that a retry would have to look for."""
        try:
            return self.start(title)
        except RenderError as error:
            if not isinstance(error, VendorError) or error.happened is False:
                context["task_state_store"].delete(RECORD)
            raise

    def _recovered(self, title: str, since: float) -> list[RenderJob]:
        """Look for the jobs of a cut-off try until they are there, or have had the time to appear."""
        settling, first = self.hook.vendor.poll_policy.settling, time.time()
        # The request may have been sent long after the note, so the time counts from the first question.
        settled = first + settling if first - since < LONG_AGO * settling else first
        while True:
            if jobs := self.find(title):
                self.log.info("taking over job %s of an earlier try", jobs[0].refs.get("job"))
                return jobs
            if time.time() >= settled:
                return []
            time.sleep(max(0.0, min(LOOK_AGAIN, settled - time.time())))

    def _look(self, jobs: Sequence[RenderJob]) -> dict[str, RenderState]:
        self.note_portal(jobs)
        return self.hook.run(self.hook.vendor.states(jobs))

    def _ended(self, jobs: list[RenderJob], states: Mapping[str, RenderState]) -> Any:
        bad = [job for job in jobs if job.id not in states or states[job.id].status != RenderStatus.SUCCEEDED]
        if bad:
            reasons = "; ".join(f"{job.id}: {_why(states.get(job.id))}" for job in bad[:10])
            raise RenderFailedError(
                f"{len(bad)} of {len(jobs)} jobs at Threekit failed: {reasons}. A clear starts them anew."
            )
        return self.finish(jobs)


def _why(state: RenderState | None) -> str:
    if state is None:
        return "Threekit does not know it"
    return state.error or f"Threekit says: {state.word}"


def parcels_of(jobs: Sequence[RenderJob], folder: str) -> list[Parcel]:
    """Return where jobs go; file systems do not like the colons of their ids."""
    return [parcel(folder, job, job.id.replace(":", "-")) for job in jobs]
