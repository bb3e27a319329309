"""Every night: render what changed in the catalog at Glossi, and nothing else.

Needs a connection ``glossi_default`` (type Glossi, API key as password) and three variables:
``glossi_template``, the id of a template, ``render_catalog``, the catalog file, and ``render_output``, the
folder for the renders.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import ObjectStoragePath, dag, task

from airflow_provider_render.operators.catalog import RenderCatalogOperator

WANTED: dict[str, Any] = {
    "render_conn_id": "glossi_default",
    "catalog": "{{ var.value.render_catalog }}",
    "output": "{{ var.value.render_output }}/glossi",
    "settings": {
        "templateId": "{{ var.value.glossi_template }}",
        "renderBookmarks": True,
        "renderShots": True,
        "renderVariants": False,
        "imageQuality": 1,
        "videoQuality": 1,
    },
}


@dag(
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=10)},
    tags=["render", "glossi"],
)
def glossi_nightly_catalog() -> None:
    plan = RenderCatalogOperator(task_id="plan", plan_only=True, **WANTED)
    # Glossi names no prices: a render job counts as 1 credit, so this allows 500 of them.
    render = RenderCatalogOperator(task_id="render", max_credits=500, deferrable=True, **WANTED)

    @task
    def report(summary: dict[str, Any]) -> None:
        path = ObjectStoragePath(summary["report"])
        logging.getLogger(__name__).info("%s", path.with_suffix(".md").read_text())

    plan >> render
    report(render.output)  # type: ignore[arg-type]


glossi_nightly_catalog()
