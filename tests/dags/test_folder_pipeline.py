from __future__ import annotations

import os
from pathlib import Path

from tests.operators.account import new_model


def test_the_folder_pipeline_delivers_a_new_file_and_then_skips(dxgl, tmp_path, start_airflow):
    model = new_model(tmp_path / "in")
    os.utime(model, (1, 1))
    airflow = start_airflow(
        AIRFLOW_CONN_DXGL_DEFAULT=dxgl.connection(),
        AIRFLOW_VAR_RENDER_FOLDER_SOURCE=str(tmp_path / "in"),
        AIRFLOW_VAR_RENDER_FOLDER_OUTPUT=str(tmp_path / "out"),
    )

    first, second = (airflow.run("folder_pipeline") for _ in range(2))

    assert first["state"] == "success", first["said"]
    summary = next(value for task, _, value in first["xcoms"] if task == "render")
    assert (summary["delivered"], summary["queued"], dxgl.spent) == (1, 0, 1)
    assert (tmp_path / "out/chair/poster.png").stat().st_size > 0
    assert "| chair.glb |" in Path(summary["history"]).read_text()
    assert set(second["tasks"].values()) == {"skipped"}, second["said"]
    assert dxgl.spent == 1
