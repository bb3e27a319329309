"""Submitting renders: projects of all models by one call, their render jobs by another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_render.core.calls import Milestone, Operation, send
from airflow_provider_render.core.errors import (
    OutcomeUnknownError,
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.job import RenderJob, RenderRequest
from airflow_provider_render.vendors.glossi import endpoints, watching
from airflow_provider_render.vendors.glossi.answers import Project, RenderJobInfo
from airflow_provider_render.vendors.glossi.settings import TEMPLATE, order
from airflow_provider_render.vendors.glossi.words import VENDOR, Words

MAX_BATCH = 50
"""Renders that are submitted together; the vendor names no limit."""


def submit(
    requests: Sequence[RenderRequest], model_ids: Sequence[str], words: Words
) -> Operation[list[RenderJob]]:
    """Make a project of each model, announce them, and start their render jobs.

    :param requests: all with equal settings.
    :param model_ids: the vendor's ids of their models.
    :param words: what Glossi's words mean.
    :returns: one job for each request, in order.
    :raises UnexpectedAnswerError: the projects do not match the models; nothing was rendered.
    :raises OutcomeUnknownError: the jobs do not match the projects; they may be charged.
    """
    settings = requests[0].settings
    projects = yield from _projects(requests, model_ids, words)
    yield Milestone(
        tuple(
            _job(f"project/{project}", model, settings, project)
            for project, model in zip(projects, model_ids, strict=True)
        )
    )
    started = yield from send(endpoints.create_renders(projects, order(settings)))
    jobs = _by_project(projects, started)
    return [
        _job(job, model, settings, project)
        for job, model, project in zip(jobs, model_ids, projects, strict=True)
    ]


def _projects(
    requests: Sequence[RenderRequest], model_ids: Sequence[str], words: Words
) -> Operation[list[str]]:
    """Return the id of a new project for each model, in order."""
    template = str(requests[0].settings[TEMPLATE])
    if len(model_ids) == 1:
        name = requests[0].label or requests[0].key
        call = endpoints.create_projects(model_ids, template, name=name)
    else:
        call = endpoints.create_projects(model_ids, template, per_model=True)
    try:
        made = yield from send(call)
    except RejectedError as error:
        raise (yield from _not_ready(model_ids, words)) or error from None
    if len(made) == len(model_ids) == 1 and not made[0].model_ids:
        return [made[0].project_id]
    return _matched(made, model_ids)


def _not_ready(model_ids: Sequence[str], words: Words) -> Operation[UnavailableError | None]:
    """Say which model Glossi still works on, should that be why it refuses a project."""
    states = yield from watching.states([watching.preparing(model_id) for model_id in model_ids], words)
    busy = [f"{name} is {state.word}" for name, state in states.items() if not state.status.terminal]
    if not busy:
        return None
    return UnavailableError(
        f"Glossi makes no project before its models are ready, and {', '.join(busy)}. Nothing was rendered or"
        " charged; a retry asks again.",
        happened=False,
    )


def _matched(made: Sequence[Project], model_ids: Sequence[str]) -> list[str]:
    left = list(made)
    matched = []
    for model_id in model_ids:
        project = next((project for project in left if project.model_ids == (model_id,)), None)
        if project is None:
            raise UnexpectedAnswerError(
                f"Glossi was asked for a project of each of {len(model_ids)} models and did not make one of"
                f" model {model_id}. Nothing was rendered or charged; a retry makes new projects."
            )
        left.remove(project)
        matched.append(project.project_id)
    return matched


def _by_project(projects: Sequence[str], started: Sequence[RenderJobInfo]) -> list[str]:
    """Return the id of each project's render job; without any project ids their order is trusted."""
    by_project = {job.project_id: job.job_id for job in started}
    if len({job.job_id for job in started}) == len(projects):
        if by_project.keys() == {None}:
            return [job.job_id for job in started]
        if by_project.keys() == set(projects):
            return [by_project[project] for project in projects]
    made = ", ".join(f"{job.job_id} of {job.project_id}" for job in started) or "none"
    raise OutcomeUnknownError(
        f"Glossi was asked for the renders of {len(projects)} projects ({', '.join(projects)}) and answered"
        f" with others: {made}. They may be charged. Glossi cannot be asked which there are: look there"
        " before they are submitted again.",
        happened=None,
    )


def _job(job_id: str, model_id: str, settings: Mapping[str, Any], project: str) -> RenderJob:
    return RenderJob(VENDOR, job_id, model_id, dict(settings), {"project": project})
