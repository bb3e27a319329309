"""The render jobs of the workspace, and what each costs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.billing import NoCredits, Price
from airflow_provider_render.sandbox.glossi import assumed
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.glossi.records import Records
from airflow_provider_render.sandbox.identity import timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_render.sandbox.glossi.settings import RenderSettings
    from airflow_provider_render.sandbox.glossi.storage import Storage
    from airflow_provider_render.sandbox.vendor import Ground

VENDOR = "glossi"
UNFINISHED = (assumed.QUEUED, assumed.RENDERING)

Subject = tuple[str, list[str]]
"""Id of a project, empty when it is made later, and of its models."""


@dataclass(frozen=True)
class RenderJob:
    """
    One render of one project.

    :param settings: as they were checked.
    :param batch_id: the call that started it.
    :param project_id: empty until the job that owns it made its project.
    :param owner: the job of a pipeline or of ``POST /jobs`` that it belongs to.
    :param doomed: whether a fault was armed for it.
    :param renders: ``id``, ``name``, ``filePath``, ``fileType`` and ``isVideo`` of its files.
    """

    id: str
    project_id: str
    model_ids: list[str]
    settings: dict[str, Any]
    batch_id: str
    created_at: str
    owner: str | None = None
    status: str = assumed.QUEUED
    doomed: bool = False
    error: str | None = None
    renders: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.status not in UNFINISHED

    def queued(self) -> dict[str, Any]:
        """Return it as ``POST /renders`` shows it."""
        return {"jobId": self.id, "status": self.status, "projectId": self.project_id}

    def shown(self, storage: Storage) -> dict[str, Any]:
        """Return it as ``GET /renders/{jobId}`` shows it, with fresh links."""
        answer = self.queued()
        if self.status == assumed.COMPLETED:
            answer["renders"] = [
                {**each, assumed.RENDER_LINK: storage.render_url(each["filePath"])} for each in self.renders
            ]
        return {**answer, "error": self.error} if self.error else answer


class RenderJobs:
    """
    The table of render jobs.

    :param ground: credits, faults and the database.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.records = Records(ground.database, RenderJob)

    def get(self, job_id: str, listed_until: str = "9999") -> RenderJob:
        """
        Find a render job.

        :param listed_until: those made later are not seen.
        :raises ApiError: ``RENDER_NOT_FOUND``.
        """
        job = self.records.find(job_id)
        if job is None or job.created_at > listed_until:
            raise ApiError("RENDER_NOT_FOUND", f"Render job not found: {job_id}")
        return job

    def order(
        self, call: str, subjects: Sequence[Subject], settings: RenderSettings, owner: str | None = None
    ) -> list[RenderJob]:
        """
        Charge for one render job a subject and remember them, all or none.

        :param call: method and documented path, for the bill.
        :param subjects: what is rendered.
        :raises ApiError: ``INSUFFICIENT_CREDITS``.
        """
        batch_id, now = str(uuid.uuid4()), timestamp()
        jobs = [
            RenderJob(
                id=str(uuid.uuid4()),
                project_id=project_id,
                model_ids=model_ids,
                settings=settings.model_dump(),
                batch_id=batch_id,
                created_at=now,
                owner=owner,
            )
            for project_id, model_ids in subjects
        ]
        with self._ground.database.transaction():
            self._charge(call, jobs)
            return [self.records.add(replace(job, doomed=self._is_doomed(call))) for job in jobs]

    def retry(self, call: str, job: RenderJob, owner: str | None = None) -> RenderJob:
        """
        Charge for another try of a failed job and queue it.

        :param owner: whose try it is.

        :raises ApiError: ``RENDER_NOT_FAILED`` or ``INSUFFICIENT_CREDITS``.
        """
        if job.status != assumed.FAILED:
            raise ApiError(
                "RENDER_NOT_FAILED", f"The render job is {job.status}; only a failed one is retried"
            )
        with self._ground.database.transaction():
            self._charge(call, [job])
            return self.records.change(
                job.id,
                owner=owner,
                status=assumed.QUEUED,
                batch_id=str(uuid.uuid4()),
                error=None,
                doomed=self._is_doomed(call),
            )

    def _charge(self, call: str, jobs: Sequence[RenderJob]) -> None:
        job_ids = [job.id for job in jobs]
        model_ids = [model_id for job in jobs for model_id in job.model_ids]
        prices = [Price(assumed.CREDITS_PER_RENDER_JOB, free_allowed=True)] * len(job_ids)
        try:
            self._ground.ledger.charge(VENDOR, call, prices, model_ids, job_ids)
        except NoCredits as error:
            raise ApiError("INSUFFICIENT_CREDITS") from error

    def _is_doomed(self, call: str) -> bool:
        method, path = call.split(" ")
        return self._ground.faults.take("render_failure", f"{method} /{VENDOR}{path}") is not None
