"""What happens to a render job between ``QUEUED`` and ``COMPLETED``."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.glossi import assumed, events, products, settings, templates
from airflow_provider_render.sandbox.glossi.render_jobs import UNFINISHED

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.glossi.events import Webhook
    from airflow_provider_render.sandbox.glossi.models import Models
    from airflow_provider_render.sandbox.glossi.products import Wanted
    from airflow_provider_render.sandbox.glossi.projects import Projects
    from airflow_provider_render.sandbox.glossi.render_jobs import RenderJob, RenderJobs
    from airflow_provider_render.sandbox.glossi.storage import Storage
    from airflow_provider_render.sandbox.vendor import Ground

QUEUED_SECONDS = 1.0
RENDERING_SECONDS = 1.0
ON_PURPOSE = "The render failed (armed by the sandbox's render_failure fault)"


class Studio:
    """
    Renders jobs with real render processes and puts the files into the storage.

    :param ground: queue and options.
    :param models: what is rendered.
    :param projects: where it stands.
    :param jobs: whose statuses change.
    :param storage: receives the files.
    :param webhook: hears of the outcome.
    :param folder: for files that are not finished, and the sky.
    """

    def __init__(
        self,
        ground: Ground,
        models: Models,
        projects: Projects,
        jobs: RenderJobs,
        storage: Storage,
        webhook: Webhook,
        folder: Path,
    ) -> None:
        self._ground = ground
        self._models = models
        self._projects = projects
        self._jobs = jobs
        self._storage = storage
        self._webhook = webhook
        self._folder = folder
        options = ground.options
        self._shape = products.Shape(options.scale, options.fps, templates.paint_sky(folder / "templates"))

    def start(self, job: RenderJob) -> None:
        """Render a job in the background."""
        self._ground.queue.start(f"glossi-render-{job.id}", self._alone(job.id))

    def resume(self) -> None:
        """Take up the jobs that an earlier process left unfinished, except those that something owns."""
        for job in self._jobs.records.all(statuses=UNFINISHED):
            self.start(job)

    async def run(self, job_id: str) -> RenderJob:
        """Render a job unless that is done, and return it as it is then."""
        job = self._jobs.records.known(job_id)
        if job.is_finished:
            return job
        self._jobs.records.change(job_id, status=assumed.QUEUED)
        await self._pause(QUEUED_SECONDS)
        work = self._folder / job_id
        try:
            return await self._rendered(job, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    async def _alone(self, job_id: str) -> None:
        await self.run(job_id)

    async def _rendered(self, job: RenderJob, work: Path) -> RenderJob:
        if job.doomed:
            self._jobs.records.change(job.id, status=assumed.RENDERING)
            await self._pause(RENDERING_SECONDS)
            return self._failed(job, ON_PURPOSE)
        files, spec = self._spec(job, work)
        error = ""
        async with aclosing(self._ground.queue.render(f"glossi-render-{job.id}", spec)) as stream:
            async for event in stream:
                if event["event"] == "started":
                    self._jobs.records.change(job.id, status=assumed.RENDERING)
                elif event["event"] == "failed":
                    error = str(event["error"])
        await self._pause(RENDERING_SECONDS)
        return self._failed(job, error) if error else self._completed(job, files, work)

    def _spec(self, job: RenderJob, work: Path) -> tuple[list[Wanted], dict[str, Any]]:
        project = self._projects.records.known(job.project_id)
        models = [self._models.records.known(model_id) for model_id in job.model_ids]
        wanted = settings.RenderSettings(**job.settings)
        files = products.wanted(models, templates.get(project.template_id), wanted, self._shape)
        source = products.source(models, [self._models.renderable(model) for model in models])
        return files, {**source, "output": str(work), "products": [each.product for each in files]}

    def _completed(self, job: RenderJob, files: list[Wanted], work: Path) -> RenderJob:
        renders = [self._stored(job, each, work) for each in files]
        done = self._jobs.records.change(job.id, status=assumed.COMPLETED, error=None, renders=renders)
        self._webhook.emit(events.RENDER_COMPLETE, done.shown(self._storage))
        return done

    def _stored(self, job: RenderJob, file: Wanted, work: Path) -> dict[str, Any]:
        render_id = str(uuid.uuid4())
        name = "video.mp4" if file.is_video else "render.png"
        key = self._storage.key("projects", job.project_id, "renders", render_id, name)
        (work / file.file).replace(self._storage.path(key))
        return {
            "id": render_id,
            "name": file.name,
            "filePath": key,
            "fileType": "MP4" if file.is_video else "PNG",
            "isVideo": file.is_video,
        }

    def _failed(self, job: RenderJob, error: str) -> RenderJob:
        failed = self._jobs.records.change(job.id, status=assumed.FAILED, error=error)
        self._webhook.emit(events.RENDER_FAILED, failed.shown(self._storage))
        return failed

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._ground.options.speed)
