"""Which renders a run waits for, since when, whose they are, and how they stand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from airflow_provider_render.catalog.threads import threads
from airflow_provider_render.core.errors import VendorError
from airflow_provider_render.core.job import RenderJob, RenderState
from airflow_provider_render.core.journal import Phase, Record
from airflow_provider_render.core.looking import Look, told, unread
from airflow_provider_render.core.vendor import RenderVendor, VendorClient

log = logging.getLogger(__name__)

States: TypeAlias = dict[str, RenderState]

SHARES = 8
"""Most looks at the same time; the connection's ``max_concurrency`` limits them further."""


def shares(vendor: RenderVendor, jobs: Iterable[RenderJob]) -> list[list[RenderJob]]:
    """Divide renders for looks at the same time, without tearing apart what one call tells."""
    alike: dict[str, list[RenderJob]] = {}
    for job in jobs:
        alike.setdefault(vendor.look_key(job), []).append(job)
    groups = list(alike.values())
    return [[job for group in groups[at::SHARES] for job in group] for at in range(min(SHARES, len(groups)))]


def look(client: VendorClient, jobs: Iterable[RenderJob]) -> dict[str, RenderState]:
    """Return the states of renders by id; those that the vendor does not know are left out.

    :raises VendorError: the vendor could not be asked for some of them.
    """
    return _asked(lambda part: client.run(client.vendor.states(part)), shares(client.vendor, jobs))


def look_on(client: VendorClient, jobs: Iterable[RenderJob]) -> dict[str, RenderState]:
    """Return the states of renders as :func:`look` does; one that cannot be read does not hide the others.

    It is logged, and :class:`~airflow_provider_render.core.looking.Unread`, which counts as under way: what
    cannot be read must not be paid for again.

    :raises VendorError: the vendor could not be asked, or told nothing of several renders.
    """
    jobs = list(jobs)
    states = _asked(lambda part: _borne(client, part), shares(client.vendor, jobs))
    for job, error in unread(states).items():
        log.warning("render %s cannot be read, and counts as under way: %s", job, error)
    return told(states, [job.id for job in jobs]) if len(jobs) > 1 else states


def _asked(ask: Callable[[list[RenderJob]], States], parts: list[list[RenderJob]]) -> States:
    if len(parts) < 2:
        return ask(parts[0]) if parts else {}
    with threads(len(parts), "look") as pool:
        answers = list(pool.map(ask, parts))
    return {job: state for states in answers for job, state in states.items()}


def _borne(client: VendorClient, jobs: list[RenderJob]) -> States:
    look = Look(jobs)
    try:
        return client.run(look.work(client.vendor.states(jobs)))
    except VendorError as error:
        return look.failed(error)


def jobs_of(records: Mapping[str, Record]) -> list[RenderJob]:
    """Return the renders of records, each once."""
    return list({record.job.id: record.job for record in records.values() if record.job}.values())


def adopted(records: Mapping[str, Record]) -> frozenset[str]:
    """Return the ids of renders that none of the records paid for."""
    paid = {record.job.id for record in records.values() if record.job and record.spent}
    return frozenset(job.id for job in jobs_of(records) if job.id not in paid)


def submitted_at(records: Mapping[str, Record]) -> float:
    """Return when the youngest of the renders was submitted, seconds since the epoch."""
    times = [datetime.fromisoformat(record.updated).timestamp() for record in records.values()]
    return max(times, default=0.0)


def awaited(records: Mapping[str, Record]) -> dict[str, Record]:
    """Return the records that a run waits for now: models being prepared, or else renders."""
    models = {key: record for key, record in records.items() if record.phase is Phase.PREPARING}
    return models or dict(records)


def living(records: Iterable[Record]) -> dict[str, RenderJob]:
    """Return renders by what they show, of records that know of no failure."""
    good = (Phase.SUBMITTED, Phase.SUCCEEDED, Phase.DELIVERED)
    return {one.fingerprint: one.job for one in records if one.job and one.phase in good}


def model_ids(records: Iterable[Record]) -> dict[str, str]:
    """Return the vendor's ids of models by hash, as far as they were noted; the latest one of each."""
    known = [(one.updated, str(one.source["sha256"]), one.model_id) for one in records if _names_model(one)]
    return {sha256: str(model_id) for _, sha256, model_id in sorted(known, key=lambda one: one[0])}


def _names_model(record: Record) -> bool:
    return bool(record.model_id and record.source.get("sha256"))
