"""Every night: have Imagine.io make pictures and pages of what changed in the catalog, and nothing else.

Needs a connection ``imagine_default`` (type Imagine.io, secret key, origin) and two variables:
``render_catalog``, the catalog file with a ``sku`` for each model, and ``render_output``, the folder for the
results. Every call costs a credit there, looks included, so the budget stands above the number of jobs.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import ObjectStoragePath, dag, task

from airflow_provider_render.operators.catalog import RenderCatalogOperator


@dag(
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["render", "imagine"],
)
def imagine_nightly_catalog() -> None:
    render = RenderCatalogOperator(
        task_id="render",
        render_conn_id="imagine_default",
        catalog="{{ var.value.render_catalog }}",
        output="{{ var.value.render_output }}/imagine",
        settings={"content": ["silo", "360", "viewer", "ar"]},
        outputs=["image", "viewer", "ar", "thumbnail"],
        max_credits=500,
        deferrable=True,
    )

    @task
    def report(summary: dict[str, Any]) -> None:
        path = ObjectStoragePath(summary["report"])
        logging.getLogger(__name__).info("%s", path.with_suffix(".md").read_text())

    report(render.output)  # type: ignore[arg-type]


imagine_nightly_catalog()
