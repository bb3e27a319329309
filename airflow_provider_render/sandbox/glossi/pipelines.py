"""The pipelines of the workspace: what each watches, when it looks, and what it does with failures."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.glossi import assumed
from airflow_provider_render.sandbox.glossi.drive import Drive
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.glossi.pipeline_records import UNDER_WAY, Pipeline, PipelineJob
from airflow_provider_render.sandbox.glossi.pipeline_work import PipelineWork, StageFailed
from airflow_provider_render.sandbox.glossi.records import Records
from airflow_provider_render.sandbox.identity import timestamp

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.glossi.double import Parts
    from airflow_provider_render.sandbox.glossi.drive import DriveFile
    from airflow_provider_render.sandbox.vendor import Ground

RETRY_SECONDS = 60.0
MOST_FAILURES_IN_ROW = 10
LONGEST_SLEEP = 3600.0


class Pipelines:
    """
    The table of pipelines, and their watchers.

    :param ground: the queue and the database.
    :param parts: models, projects, renders and the rest of the workspace.
    :param folder: holds one folder per folder id of Google Drive.
    """

    def __init__(self, ground: Ground, parts: Parts, folder: Path) -> None:
        self._queue = ground.queue
        self._speed = ground.options.speed
        self.drive = Drive(folder)
        self.records = Records(ground.database, Pipeline)
        self.jobs = Records(ground.database, PipelineJob)
        self._work = PipelineWork(parts, self.drive, self.jobs, ground.database)
        self._wake: dict[str, asyncio.Event] = {}
        self._running: dict[str, set[str]] = {}

    def create(self, pipeline: Pipeline) -> Pipeline:
        """Make a pipeline and its folders, and begin to watch."""
        self.drive.make(pipeline.source_id)
        self.drive.make(pipeline.output_id)
        self.records.add(pipeline)
        self._watch(pipeline.id)
        return pipeline

    def get(self, pipeline_id: str, listed_until: str = "9999") -> Pipeline:
        """
        Find a pipeline.

        :param listed_until: those made later are not seen.
        :raises ApiError: ``PIPELINE_NOT_FOUND``.
        """
        pipeline = self.records.find(pipeline_id)
        if pipeline is None or pipeline.created_at > listed_until:
            raise ApiError("PIPELINE_NOT_FOUND", f"Pipeline not found: {pipeline_id}")
        return pipeline

    def change(self, pipeline: Pipeline, fields: dict[str, Any]) -> Pipeline:
        """
        Change a pipeline; one that is resumed polls at once and forgets its failures.

        :param fields: of :class:`Pipeline`.
        """
        if fields.get("status") == assumed.ACTIVE:
            fields |= {"failures_in_row": 0, "last_error": None}
        changed = self.records.change(pipeline.id, **fields)
        self.drive.make(changed.source_id)
        self.drive.make(changed.output_id)
        if changed.is_active and not pipeline.is_active:
            self.records.change(pipeline.id, next_poll=0.0)
            self._watch(pipeline.id)
        elif event := self._wake.get(pipeline.id):
            event.set()
        return self.get(pipeline.id)

    async def delete(self, pipeline: Pipeline) -> None:
        """Stop a pipeline and forget it with its jobs; its folders stay."""
        self._wake.pop(pipeline.id, None)
        await self._queue.cancel(_watcher(pipeline.id))
        for job in self.jobs.all(pipeline.id):
            await self._queue.cancel(_worker(job.id))
            self.jobs.delete(job.id)
        self.records.delete(pipeline.id)

    def resume(self) -> None:
        """Watch again what an earlier process watched."""
        for pipeline in self.records.all():
            for job in self.jobs.all(pipeline.id, UNDER_WAY):
                self.jobs.change(job.id, status=assumed.QUEUED, due=0.0)
            if pipeline.is_active:
                self._watch(pipeline.id)

    def _watch(self, pipeline_id: str) -> None:
        # A watcher that ends right now still holds the old event; each has its own.
        event = self._wake[pipeline_id] = asyncio.Event()
        self._queue.start(_watcher(pipeline_id), self._watching(pipeline_id, event))

    async def _watching(self, pipeline_id: str, event: asyncio.Event) -> None:
        while self._wake.get(pipeline_id) is event:
            pipeline = self.records.find(pipeline_id)
            if pipeline is None or not pipeline.is_active:
                return
            event.clear()
            if time.time() >= pipeline.next_poll:
                pipeline = self._poll(pipeline)
            wait = self._begin(pipeline)
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), wait)

    def _poll(self, pipeline: Pipeline) -> Pipeline:
        options = pipeline.checked_options
        try:
            found, error = self.drive.models(pipeline.source_id), None
        except OSError as problem:
            found, error = [], f"The source folder cannot be read: {problem.strerror}"
        files = dict(pipeline.files or {})
        is_first = pipeline.files is None
        for file in found:
            if self._is_wanted(pipeline, file, files):
                files[file.name] = [file.size, file.modified]
                if not is_first or options.process_existing_files:
                    self.jobs.add(_job(pipeline, file))
        return self.records.change(
            pipeline.id,
            files=files,
            last_error=error,
            last_polled_at=timestamp(),
            next_poll=time.time() + options.poll_interval_minutes * 60 / self._speed,
        )

    def _is_wanted(self, pipeline: Pipeline, file: DriveFile, files: dict[str, list[int]]) -> bool:
        if file.name not in files:
            return True
        if (
            files[file.name] == [file.size, file.modified]
            or not pipeline.checked_options.reprocess_on_modified
        ):
            return False
        busy = self.jobs.all(pipeline.id, (assumed.QUEUED, *UNDER_WAY))
        return all(job.file["name"] != file.name for job in busy)

    def _begin(self, pipeline: Pipeline) -> float:
        running = self._running.setdefault(pipeline.id, set())
        waiting = [job for job in self.jobs.all(pipeline.id, (assumed.QUEUED,)) if job.id not in running]
        now = time.time()
        due = [job for job in waiting if job.due <= now]
        for job in due[: max(pipeline.checked_options.batch_size - len(running), 0)]:
            running.add(job.id)
            self._queue.start(_worker(job.id), self._try(pipeline.id, job.id))
        later = [job.due for job in waiting if job.due > now]
        return min(max(min([pipeline.next_poll, *later]) - now, 0.0), LONGEST_SLEEP)

    async def _try(self, pipeline_id: str, job_id: str) -> None:
        try:
            await self._work.run(self.records.known(pipeline_id), self.jobs.known(job_id))
            self.records.change(pipeline_id, failures_in_row=0)
        except StageFailed as error:
            self._failed(self.records.known(pipeline_id), self.jobs.known(job_id), str(error))
        finally:
            self._running[pipeline_id].discard(job_id)
            if event := self._wake.get(pipeline_id):
                event.set()

    def _failed(self, pipeline: Pipeline, job: PipelineJob, error: str) -> None:
        now = timestamp()
        failures = [*job.failures, {"stage": job.stage, "error": error, "timestamp": now}]
        fields = {"last_error": error, "failures": failures, "updated_at": now}
        if job.retry_count < pipeline.checked_options.max_retries:
            due = time.time() + RETRY_SECONDS * 2**job.retry_count / self._speed
            self.jobs.change(
                job.id, status=assumed.QUEUED, retry_count=job.retry_count + 1, due=due, **fields
            )
        else:
            self.jobs.change(job.id, status=assumed.FAILED, **fields)
            self._count_failure(pipeline, error)

    def _count_failure(self, pipeline: Pipeline, error: str) -> None:
        in_row = pipeline.failures_in_row + 1
        broken = in_row >= MOST_FAILURES_IN_ROW
        reason = f"Paused after {in_row} failed files in a row; the last error: {error}"
        self.records.change(
            pipeline.id,
            failures_in_row=in_row,
            status=assumed.PAUSED if broken else pipeline.status,
            last_error=reason if broken else pipeline.last_error,
        )


def _job(pipeline: Pipeline, file: DriveFile) -> PipelineJob:
    shown = {"name": file.name, "size": file.size, "modifiedAt": file.modified_at}
    return PipelineJob(str(uuid.uuid4()), pipeline.id, shown, timestamp())


def _watcher(pipeline_id: str) -> str:
    return f"glossi-pipeline-{pipeline_id}"


def _worker(job_id: str) -> str:
    return f"glossi-pipeline-job-{job_id}"
