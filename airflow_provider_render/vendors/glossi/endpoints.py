"""Every endpoint of the Glossi REST API but pipelines, each written once.

A function describes a call; ``resources.py`` groups them and a driver carries them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from airflow_provider_render.core import answers
from airflow_provider_render.core.calls import ByteSource, Call, Effect
from airflow_provider_render.core.paths import AssumedPath, path
from airflow_provider_render.vendors.glossi.answers import (
    ModelState,
    ModelStates,
    NewModel,
    OneCallJob,
    Project,
    RenderJobInfo,
    Template,
    Webhook,
)
from airflow_provider_render.vendors.glossi.paths import API, ASSUMED

ANONYMOUS = "presigned"
"""Credential of calls to presigned addresses: none, the address itself is the secret."""

EVENTS = (
    "model.processed",
    "model.failed",
    "project.created",
    "job.complete",
    "job.failed",
    "render.complete",
    "render.failed",
)
"""Every event that a webhook can be told."""

Settings = Mapping[str, Any]


def create_models(files: Sequence[tuple[str, str]]) -> Call[tuple[NewModel, ...]]:
    """Make records of models whose files are then uploaded and confirmed: ``POST /api/v1/models``.

    A record that is never confirmed is never seen, so the call may be repeated.

    :param files: name for people, and file name with extension, of each model.
    """
    models = [{"name": name, "fileName": file, "fileType": file_type(file)} for name, file in files]
    return Call("POST", f"{API}/models", answers.many(NewModel, "models"), json={"models": models})


def put_file(upload_url: str, file: ByteSource, media_type: str) -> Call[None]:
    """Upload a file to a presigned address, without credentials: ``PUT <uploadUrl>``.

    :param upload_url: as a new model has it.
    :param media_type: content type; the address may accept no other.
    """
    headers = {"Content-Type": media_type}
    return Call("PUT", upload_url, answers.nothing, content=file, headers=headers, credential=ANONYMOUS)


def confirm_model(model_id: str, kind: str) -> Call[ModelState]:
    """Say that a model's file is there, which starts its processing: ``POST /api/v1/models/:id/confirm``.

    :param kind: type of the file, such as ``glb``.
    """
    where = path(API + "/models/{id}/confirm", id=model_id)
    return Call("POST", where, answers.one(ModelState), json={"fileType": kind})


def model_states(model_ids: Sequence[str]) -> Call[ModelStates]:
    """Read where models stand, all in one call: ``POST /api/v1/models/status``."""
    body = {"modelIds": list(model_ids)}
    return Call("POST", f"{API}/models/status", answers.one(ModelStates), json=body)


def list_templates(*, internal: bool | None = None, public: bool | None = None) -> Call[tuple[Template, ...]]:
    """Read the templates: ``GET /api/v1/templates``.

    :param internal: False leaves out the workspace's own.
    :param public: False leaves out the public ones.
    """
    query = {name: _word(value) for name, value in {"internal": internal, "public": public}.items()}
    return Call("GET", f"{API}/templates", answers.many(Template, "templates"), query=query)


def create_projects(
    model_ids: Sequence[str],
    template_id: str,
    *,
    name: str | None = None,
    per_model: bool = False,
) -> Call[tuple[Project, ...]]:
    """Put models into a template: ``POST /api/v1/projects``.

    :param model_ids: models that are ready.
    :param name: name for people.
    :param per_model: one project for each model, instead of one with all of them.
    """
    body: dict[str, Any] = {"name": name, "modelIds": list(model_ids), "templateId": template_id}
    body["createPerModel"] = True if per_model else None
    sent = {key: value for key, value in body.items() if value is not None}
    return Call("POST", f"{API}/projects", answers.many(Project, "projects"), Effect.ONCE, json=sent)


def create_renders(project_ids: Sequence[str], settings: Settings) -> Call[tuple[RenderJobInfo, ...]]:
    """Start render jobs of projects, which may be charged: ``POST /api/v1/renders``.

    :param settings: ``renderBookmarks`` and so on, equal for all.
    """
    body = {"projectIds": list(project_ids), "settings": dict(settings)}
    return Call("POST", f"{API}/renders", answers.many(RenderJobInfo, "jobs"), Effect.PAID, json=body)


def get_render(job_id: str) -> Call[RenderJobInfo]:
    """Read a render job, and its files once it has ended: ``GET /api/v1/renders/:id``."""
    return Call("GET", path(API + "/renders/{id}", id=job_id), answers.one(RenderJobInfo))


def retry_render(job_id: str) -> Call[RenderJobInfo]:
    """Render a failed job again, which may be charged: ``POST /api/v1/renders/:id/retry``."""
    where = path(API + "/renders/{id}/retry", id=job_id)
    return Call("POST", where, answers.one(RenderJobInfo), Effect.PAID)


def create_job(
    files: Sequence[str],
    template_id: str,
    *,
    render_settings: Settings | None = None,
    projects: bool = True,
) -> Call[OneCallJob]:
    """Make a one-call job: models, projects and renders in one: ``POST /api/v1/jobs``.

    Nothing runs before its uploads are confirmed, so the call may be repeated.

    :param files: file names with extension.
    :param render_settings: render too, with these settings.
    :param projects: make projects of the models.
    """
    models = [{"fileName": file, "fileType": file_type(file)} for file in files]
    body: dict[str, Any] = {"models": models, "templateId": template_id, "createProjects": projects}
    if render_settings is not None:
        body["renderSettings"] = dict(render_settings)
    return Call("POST", f"{API}/jobs", answers.one(OneCallJob), json=body)


def confirm_job(job_id: str) -> Call[None]:
    """Say that a one-call job's files are there, which starts it and may be charged:
    ``POST /api/v1/jobs/:id/confirm``.

    The path is assumed; the connection extra ``confirm_job_path`` corrects it.
    """
    where = AssumedPath(ASSUMED, "confirm_job_path", id=job_id)
    return Call("POST", where, answers.nothing, Effect.PAID)


def get_job(job_id: str) -> Call[OneCallJob]:
    """Read a one-call job: ``GET /api/v1/jobs/:id``.

    The path is assumed; the connection extra ``job_path`` corrects it.
    """
    return Call("GET", AssumedPath(ASSUMED, "job_path", id=job_id), answers.one(OneCallJob))


def get_webhook() -> Call[Webhook]:
    """Read the workspace's only webhook, without its secret: ``GET /api/v1/webhooks``."""
    return Call("GET", f"{API}/webhooks", answers.one(Webhook))


def set_webhook(
    url: str, events: Sequence[str] = EVENTS, *, enabled: bool = True, description: str | None = None
) -> Call[Webhook]:
    """Make or replace the workspace's only webhook: ``PUT /api/v1/webhooks``.

    The answer has the secret that deliveries are signed with, which is told only here.

    :param url: where deliveries go.
    :param events: what is delivered.
    :param enabled: whether anything is.
    :param description: a note for people.
    """
    body: dict[str, Any] = {"url": url, "events": list(events), "enabled": enabled}
    if description is not None:
        body["description"] = description
    return Call("PUT", f"{API}/webhooks", answers.one(Webhook), json=body)


def delete_webhook() -> Call[None]:
    """Remove the workspace's webhook: ``DELETE /api/v1/webhooks``.

    The path is assumed; the connection extra ``delete_webhook_path`` corrects it.
    """
    return Call("DELETE", AssumedPath(ASSUMED, "delete_webhook_path"), answers.nothing)


def file_type(name: str) -> str:
    """Return a file's type in Glossi's words: its extension without dot."""
    return PurePosixPath(name).suffix.lower().lstrip(".")


def _word(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()
