"""Mapped uploads and submits; one sensor waits for all their renders, and one task downloads them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.operators.account import SETTINGS, new_model

GATHERED = """
from __future__ import annotations

from datetime import datetime

from airflow.sdk import DAG

from airflow_provider_render.operators.render import (
    DownloadRendersOperator,
    SubmitRenderOperator,
    UploadModelOperator,
)
from airflow_provider_render.sensors.render import RenderSensor

COMMON = {{"render_conn_id": "dxgl_default"}}
LOOK = {{"settings": {settings!r}, **COMMON}}
OUTPUT = {output!r}

with DAG("gathered", schedule=None, start_date=datetime(2026, 1, 1), default_args={{"retries": 1}}):
    upload = UploadModelOperator.partial(task_id="upload", **LOOK).expand(model={models!r})
    submit = SubmitRenderOperator.partial(task_id="submit", **LOOK).expand(model=upload.output)
    wait = RenderSensor(task_id="wait", job=submit.output, deferrable=True, poll_interval=0.2, **COMMON)
    DownloadRendersOperator(task_id="handed_on", job=wait.output, output=OUTPUT + "/one", **COMMON)
    quiet = RenderSensor(task_id="quiet", job=submit.output, do_xcom_push=False, **COMMON)
    quiet >> DownloadRendersOperator(
        task_id="fetched", job=submit.output, output=OUTPUT + "/two", **COMMON
    )
"""


def test_one_sensor_and_one_download_take_what_mapped_tasks_have_returned(dxgl, tmp_path, start_airflow):
    models = [new_model(tmp_path / "models", name) for name in ("chair", "lamp", "vase")]
    folder = tmp_path / "dags"
    folder.mkdir()
    text = GATHERED.format(settings=SETTINGS, models=models, output=str(tmp_path / "out"))
    (folder / "gathered.py").write_text(text)
    airflow = start_airflow(
        AIRFLOW__CORE__DAGS_FOLDER=str(folder), AIRFLOW_CONN_DXGL_DEFAULT=dxgl.connection()
    )

    run = airflow.run("gathered")

    assert run["state"] == "success", run["said"]
    told = {task: value for task, _, value in run["xcoms"]}
    assert "quiet" not in told
    assert len(told["wait"]) == 3
    for task, name in (("handed_on", "one"), ("fetched", "two")):
        assert (told[task]["renders"], told[task]["file_count"]) == (3, 6)
        lines = Path(told[task]["manifest"]).read_text().splitlines()
        assert [json.loads(line) for line in lines] == told[task]["files"]
        assert Path(told[task]["manifest"]).is_relative_to(tmp_path / "out" / name)
    assert dxgl.spent == 3
