"""Which renders a run waits for, since when, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.core.journal import Record


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


def model_ids(records: Iterable[Record]) -> dict[str, str]:
    """Return the vendor's ids of models by hash, as far as they were noted; the latest one of each."""
    known = [(one.updated, str(one.source["sha256"]), one.model_id) for one in records if _names_model(one)]
    return {sha256: str(model_id) for _, sha256, model_id in sorted(known, key=lambda one: one[0])}


def _names_model(record: Record) -> bool:
    return bool(record.model_id and record.source.get("sha256"))
