"""A catalog with this package: a few tasks, whatever the number of products."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from airflow.sdk import dag

from airflow_provider_render.operators.catalog import RenderCatalogOperator

GROUPS = int(os.environ.get("BENCHMARK_GROUPS", "4"))


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1),
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=5)},
)
def render_catalog() -> None:
    RenderCatalogOperator.partial(
        task_id="render",
        render_conn_id="dxgl_default",
        catalog="{{ dag_run.conf['catalog'] }}",
        output="{{ dag_run.conf['output'] }}",
        settings="{{ dag_run.conf['settings'] | tojson }}",
        outputs=["video"],
        deferrable=True,
        poll_interval=5,
        shard_groups=GROUPS,
    ).expand(shard_group=list(range(GROUPS)))


render_catalog()
