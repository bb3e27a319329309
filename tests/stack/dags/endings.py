"""Catalog tasks that come to an end other than their own, at vendors that take their time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import dag

from airflow_provider_render.operators.catalog import RenderCatalogOperator


def ending(
    dag_id: str,
    *,
    conn_id: str = "dxgl_slow",
    timeout: timedelta | None = None,
    retries: int = 4,
    **options: Any,
) -> None:
    @dag(
        dag_id=dag_id,
        schedule=None,
        start_date=datetime(2026, 1, 1),
        dagrun_timeout=timeout,
        default_args={"retries": retries, "retry_delay": timedelta(seconds=1)},
    )
    def waiting() -> None:
        RenderCatalogOperator(
            task_id="render",
            render_conn_id=conn_id,
            catalog="{{ dag_run.conf['catalog'] }}",
            output="{{ dag_run.conf['output'] }}",
            settings={"length": 4},
            poll_interval=1,
            **options,
        )

    waiting()


ending("slow", deferrable=True)
ending("slow_one_by_one", deferrable=True, concurrency=1)
ending("steady", deferrable=True, conn_id="dxgl_steady")
ending("slow_out_of_time", deferrable=True, timeout=timedelta(seconds=30))
ending("slow_on_the_worker", deferrable=False, execution_timeout=timedelta(seconds=8), retries=1)
ending("slow_and_impatient", deferrable=True, render_timeout=4)
ending("slow_past_its_execution_timeout", deferrable=True, execution_timeout=timedelta(seconds=20))
ending("refused", deferrable=True, conn_id="dxgl_refused", retries=0)
