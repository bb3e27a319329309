"""Every night: render what changed in the catalog at Threekit, and nothing else.

Needs a connection ``threekit_default`` (type Threekit, with token and organisation) and two variables:
``render_catalog``, the catalog file, and ``render_output``, the folder for the pictures. A row's own settings
go into columns such as ``settings.stageId`` and ``settings.configuration``.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import ObjectStoragePath, dag, task

from airflow_provider_render.operators.catalog import RenderCatalogOperator

WANTED = {
    "render_conn_id": "threekit_default",
    "catalog": "{{ var.value.render_catalog }}",
    "output": "{{ var.value.render_output }}/threekit",
    "settings": {"width": 1600, "height": 1200, "format": "webp"},
}


@dag(
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=10)},
    tags=["render", "threekit"],
)
def threekit_nightly_catalog() -> None:
    plan = RenderCatalogOperator(task_id="plan", plan_only=True, **WANTED)
    render = RenderCatalogOperator(task_id="render", max_credits=500, deferrable=True, **WANTED)

    @task
    def report(summary: dict[str, Any]) -> None:
        path = ObjectStoragePath(summary["report"])
        logging.getLogger(__name__).info("%s", path.with_suffix(".md").read_text())

    plan >> render
    report(render.output)  # type: ignore[arg-type]


threekit_nightly_catalog()
