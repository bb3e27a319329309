"""Every night: render what changed in the catalog at DXGL, and nothing else.

Needs a connection ``dxgl_default`` (type DXGL, host and token) and two variables: ``render_catalog``, the
catalog file, and ``render_output``, the folder for the renders; DXGL's go into ``dxgl`` below it. The host
must be filled in here, as ``https://api.dx.gl``: Airflow's own HTTP sensor does not know the vendor's.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.providers.http.sensors.http import HttpSensor
from airflow.sdk import ObjectStoragePath, dag, task

from airflow_provider_render.operators.catalog import RenderCatalogOperator

CONNECTION = "dxgl_default"
# The connection's host may end in /v1 or not; without a host the sensor says that none was supplied.
HEALTH = (
    "{% set host = (conn.dxgl_default.host or '').rstrip('/') %}"
    "{{ '' if host.endswith('/v1') else 'v1/' if host else '/v1/' }}health"
)
WANTED = {
    "render_conn_id": CONNECTION,
    "catalog": "{{ var.value.render_catalog }}",
    "output": "{{ var.value.render_output }}/dxgl",
    "settings": {"aspect": "16:9", "length": 3},
    "outputs": ["video", "web_video", "poster", "thumbnail", "archive"],
}


@dag(
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=10)},
    tags=["render", "dxgl"],
)
def dxgl_nightly_catalog() -> None:
    healthy = HttpSensor(
        task_id="healthy",
        http_conn_id=CONNECTION,
        endpoint=HEALTH,  # answers without a token
        poke_interval=30,
        timeout=600,
    )
    plan = RenderCatalogOperator(task_id="plan", plan_only=True, **WANTED)
    render = RenderCatalogOperator(task_id="render", max_credits=500, deferrable=True, **WANTED)

    @task
    def report(summary: dict[str, Any]) -> None:
        path = ObjectStoragePath(summary["report"])
        logging.getLogger(__name__).info("%s", path.with_suffix(".md").read_text())

    healthy >> plan >> render
    report(render.output)  # type: ignore[arg-type]


dxgl_nightly_catalog()
