"""The one-call workflow, ``POST /jobs``: uploads, then projects and renders by themselves."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.glossi import assumed, events, templates
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.glossi.records import Records
from airflow_provider_render.sandbox.glossi.settings import RenderSettings
from airflow_provider_render.sandbox.identity import timestamp

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.glossi.double import Parts
    from airflow_provider_render.sandbox.glossi.models import Model
    from airflow_provider_render.sandbox.glossi.render_jobs import RenderJob
    from airflow_provider_render.sandbox.vendor import Ground

UNFINISHED = (assumed.PROCESSING, assumed.RENDERING)


@dataclass(frozen=True)
class Job:
    """
    One run of the workflow.

    :param settings: render settings, None when nothing shall be rendered.
    :param render_ids: its render jobs, one a model, ordered when the uploads are confirmed.
    """

    id: str
    template_id: str
    model_ids: list[str]
    create_projects: bool
    settings: dict[str, Any] | None
    created_at: str
    owner: str | None = None
    status: str = assumed.AWAITING_UPLOADS
    project_ids: list[str] = field(default_factory=list)
    render_ids: list[str] = field(default_factory=list)
    error: str | None = None


class Jobs:
    """
    The table of jobs, and their work.

    :param ground: the queue and the database.
    :param parts: models, projects, renders and the rest of the workspace.
    """

    def __init__(self, ground: Ground, parts: Parts) -> None:
        self._ground = ground
        self._parts = parts
        self.records = Records(ground.database, Job)

    def create(
        self,
        files: list[tuple[str, str]],
        template_id: str,
        *,
        create_projects: bool,
        settings: RenderSettings | None,
    ) -> tuple[Job, list[Model]]:
        """
        Make a job that waits for its uploads.

        :param files: name and type of each.
        :param settings: None renders nothing.
        """
        job_id = str(uuid.uuid4())
        with self._ground.database.transaction():
            models = [self._parts.models.create(name, kind, owner=job_id) for name, kind in files]
            job = Job(
                id=job_id,
                template_id=template_id,
                model_ids=[model.id for model in models],
                create_projects=create_projects or settings is not None,
                settings=settings.model_dump() if settings else None,
                created_at=timestamp(),
            )
            return self.records.add(job), models

    def get(self, job_id: str, listed_until: str = "9999") -> Job:
        """
        Find a job.

        :param listed_until: those made later are not seen.
        :raises ApiError: ``JOB_NOT_FOUND``.
        """
        job = self.records.find(job_id)
        if job is None or job.created_at > listed_until:
            raise ApiError("JOB_NOT_FOUND", f"Job not found: {job_id}")
        return job

    def confirm(self, call: str, job: Job) -> Job:
        """
        Take the uploads as complete, charge for the renders and begin; a job that has begun stays as it is.

        :param call: method and documented path, for the bill.
        :raises ApiError: ``UPLOAD_MISSING`` or ``INSUFFICIENT_CREDITS``.
        """
        if job.status != assumed.AWAITING_UPLOADS:
            return job
        models = self._models(job)
        if missing := [model.file_name for model in models if not self._parts.models.is_uploaded(model)]:
            raise ApiError("UPLOAD_MISSING", f"No file was uploaded for {', '.join(missing)}")
        with self._ground.database.transaction():
            ordered = self._ordered(call, job)
            begun = self.records.change(
                job.id, status=assumed.PROCESSING, render_ids=[render.id for render in ordered]
            )
        self._start(begun)
        return begun

    def resume(self) -> None:
        """Take up the jobs that an earlier process left unfinished."""
        for job in self.records.all(statuses=UNFINISHED):
            self._start(job)

    def shown(self, job: Job) -> dict[str, Any]:
        """Return a job as ``GET /jobs/{jobId}`` shows it."""
        models = [
            {"id": model.id, "fileName": model.file_name, **model.state()} for model in self._models(job)
        ]
        answer: dict[str, Any] = {
            "jobId": job.id,
            "status": job.status,
            "templateId": job.template_id,
            "models": models,
        }
        if job.project_ids:
            projects = [self._parts.projects.get(project_id) for project_id in job.project_ids]
            answer["projects"] = [project.shown() for project in projects]
        if renders := [render for render in self._renders(job) if render.project_id]:
            answer["renders"] = [render.shown(self._parts.storage) for render in renders]
        return {**answer, "error": job.error} if job.error else answer

    def _models(self, job: Job) -> list[Model]:
        return [self._parts.models.get(model_id) for model_id in job.model_ids]

    def _renders(self, job: Job) -> list[RenderJob]:
        return [self._parts.render_jobs.get(render_id) for render_id in job.render_ids]

    def _ordered(self, call: str, job: Job) -> list[RenderJob]:
        if job.settings is None:
            return []
        subjects = [("", [model_id]) for model_id in job.model_ids]
        return self._parts.render_jobs.order(call, subjects, RenderSettings(**job.settings), owner=job.id)

    def _start(self, job: Job) -> None:
        self._ground.queue.start(f"glossi-job-{job.id}", self._run(job))

    async def _run(self, job: Job) -> None:
        models = list(await asyncio.gather(*(self._parts.processing.run(each) for each in job.model_ids)))
        if job.create_projects:
            job = self._with_projects(job, models)
        renders = [each for each in self._renders(job) if each.project_id]
        if renders:
            job = self.records.change(job.id, status=assumed.RENDERING)
            own = [each.id for each in renders if each.owner == job.id]
            renders = list(await asyncio.gather(*(self._parts.studio.run(render_id) for render_id in own)))
        failed = [each.error for each in models] + [each.error for each in renders]
        self._finish(job, [error for error in failed if error])

    def _with_projects(self, job: Job, models: list[Model]) -> Job:
        if job.project_ids:
            return job
        with self._ground.database.transaction():
            ids = [self._project(job, index, model) for index, model in enumerate(models)]
            return self.records.change(job.id, project_ids=[project_id for project_id in ids if project_id])

    def _project(self, job: Job, index: int, model: Model) -> str | None:
        render_id = job.render_ids[index] if job.render_ids else None
        if not model.is_ready:
            if render_id:
                self._parts.render_jobs.records.change(render_id, status=assumed.FAILED, error=model.error)
            return None
        project = self._parts.projects.create(model.name, [model.id], templates.get(job.template_id))
        if render_id:
            self._parts.render_jobs.records.change(render_id, project_id=project.id)
        return project.id

    def _finish(self, job: Job, errors: list[str]) -> None:
        status = assumed.FAILED if errors else assumed.COMPLETED
        done = self.records.change(job.id, status=status, error="; ".join(errors) or None)
        self._parts.webhook.emit(events.JOB_FAILED if errors else events.JOB_COMPLETE, self.shown(done))
