"""The single steps at DXGL, one chain for each model: upload, submit, wait, download.

For chains that need something in between. To keep a whole catalog rendered, see
``dxgl_nightly_catalog``: it needs one task, not four for each model.

Needs a connection ``dxgl_default`` and two variables: ``render_catalog``, whose folder holds the models
below ``models/``, and ``render_output``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import ObjectStoragePath, Variable, dag, task

from airflow_provider_render.operators.render import (
    DownloadRendersOperator,
    SubmitRenderOperator,
    UploadModelOperator,
)
from airflow_provider_render.sensors.render import RenderSensor

CONNECTION = "dxgl_default"
SETTINGS = {"effect": "showcase", "aspect": "1:1", "length": 3, "bgColor": "#f2f0ec"}
HOW_MANY = 3


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1),
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=10)},
    tags=["render", "dxgl"],
)
def dxgl_single_steps() -> None:
    @task
    def models() -> list[str]:
        folder = ObjectStoragePath(Variable.get("render_catalog")).parent / "models"
        return [str(path) for path in sorted(folder.iterdir()) if path.suffix == ".glb"][:HOW_MANY]

    upload = UploadModelOperator.partial(
        task_id="upload", render_conn_id=CONNECTION, settings=SETTINGS
    ).expand(model=models())
    submit = SubmitRenderOperator.partial(
        task_id="submit", render_conn_id=CONNECTION, settings=SETTINGS
    ).expand(model=upload.output)
    wait = RenderSensor.partial(task_id="wait", render_conn_id=CONNECTION, deferrable=True).expand(
        job=submit.output
    )
    DownloadRendersOperator.partial(
        task_id="download",
        render_conn_id=CONNECTION,
        output="{{ var.value.render_output }}/single_steps",
    ).expand(job=wait.output)


dxgl_single_steps()
