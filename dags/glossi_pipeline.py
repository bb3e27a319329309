"""A Glossi pipeline from one Google Drive folder to another: make it if need be, resume it, wait for it.

Drop models into the source folder, and find the renders in the output folder; no file passes through
Airflow. Needs a connection ``glossi_default``, a connection ``google_cloud_default`` with the key of a
service account, and three variables: ``glossi_template``, the id of a template, ``glossi_source_folder`` and
``glossi_output_folder``, the ids of the folders.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import dag

from airflow_provider_render.operators.glossi_pipelines import (
    GlossiCreatePipelineOperator,
    GlossiResumePipelineOperator,
)
from airflow_provider_render.sensors.glossi import GlossiPipelineSensor


@dag(
    schedule="@daily",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    tags=["render", "glossi"],
)
def glossi_pipeline() -> None:
    pipeline = GlossiCreatePipelineOperator(
        task_id="pipeline",
        pipeline_name="airflow glossi_pipeline",
        settings={"templateId": "{{ var.value.glossi_template }}", "renderShots": False},
        source_folder="{{ var.value.glossi_source_folder }}",
        output_folder="{{ var.value.glossi_output_folder }}",
        options={"reprocessOnModified": True},
    )
    resume = GlossiResumePipelineOperator(task_id="resume", pipeline_id=pipeline.output)  # type: ignore[arg-type]
    GlossiPipelineSensor(
        task_id="wait",
        pipeline_id=resume.output,  # type: ignore[arg-type]
        since="{{ dag_run.start_date.isoformat() }}",
        deferrable=True,
    )


glossi_pipeline()
