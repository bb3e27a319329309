"""Every five minutes: render the models that have appeared in a folder, at any vendor.

Drop models into the source folder, and find the renders, by model name, in the output folder. Needs two
variables, ``render_folder_source`` and ``render_folder_output``, and a connection of a render vendor:
``dxgl_default``, or the one that the variable ``render_folder_connection`` names.

When too many files have failed in a row the pipeline pauses. Mend the cause, then trigger the DAG with the
parameter ``resume``.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import ObjectStoragePath, Param, dag, task

from airflow_provider_render.operators.folder import RenderFolderOperator


@dag(
    schedule="*/5 * * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    params={"resume": Param(False, type="boolean", description="end a pause of the pipeline")},
    tags=["render"],
)
def folder_pipeline() -> None:
    render = RenderFolderOperator(
        task_id="render",
        render_conn_id="{{ var.value.get('render_folder_connection', 'dxgl_default') }}",
        source="{{ var.value.render_folder_source }}",
        output="{{ var.value.render_folder_output }}",
        max_credits=50,
        resume="{{ params.resume }}",
        deferrable=True,
    )

    @task
    def report(summary: dict[str, Any]) -> None:
        path = ObjectStoragePath(summary["report"])
        logging.getLogger(__name__).info("%s", path.with_suffix(".md").read_text())

    report(render.output)  # type: ignore[arg-type]


folder_pipeline()
