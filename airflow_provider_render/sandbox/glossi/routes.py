"""Models, templates, projects, renders and jobs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from airflow_provider_render.sandbox.glossi import assumed, settings, templates
from airflow_provider_render.sandbox.glossi.access import Account, Answer, Body, ListedUntil
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.glossi.fields import flag, optional_text, text, texts
from airflow_provider_render.sandbox.glossi.models import file_type

router = APIRouter()


@router.post("/models", status_code=assumed.CREATED)
async def create_models(glossi: Account, body: Body) -> Answer:
    """Create the Model Record."""
    wanted = [
        (text(each, "fileName"), file_type(each.get("fileType")), optional_text(each, "name"))
        for each in _objects(body, "models")
    ]
    models = [glossi.parts.models.create(*each) for each in wanted]
    return {
        "models": [
            {
                "modelId": model.id,
                "name": model.name,
                "uploadUrl": glossi.parts.storage.upload_url(model.key),
                "uploadKey": model.key,
            }
            for model in models
        ]
    }


@router.post("/models/status")
async def model_status(glossi: Account, body: Body, listed_until: ListedUntil) -> Answer:
    """Wait for Model Processing."""
    wanted = texts(body, "modelIds")
    records = [glossi.parts.models.records.find(model_id) for model_id in wanted]
    found = {each.id: each for each in records if each and each.created_at <= listed_until}
    return {
        "models": [model.state() for model in found.values()],
        "allReady": len(found) == len(wanted) and all(model.is_ready for model in found.values()),
        "notFound": [model_id for model_id in wanted if model_id not in found],
    }


@router.post("/models/{model_id}/confirm")
async def confirm_model(glossi: Account, model_id: str, body: Body) -> Answer:
    """Confirm the Upload."""
    models = glossi.parts.models
    model = models.get(model_id)
    if "fileType" in body and file_type(body["fileType"]) != model.file_type:
        raise ApiError("INVALID_REQUEST", f"fileType: the model was created as {model.file_type}")
    if model.owner:
        raise ApiError(
            "INVALID_REQUEST", f"The model belongs to job {model.owner}, which is confirmed as a whole"
        )
    if not models.is_uploaded(model):
        raise ApiError("UPLOAD_MISSING")
    if not model.confirmed or model.status == assumed.FAILED:
        model = models.records.change(model.id, status=assumed.PENDING, confirmed=True, error=None)
        glossi.parts.processing.start(model)
    return {"modelId": model.id, "name": model.name, "status": model.status, "filePath": model.key}


@router.get("/templates")
async def list_templates(public: str = "true", internal: str = "true") -> Answer:
    """Find Available Templates."""
    listed = templates.listed(public=_wanted(public), internal=_wanted(internal))
    return {"templates": [template.shown() for template in listed]}


@router.post("/projects", status_code=assumed.CREATED)
async def create_projects(glossi: Account, body: Body) -> Answer:
    """Create a Project."""
    models = glossi.parts.models.ready(texts(body, "modelIds"))
    template = templates.get(text(body, "templateId"))
    name = optional_text(body, "name")
    per_model = flag(body, "createPerModel", default=False)
    groups = [[model] for model in models] if per_model else [models]
    projects = []
    for group in groups:
        own = group[0].name if len(group) == 1 else template.name
        called = f"{name} - {own}" if name and per_model and len(models) > 1 else name or own
        projects.append(glossi.parts.projects.create(called, [each.id for each in group], template))
    return {"projects": [project.shown() for project in projects]}


@router.post("/renders", status_code=assumed.CREATED)
async def start_renders(glossi: Account, body: Body) -> Answer:
    """Start a Render."""
    wanted = settings.check(body.get("settings"))
    projects = [glossi.parts.projects.get(project_id) for project_id in texts(body, "projectIds")]
    subjects = [(project.id, project.model_ids) for project in projects]
    jobs = glossi.parts.render_jobs.order(f"POST {assumed.PREFIX}/renders", subjects, wanted)
    for job in jobs:
        glossi.parts.studio.start(job)
    return {"jobs": [job.queued() for job in jobs], "totalProjects": len(jobs)}


@router.get("/renders/{job_id}")
async def get_render(glossi: Account, job_id: str, listed_until: ListedUntil) -> Answer:
    """Check Render Status."""
    return glossi.parts.render_jobs.get(job_id, listed_until).shown(glossi.parts.storage)


@router.post("/renders/{job_id}/retry")
async def retry_render(glossi: Account, job_id: str) -> Answer:
    """Retry a Failed Render."""
    render_jobs = glossi.parts.render_jobs
    job = render_jobs.retry(f"POST {assumed.PREFIX}/renders/:jobId/retry", render_jobs.get(job_id))
    glossi.parts.studio.start(job)
    return {**job.queued(), "batchId": job.batch_id}


@router.post("/jobs", status_code=assumed.CREATED)
async def create_job(glossi: Account, body: Body) -> Answer:
    """Create a job and its models."""
    files = [(text(each, "fileName"), file_type(each.get("fileType"))) for each in _objects(body, "models")]
    template = templates.get(text(body, "templateId"))
    sent = body.get("renderSettings")
    wanted = None if sent is None else settings.check(sent, "renderSettings")
    with_projects = flag(body, "createProjects", default=False)
    job, models = glossi.jobs.create(files, template.id, create_projects=with_projects, settings=wanted)
    links = [
        {
            "id": model.id,
            "fileName": model.file_name,
            "uploadUrl": glossi.parts.storage.upload_url(model.key),
            "uploadKey": model.key,
        }
        for model in models
    ]
    return {"jobId": job.id, "status": job.status, "models": links}


@router.post(assumed.JOB_CONFIRM)
async def confirm_job(glossi: Account, job_id: str) -> Answer:
    """Tell that all files of a job are uploaded."""
    job = glossi.jobs.confirm(f"POST {assumed.PREFIX}/jobs/:jobId/confirm", glossi.jobs.get(job_id))
    return glossi.jobs.shown(job)


@router.get(assumed.JOB)
async def get_job(glossi: Account, job_id: str, listed_until: ListedUntil) -> Answer:
    """Poll a job."""
    return glossi.jobs.shown(glossi.jobs.get(job_id, listed_until))


def _objects(body: dict[str, Any], field: str) -> list[dict[str, Any]]:
    values = body.get(field)
    if not isinstance(values, list) or not values or not all(isinstance(each, dict) for each in values):
        raise ApiError("INVALID_REQUEST", f"{field} must be a non-empty array of objects")
    return values


def _wanted(value: str) -> bool:
    return value.strip().lower() not in ("false", "0", "no")
