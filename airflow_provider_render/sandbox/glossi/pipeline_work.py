"""One file's way through a pipeline: ingest, process, render, export."""

from __future__ import annotations

import asyncio
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.glossi import assumed, templates
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.glossi.settings import RenderSettings
from airflow_provider_render.sandbox.identity import timestamp

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.database import Database
    from airflow_provider_render.sandbox.glossi.double import Parts
    from airflow_provider_render.sandbox.glossi.drive import Drive
    from airflow_provider_render.sandbox.glossi.models import Model
    from airflow_provider_render.sandbox.glossi.pipeline_records import Pipeline, PipelineJob
    from airflow_provider_render.sandbox.glossi.records import Records
    from airflow_provider_render.sandbox.glossi.render_jobs import RenderJob

CALL = f"POST {assumed.PREFIX}{assumed.PIPELINES}"


class StageFailed(Exception):  # noqa: N818
    """A stage of a pipeline's job did not succeed."""


class PipelineWork:
    """
    Takes jobs through their stages. A stage that succeeded in an earlier try is not done, or paid, again.

    :param parts: models, projects, renders and the rest of the workspace.
    :param drive: where files come from and go to.
    :param jobs: whose stages change.
    :param database: keeps charge and order together.
    """

    def __init__(self, parts: Parts, drive: Drive, jobs: Records[PipelineJob], database: Database) -> None:
        self._parts = parts
        self._drive = drive
        self._jobs = jobs
        self._database = database

    async def run(self, pipeline: Pipeline, job: PipelineJob) -> None:
        """
        Try a job once.

        :raises StageFailed: a stage failed; the job's ``stage`` tells which.
        """
        try:
            model = await self._ingested(pipeline, job)
            await self._processed(job, model)
            render = await self._rendered(pipeline, job.id, model)
            await self._exported(pipeline, job, render)
        except (OSError, ApiError) as error:
            raise StageFailed(str(error)) from error

    def _enter(self, job_id: str, stage: str, **fields: Any) -> PipelineJob:
        return self._jobs.change(job_id, status=stage, stage=stage, updated_at=timestamp(), **fields)

    async def _ingested(self, pipeline: Pipeline, job: PipelineJob) -> Model:
        self._enter(job.id, assumed.INGESTING)
        earlier = self._parts.models.records.find(job.model_id) if job.model_id else None
        if earlier and earlier.status != assumed.FAILED:
            return earlier
        name = job.file["name"]
        model = self._parts.models.create(name, PurePosixPath(name).suffix.lower().lstrip("."), owner=job.id)
        target = self._parts.models.uploaded(model)
        await asyncio.to_thread(self._drive.take, pipeline.source_id, name, target)
        self._jobs.change(job.id, model_id=model.id)
        return self._parts.models.records.change(model.id, confirmed=True)

    async def _processed(self, job: PipelineJob, model: Model) -> None:
        self._enter(job.id, assumed.PROCESSING)
        processed = await self._parts.processing.run(model.id)
        if not processed.is_ready:
            raise StageFailed(processed.error)

    async def _rendered(self, pipeline: Pipeline, job_id: str, model: Model) -> RenderJob:
        job = self._enter(job_id, assumed.RENDERING)
        if job.project_id is None:
            template = templates.get(pipeline.template_id)
            project = self._parts.projects.create(model.name, [model.id], template)
            job = self._jobs.change(job.id, project_id=project.id)
        render = await self._parts.studio.run(self._ordered(pipeline, job, model).id)
        if render.status != assumed.COMPLETED:
            raise StageFailed(render.error)
        return render

    def _ordered(self, pipeline: Pipeline, job: PipelineJob, model: Model) -> RenderJob:
        earlier = self._parts.render_jobs.records.find(job.render_id) if job.render_id else None
        if earlier and earlier.owner == job.id:
            failed = earlier.status == assumed.FAILED
            return self._parts.render_jobs.retry(CALL, earlier, job.id) if failed else earlier
        subject, settings = (job.project_id or "", [model.id]), RenderSettings(**pipeline.settings)
        with self._database.transaction():
            [render] = self._parts.render_jobs.order(CALL, [subject], settings, owner=job.id)
            self._jobs.change(job.id, render_id=render.id)
        return render

    async def _exported(self, pipeline: Pipeline, job: PipelineJob, render: RenderJob) -> None:
        self._enter(job.id, assumed.EXPORTING)
        group = PurePosixPath(job.file["name"]).stem
        for each in render.renders:
            path = self._parts.storage.path(each["filePath"])
            name = f"{each['name']}{path.suffix}"
            await asyncio.to_thread(self._drive.put, pipeline.output_id, group, name, path)
        self._enter(job.id, assumed.COMPLETED, last_error=None)
