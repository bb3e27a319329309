"""What only DXGL has."""

from __future__ import annotations

import zipfile

import pytest

from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.operators.dxgl import DxglDatasetOperator, DxglUploadOverlayOperator
from tests.operators.account import new_model
from tests.operators.task import Task
from tests.sandbox.shapes import png


def overlay(account, image, **more) -> Task:
    fields = {"task_id": "overlay", "image": str(image), "render_conn_id": account.conn_id}
    return Task(lambda: DxglUploadOverlayOperator(**fields, **more))


def test_an_overlay_is_uploaded_once_whoever_asks(idle, tmp_path):
    image = tmp_path / "studio.png"
    image.write_bytes(png("navy"))
    with idle.counted("^POST .*/overlays") as uploads:
        first = overlay(idle, image).run()
        assert overlay(idle, image).run() == first
    assert uploads == [1]
    assert idle.spent == 0


def test_an_overlay_with_other_bytes_or_of_another_layer_is_another(idle, tmp_path):
    image = tmp_path / "stage.png"
    image.write_bytes(png("red"))
    first = overlay(idle, image).run()
    front = overlay(idle, image, layer="foreground").run()
    image.write_bytes(png("green"))
    assert len({first, front, overlay(idle, image).run()}) == 3


@pytest.mark.parametrize(("name", "size"), [("studio.gif", 10), ("studio.png", 10_000_001)])
def test_a_foreign_overlay_is_refused(idle, tmp_path, name, size):
    (tmp_path / name).write_bytes(b"x" * size)
    with pytest.raises(RenderInputError, match="an overlay is a PNG, JPEG or WebP of at most 10 MB"):
        overlay(idle, tmp_path / name).run()


def test_a_dataset_is_delivered_as_one_zip(dxgl, tmp_path):
    fields = {"task_id": "dataset", "model": new_model(tmp_path), "output": str(tmp_path / "out")}
    task = Task(
        lambda: DxglDatasetOperator(**fields, render_conn_id=dxgl.conn_id, poll_interval=0.2, deferrable=True)
    )

    result = task.run()

    (file,) = result["files"]
    assert (result["key"], result["credits"], dxgl.spent) == ("chair/dataset-100x800-hemisphere", "1", 1)
    assert zipfile.is_zipfile(file["uri"])


def test_the_price_of_a_dataset_follows_its_quality(idle, tmp_path):
    fields = {"task_id": "dataset", "model": new_model(tmp_path), "output": str(tmp_path / "out")}
    task = Task(
        lambda: DxglDatasetOperator(
            **fields, render_conn_id=idle.conn_id, dataset_quality="196x1024", plan_only=True
        )
    )
    assert task.run()["credits"] == "4"
