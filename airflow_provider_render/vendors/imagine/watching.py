"""The states of many jobs, at one credit a product or render."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_provider_render.core.calls import Operation
from airflow_provider_render.core.job import RenderJob, RenderState, RenderStatus
from airflow_provider_render.core.looking import one_by_one
from airflow_provider_render.vendors.imagine import content, scenes
from airflow_provider_render.vendors.imagine.content import Disabled

NOT_ASKED = RenderState(RenderStatus.RUNNING, "not asked")
"""State of jobs for which no answer came, after others were answered: those were paid for and count."""


def states(jobs: Sequence[RenderJob], disabled: Disabled) -> Operation[dict[str, RenderState]]:
    """Return the states of jobs by id; unknown ones are left out.

    :raises VendorError: the vendor could not be asked for a single one.
    """
    questions = [([job.id for job in asked], _asked(asked, disabled)) for asked in _questions(jobs)]
    return (yield from one_by_one(questions, later=NOT_ASKED))


def _asked(jobs: Sequence[RenderJob], disabled: Disabled) -> Operation[dict[str, RenderState]]:
    if scenes.number_of(jobs[0].id) is None:
        return (yield from content.states(jobs, disabled))
    state = yield from scenes.state(jobs[0], disabled)
    return {job.id: state for job in jobs if state is not None}


def _questions(jobs: Sequence[RenderJob]) -> Iterator[list[RenderJob]]:
    """Put together the jobs that one question is about; ids that are none of ours are left out."""
    together: dict[str, list[RenderJob]] = {}
    for job in jobs:
        parts = content.parts_of(job.id)
        about = parts[0] if parts else job.id
        if parts or scenes.number_of(job.id):
            together.setdefault(about, []).append(job)
    yield from together.values()
