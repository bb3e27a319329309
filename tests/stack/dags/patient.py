"""A catalog task that is there to be waited for, marked, cleared and looked at, in the triggerer or not."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import dag

from airflow_provider_render.operators.catalog import RenderCatalogOperator


def patient(dag_id: str, *, deferrable: bool) -> None:
    @dag(
        dag_id=dag_id,
        schedule=None,
        start_date=datetime(2026, 1, 1),
        default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
    )
    def waiting() -> None:
        RenderCatalogOperator(
            task_id="render",
            render_conn_id="dxgl_default",
            catalog="{{ dag_run.conf['catalog'] }}",
            output="{{ dag_run.conf['output'] }}",
            settings={"length": 4},
            deferrable=deferrable,
            poll_interval=1,
        )

    waiting()


patient("patient", deferrable=True)
patient("patient_on_the_worker", deferrable=False)
