"""Outputs that cannot come: refused before anything is paid."""

from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import RenderFailedError, RenderInputError
from airflow_provider_render.operators.dxgl import DxglDatasetOperator
from airflow_provider_render.operators.render import DownloadRendersOperator
from tests.operators.account import new_model, rows
from tests.operators.task import Task
from tests.operators.test_catalog import catalog, files_below, single


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (["image"], "outputs: DXGL never makes image; it makes video, web_video, poster, "),
        (["video", "model"], "outputs: DXGL never makes model"),
        ([], "outputs: names no kind"),
    ],
)
@pytest.mark.parametrize("plan_only", [False, True])
def test_outputs_that_the_vendor_never_makes_fail_the_task_unpaid(
    idle, tmp_path, outputs, message, plan_only
):
    models = [new_model(tmp_path / "models")]
    task = catalog(idle, rows(*models), tmp_path / "out", outputs=outputs, plan_only=plan_only)
    with pytest.raises(RenderInputError, match=message):
        task.run()
    with pytest.raises(RenderInputError, match=message):
        single(idle, models[0], tmp_path / "out", outputs=outputs, plan_only=plan_only).run()
    assert idle.spent == 0


def test_outputs_that_the_settings_of_all_do_not_make_fail_the_task_unpaid(idle, tmp_path):
    def operator():
        return DxglDatasetOperator(
            task_id="dataset",
            model=new_model(tmp_path),
            output=str(tmp_path / "out"),
            outputs=["video"],
            render_conn_id=idle.conn_id,
        )

    with pytest.raises(
        RenderFailedError, match="makes dataset at DXGL, and nothing of what is wanted: video"
    ):
        Task(operator).run()
    assert idle.spent == 0


def test_a_row_that_makes_nothing_of_what_is_wanted_fails_alone_unpaid(dxgl, rendered, tmp_path):
    table = rows(rendered[0], new_model(tmp_path, "odd"))
    table[1]["settings"] = {"effect": "dataset", "aspect": None, "length": None}

    summary = catalog(dxgl, table, tmp_path / "out", outputs=["video"]).run()

    assert (summary["delivered"], summary["failed"], summary["failed_keys"]) == (1, 1, ["odd"])
    assert set(files_below(tmp_path / "out")) == {"bench/video.mp4", "bench/render.json"}
    assert "makes dataset at DXGL" in (tmp_path / "out/_render/reports/latest.md").read_text()
    assert dxgl.spent == 0


def test_a_download_of_kinds_that_the_vendor_never_makes_is_refused(idle, tmp_path):
    job = {"vendor": "dxgl", "id": "r1", "model_id": "m1"}

    def operator():
        return DownloadRendersOperator(
            task_id="get",
            render_conn_id=idle.conn_id,
            job=job,
            output=str(tmp_path / "out"),
            outputs=["poster", "ar"],
        )

    with pytest.raises(RenderInputError, match="outputs: DXGL never makes ar"):
        Task(operator).run()
