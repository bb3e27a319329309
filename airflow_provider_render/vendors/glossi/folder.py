"""When the files of a pipeline are done: a pure decision over what Glossi tells, and the calls for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from airflow_provider_render.core.calls import Operation, send
from airflow_provider_render.core.job import RenderStatus
from airflow_provider_render.vendors.glossi.pipeline_answers import Pipeline, PipelineJob, count
from airflow_provider_render.vendors.glossi.pipeline_endpoints import get_pipeline, list_pipeline_jobs
from airflow_provider_render.vendors.glossi.words import Words

USUAL_POLL_MINUTES = 5.0
"""How often a pipeline looks for files where it does not tell."""


class Standing(Enum):
    """What a look at a pipeline means."""

    WORKING = "working"
    """Files are under way, or have yet to be found."""
    DONE = "done"
    """All files have ended, in one way or another."""
    PAUSED = "paused"
    """The pipeline has stopped; nothing more happens before it is resumed."""


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a pipeline.

    :param pipeline: as it is.
    :param counts: how many files are in each stage.
    :param jobs: its files; empty where nobody needs them.
    """

    pipeline: Pipeline
    counts: Mapping[str, int]
    jobs: tuple[PipelineJob, ...] = ()


@dataclass(slots=True)
class Folder:
    """Follows a pipeline until the files of its folder are done.

    A pipeline finds new files only when it looks, every few minutes. So a folder whose files are not named
    is done once nothing has been under way, and nothing has changed, for longer than that.

    :param files: names of the files to wait for; all that the pipeline comes to know if empty.
    :param words: what Glossi's words mean.
    :param since: failures before this moment do not count.
    :param quiet: seconds without change after which nothing more is expected; a minute more than the
        pipeline's own interval if None.
    """

    files: frozenset[str]
    words: Words
    since: datetime | None = None
    quiet: float | None = None
    _last: Look | None = None
    _since: float = field(default=0.0)

    def look(self, pipeline_id: str) -> Operation[Look]:
        """Ask for the counts, and for the files only if counts have changed and names matter."""
        pipeline = yield from send(get_pipeline(pipeline_id))
        counts, last = pipeline.counts, self._last
        if counts is not None and not self.files:
            return Look(pipeline, counts)
        if counts is not None and last is not None and counts == last.counts:
            return Look(pipeline, counts, last.jobs)
        jobs = yield from send(list_pipeline_jobs(pipeline_id))
        return Look(pipeline, count(jobs) if counts is None else counts, jobs)

    def judge(self, look: Look, now: float) -> Standing:
        """Say what a look means.

        :param now: seconds since the epoch.
        """
        if self._last is None or look.counts != self._last.counts:
            self._since = now
        self._last = look
        if self._ended(look, now):
            return Standing.DONE
        return Standing.PAUSED if self.words.is_paused(look.pipeline.status) else Standing.WORKING

    def failed(self, jobs: Collection[PipelineJob]) -> list[PipelineJob]:
        """Return the wanted files that have failed for good, but for old failures."""
        return [job for job in jobs if self._counts(job) and self._status(job) is RenderStatus.FAILED]

    def _ended(self, look: Look, now: float) -> bool:
        if self.files:
            ended = {job.file for job in look.jobs if self._status(job).terminal}
            return self.files <= ended
        under_way = [word for word in look.counts if not self.words.status(word).terminal]
        return not under_way and now - self._since >= self._patience(look.pipeline)

    def _patience(self, pipeline: Pipeline) -> float:
        if self.quiet is not None:
            return self.quiet
        return 60 * ((pipeline.poll_interval_minutes or USUAL_POLL_MINUTES) + 1)

    def _counts(self, job: PipelineJob) -> bool:
        old = self.since is not None and job.changed is not None and job.changed < self.since
        return not old and (not self.files or job.file in self.files)

    def _status(self, job: PipelineJob) -> RenderStatus:
        return self.words.status(job.status)
