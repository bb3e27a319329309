"""What happens to a job between ``pending`` and ``stopped``."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import TYPE_CHECKING

from airflow_provider_render.sandbox.threekit import jobs as words
from airflow_provider_render.sandbox.threekit.bundles import bundle
from airflow_provider_render.sandbox.threekit.exports import export
from airflow_provider_render.sandbox.threekit.imports import bring_in
from airflow_provider_render.sandbox.threekit.pictures import draw
from airflow_provider_render.sandbox.threekit.products import bring_in_products
from airflow_provider_render.sandbox.threekit.workshop import Workshop

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.threekit.jobs import Jobs, Task
    from airflow_provider_render.sandbox.threekit.library import Library
    from airflow_provider_render.sandbox.threekit.notices import Notices
    from airflow_provider_render.sandbox.vendor import Ground

PENDING_SECONDS = 1.0
RUNNING_SECONDS = 0.5
TOGETHER = 8
ON_PURPOSE = "The render failed (armed by the sandbox's render_failure fault)"

IMPORT, RENDER, EXPORT, DOWNLOAD = "import", "render", "export", "download"
CATALOG_IMPORT = "catalog-import"
WORK = {IMPORT: bring_in, EXPORT: export, DOWNLOAD: bundle, CATALOG_IMPORT: bring_in_products}


class Pipeline:
    """
    Takes jobs through their statuses.

    :param ground: queue and options.
    :param folder: of the organization.
    :param library: assets and files.
    :param jobs: whose statuses change.
    :param notices: told when a job stops.
    """

    def __init__(self, ground: Ground, folder: Path, library: Library, jobs: Jobs, notices: Notices) -> None:
        self.shop = Workshop(ground, folder / "work", library, jobs)
        self._jobs = jobs
        self._notices = notices
        self._stopped: dict[str, asyncio.Event] = {}
        self._gates: dict[str, asyncio.Event] = {}

    def start(self, job_id: str) -> None:
        """Queue a job's pending tasks."""
        self._stopped[job_id] = asyncio.Event()
        self._gates[job_id] = asyncio.Event()
        self.heed(job_id)
        self.shop.ground.queue.start(f"threekit-{job_id}", self._process(job_id))

    def resume(self) -> None:
        """Queue everything that an earlier process left unfinished."""
        for job_id in self._jobs.restart_unfinished():
            self.start(job_id)

    def heed(self, job_id: str) -> None:
        """Hold a job's tasks that have not started, or let them go, as its scheduler state says."""
        if gate := self._gates.get(job_id):
            (gate.set if self._jobs.is_active(job_id) else gate.clear)()

    async def finished(self, job_id: str) -> None:
        """Wait until a job has stopped."""
        if event := self._stopped.get(job_id):
            await event.wait()

    async def _process(self, job_id: str) -> None:
        try:
            await self._pause(PENDING_SECONDS)
            await self._work_on(job_id)
        except Exception as error:
            for task in self._pending(job_id):
                await self.shop.fail(task, f"The task broke off: {error}")
            raise
        finally:
            del self._gates[job_id]
            self._stopped.pop(job_id).set()
        self._notices.job_stopped(self._jobs.get(job_id))

    async def _work_on(self, job_id: str) -> None:
        slots = asyncio.Semaphore(self.shop.ground.options.workers)
        async with asyncio.TaskGroup() as together:
            for group in _groups(self._pending(job_id)):
                together.create_task(self._work_on_group(job_id, group, slots))

    async def _work_on_group(self, job_id: str, group: list[Task], slots: asyncio.Semaphore) -> None:
        async with slots:
            await self._gates[job_id].wait()
            self._jobs.start(group[0].id)
            await self._pause(RUNNING_SECONDS)
            for task in group:
                if task.doomed:
                    await self.shop.fail(task, ON_PURPOSE)
            await self._do([task for task in group if not task.doomed])

    async def _do(self, group: list[Task]) -> None:
        if group and group[0].type == RENDER:
            await draw(self.shop, group)
        elif group:
            await WORK[group[0].type](self.shop, group[0])

    def _pending(self, job_id: str) -> list[Task]:
        return [task for task in self._jobs.tasks(job_id) if task.status != words.STOPPED]

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.shop.ground.options.speed)


def _groups(tasks: list[Task]) -> list[list[Task]]:
    """Put renders of one model together, a few at a time, so that it is loaded once for all of them."""
    renders = sorted(
        (task for task in tasks if task.type == RENDER), key=lambda task: str(task.work["model"])
    )
    groups = [[task] for task in tasks if task.type != RENDER]
    for _, same in groupby(renders, key=lambda task: task.work["model"]):
        alike = list(same)
        groups += [alike[start : start + TOGETHER] for start in range(0, len(alike), TOGETHER)]
    return groups
