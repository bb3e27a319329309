"""Every night: render what changed in the catalog at whichever vendor is wanted, and nothing else.

Variables: ``render_connection``, the id of a render connection, whose type picks the vendor;
``render_settings``, settings in that vendor's names as JSON; ``render_catalog``, the catalog file;
``render_output``, the folder for the renders, where each connection gets a folder of its own. To change the
vendor, change the first two.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import ObjectStoragePath, dag, task

from airflow_provider_render.operators.catalog import RenderCatalogOperator

CONNECTION = "{{ var.value.get('render_connection', 'dxgl_default') }}"


@dag(
    schedule="0 4 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=10)},
    tags=["render"],
)
def nightly_catalog() -> None:
    render = RenderCatalogOperator(
        task_id="render",
        render_conn_id=CONNECTION,
        catalog="{{ var.value.render_catalog }}",
        output="{{ var.value.render_output }}/" + CONNECTION,
        settings="{{ var.value.get('render_settings', '{}') }}",  # type: ignore[arg-type]
        max_credits="{{ var.value.get('render_max_credits', '500') }}",
        deferrable=True,
    )

    @task
    def report(summary: dict[str, Any]) -> None:
        path = ObjectStoragePath(summary["report"])
        logging.getLogger(__name__).info("%s", path.with_suffix(".md").read_text())

    report(render.output)  # type: ignore[arg-type]


nightly_catalog()
