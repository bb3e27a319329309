"""The states of models, renders and one-call jobs, with as few calls as Glossi allows."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_provider_render.core.calls import Operation, send
from airflow_provider_render.core.errors import NotFoundError, RejectedError
from airflow_provider_render.core.job import RenderJob, RenderState, RenderStatus
from airflow_provider_render.core.looking import one_by_one
from airflow_provider_render.vendors.glossi import endpoints
from airflow_provider_render.vendors.glossi.answers import ModelState
from airflow_provider_render.vendors.glossi.words import VENDOR, Words

MODEL = "model"
"""Kind of a job that stands for the processing of a model."""


def preparing(model_id: str) -> RenderJob:
    """Return what stands for the processing of an uploaded model."""
    return RenderJob(VENDOR, f"model/{model_id}", model_id, refs={"kind": MODEL})


def is_model(job: RenderJob) -> bool:
    """Whether a job stands for the processing of a model."""
    return job.refs.get("kind") == MODEL


def states(jobs: Sequence[RenderJob], words: Words) -> Operation[dict[str, RenderState]]:
    """Return states by id: one call for all models, one for each render. Unknown ones are left out."""
    models = [job for job in jobs if is_model(job)]
    questions = [([job.id for job in models], _models(models, words))] if models else []
    questions += [([job.id], _single(job, words)) for job in jobs if not is_model(job)]
    return (yield from one_by_one(questions))


def model_state(model: ModelState, words: Words) -> RenderState:
    """Say where a model stands; its ``ready`` is believed before its word."""
    status = RenderStatus.SUCCEEDED if model.ready else words.status(model.status)
    if status is RenderStatus.SUCCEEDED and model.ready is False:
        status = RenderStatus.RUNNING
    return RenderState(status, model.status or ("READY" if model.ready else "unknown"), None, model.error)


def _models(jobs: Sequence[RenderJob], words: Words) -> Operation[dict[str, RenderState]]:
    ids = {job.model_id: job.id for job in jobs}
    try:
        answer = yield from send(endpoints.model_states(list(ids)))
    except NotFoundError:
        return {}
    return {ids[one.model_id]: model_state(one, words) for one in answer.models if one.model_id in ids}


def _single(job: RenderJob, words: Words) -> Operation[dict[str, RenderState]]:
    one_call = job.refs.get("kind") == "job"
    try:
        found = (yield from _job(job.id)) if one_call else (yield from _render(job.id))
    except NotFoundError as unknown:
        if one_call:
            raise RejectedError(
                f"Glossi does not know job {job.id}, or its path is another one: correct the connection's"
                " extra job_path. Nothing is rendered again before Glossi tells how it stands.",
                status=unknown.status,
            ) from unknown
        return {}
    word, error = found
    return {job.id: RenderState(words.status(word), word or "unknown", None, error)}


def _job(job_id: str) -> Operation[tuple[str | None, str | None]]:
    job = yield from send(endpoints.get_job(job_id))
    return job.status, job.error


def _render(job_id: str) -> Operation[tuple[str | None, str | None]]:
    render = yield from send(endpoints.get_render(job_id))
    return render.status, render.error
