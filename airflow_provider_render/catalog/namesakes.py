"""Models that are called the same after their file names, and so take each other's place."""

from __future__ import annotations

import logging

from airflow_provider_render.catalog.files import source_record
from airflow_provider_render.catalog.plan import Plan, PlannedItem
from airflow_provider_render.core.journal import Action

log = logging.getLogger(__name__)


def warn_of_namesakes(plan: Plan) -> None:
    """Log which items were made from another model, of another path, than they are to be made from now."""
    for item in plan.of(Action.RENDER):
        before, now = _sources(item)
        if before and now and before[0] != now[0] and before[1] != now[1]:
            log.warning(
                "%s was made from %s before, and is to be made from %s now, which is another model: both are"
                " called after their file names, so they take each other's place and are rendered again and"
                " again. Give each a sku of its own.",
                item.key,
                before[0],
                now[0],
            )


def _sources(item: PlannedItem) -> list[tuple[str, str] | None]:
    """Return path and hash of the model that the item was made from, and of that which it has now."""
    records = (item.record.source if item.record else {}, source_record(item.model) if item.model else {})
    known = [(record.get("path"), record.get("sha256")) for record in records]
    return [(str(path), str(sha256)) if path and sha256 else None for path, sha256 in known]
