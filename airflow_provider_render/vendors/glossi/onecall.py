"""The one-call workflow: nothing runs before its uploads are confirmed, and it can be asked if it does."""

from __future__ import annotations

from airflow_provider_render.core.calls import Milestone, Operation, send
from airflow_provider_render.core.errors import NotFoundError
from airflow_provider_render.core.job import RenderJob, RenderRequest, Settings
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.core.vendor import Answerable, Existing, Upload
from airflow_provider_render.vendors.glossi import endpoints, watching
from airflow_provider_render.vendors.glossi.settings import TEMPLATE, order
from airflow_provider_render.vendors.glossi.uploading import only, put
from airflow_provider_render.vendors.glossi.words import AWAITING_UPLOADS, VENDOR, plain_word

KIND = {"kind": "job"}
"""Marks the id of a render as that of a one-call job."""


def upload(model: ModelFile, settings: Settings, media_type: str) -> Operation[Upload]:
    """Upload a model and render it; only the last call, which confirms the upload, may be charged."""
    template, rendering = str(settings[TEMPLATE]), order(settings)
    made = yield from send(endpoints.create_job([model.name], template, render_settings=rendering))
    model_id, where = only(made.models, model.name)
    yield from put(where, model.source, media_type)
    job = RenderJob(VENDOR, made.job_id, model_id, dict(settings), KIND)
    yield Milestone((job,))
    yield from send(endpoints.confirm_job(made.job_id))
    return Upload(model_id, job, watching.preparing(model_id))


def find(request: RenderRequest, announced: RenderJob) -> Operation[Existing]:
    """Ask whether a one-call job was confirmed.

    A job that is not found says nothing: the path of the call is assumed.
    """
    try:
        found = yield from send(endpoints.get_job(announced.id))
    except NotFoundError:
        return Existing(Answerable.UNKNOWN)
    if plain_word(found.status) == AWAITING_UPLOADS:
        return Existing(Answerable.ABSENT)
    job = RenderJob(VENDOR, announced.id, announced.model_id, dict(request.settings), KIND)
    return Existing(Answerable.FOUND, job)
