"""Pipelines; every path and almost every field is assumed."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from airflow_provider_render.sandbox.glossi import assumed, connectors, settings, templates
from airflow_provider_render.sandbox.glossi.access import Account, Answer, Body, ListedUntil
from airflow_provider_render.sandbox.glossi.double import Glossi
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.glossi.fields import text
from airflow_provider_render.sandbox.glossi.pipeline_records import STAGES, Pipeline, read_options
from airflow_provider_render.sandbox.identity import timestamp

router = APIRouter()


@router.post(assumed.PIPELINES, status_code=assumed.CREATED)
async def create_pipeline(glossi: Account, body: Body) -> Answer:
    """Create a pipeline."""
    pipeline = Pipeline(
        id=str(uuid.uuid4()),
        name=text(body, "name"),
        template_id=templates.get(text(body, "templateId")).id,
        source=connectors.check(body, "sourceConnector"),
        output=connectors.check(body, "outputConnector"),
        options=read_options(body).model_dump(),
        settings=settings.check(body.get("renderSettings"), "renderSettings").model_dump(),
        created_at=timestamp(),
    )
    return _shown(glossi, glossi.pipelines.create(pipeline))


@router.get(assumed.PIPELINES)
async def list_pipelines(glossi: Account, listed_until: ListedUntil) -> Answer:
    """List the pipelines."""
    listed = [each for each in glossi.pipelines.records.all() if each.created_at <= listed_until]
    return {"pipelines": [_shown(glossi, pipeline) for pipeline in listed]}


@router.get(assumed.CONNECTORS)
async def list_connectors() -> Answer:
    """Check available connectors."""
    return {"connectors": connectors.listed()}


@router.get(assumed.PIPELINE)
async def get_pipeline(glossi: Account, pipeline_id: str, listed_until: ListedUntil) -> Answer:
    """Check the status, with the counts of jobs by stage."""
    return _shown(glossi, glossi.pipelines.get(pipeline_id, listed_until))


@router.patch(assumed.PIPELINE)
async def change_pipeline(glossi: Account, pipeline_id: str, body: Body) -> Answer:
    """Pause, resume or change a pipeline."""
    pipeline = glossi.pipelines.get(pipeline_id)
    return _shown(glossi, glossi.pipelines.change(pipeline, _changes(pipeline, body)))


@router.delete(assumed.PIPELINE, status_code=assumed.DELETED)
async def delete_pipeline(glossi: Account, pipeline_id: str) -> Response:
    """Delete a pipeline and all its job history."""
    await glossi.pipelines.delete(glossi.pipelines.get(pipeline_id))
    return Response(status_code=assumed.DELETED)


@router.get(assumed.PIPELINE_JOBS)
async def list_jobs(glossi: Account, pipeline_id: str, status: str | None = None) -> Answer:
    """View individual jobs."""
    pipeline = glossi.pipelines.get(pipeline_id)
    if status is not None and status.upper() not in STAGES:
        raise ApiError("INVALID_REQUEST", f"status must be one of {', '.join(STAGES)}")
    jobs = glossi.pipelines.jobs.all(pipeline.id, (status.upper(),) if status else ())
    return {"jobs": [job.shown() for job in jobs]}


def _shown(glossi: Glossi, pipeline: Pipeline) -> dict[str, Any]:
    return pipeline.shown(glossi.pipelines.jobs.counts(pipeline.id))


def _changes(pipeline: Pipeline, body: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"status": _status(body["status"])} if "status" in body else {}
    if "name" in body:
        fields["name"] = text(body, "name")
    if "templateId" in body:
        fields["template_id"] = templates.get(text(body, "templateId")).id
    if "renderSettings" in body:
        fields["settings"] = settings.check(body["renderSettings"], "renderSettings").model_dump()
    if "outputConnector" in body:
        fields["output"] = connectors.check(body, "outputConnector")
    if "sourceConnector" in body:
        fields["source"] = connectors.check(body, "sourceConnector")
        is_same = fields["source"]["config"]["folderId"] == pipeline.source_id
        fields["files"] = pipeline.files if is_same else None
    fields["options"] = read_options(
        {**pipeline.checked_options.model_dump(by_alias=True), **body}
    ).model_dump()
    return fields


def _status(value: Any) -> str:
    wanted = value.upper() if isinstance(value, str) else None
    if wanted not in (assumed.ACTIVE, assumed.PAUSED):
        raise ApiError("INVALID_REQUEST", f"status must be {assumed.ACTIVE} or {assumed.PAUSED}")
    return str(wanted)
