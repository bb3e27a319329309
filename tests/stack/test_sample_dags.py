from __future__ import annotations

import json
import zipfile
from pathlib import Path

import av
import pytest

from tests.stack.conftest import MODELS, Stack, fresh_model

NIGHTLY = "dxgl_nightly_catalog"
FILES = {"video.mp4", "web.mp4", "poster.png", "thumb.mp4", "assets.zip", "render.json"}


@pytest.fixture(scope="module")
def first_night(stack: Stack) -> dict[str, str]:
    before = len(stack.bill())
    run = stack.start(NIGHTLY)
    assert stack.finish(NIGHTLY, run) == "success"
    return {"run": run, "paid": str(len(stack.bill()) - before)}


def _items(stack: Stack) -> list[Path]:
    return [stack.home / "renders/dxgl" / name.upper() for name in MODELS]


def test_the_nightly_dag_pays_once_for_each_model_and_delivers_real_files(stack: Stack, first_night) -> None:
    assert first_night["paid"] == str(len(MODELS))
    for folder in _items(stack):
        assert {path.name for path in folder.iterdir()} == FILES
        with av.open(str(folder / "video.mp4")) as video:
            assert sum(1 for _ in video.decode(video=0)) >= 10
        assert zipfile.ZipFile(folder / "assets.zip").testzip() is None


def test_the_summary_says_what_it_cost_and_where_the_report_is(stack: Stack, first_night) -> None:
    summary = stack.xcom(NIGHTLY, first_night["run"], "render")
    assert (summary["delivered"], summary["failed"]) == (len(MODELS), 0)
    assert summary["credits_spent"] == str(len(MODELS))
    report = json.loads(Path(summary["report"].removeprefix("file://")).read_text())
    assert len(report["items"]) == len(MODELS)
    assert len(json.dumps(summary)) < 2048


def test_a_second_night_renders_nothing_and_costs_nothing(stack: Stack, first_night) -> None:
    bill = stack.bill()
    run = stack.start(NIGHTLY)
    assert stack.finish(NIGHTLY, run) == "success"
    assert stack.bill() == bill
    summary = stack.xcom(NIGHTLY, run, "render")
    assert (summary["unchanged"], summary["credits_spent"]) == (len(MODELS), "0")


def test_a_changed_model_is_rendered_alone(stack: Stack, first_night) -> None:
    bill = stack.bill()
    model = stack.models / f"{MODELS[0]}.glb"
    model.write_bytes(fresh_model(model, "changed"))
    run = stack.start(NIGHTLY)
    assert stack.finish(NIGHTLY, run) == "success"
    assert len(stack.bill()) == len(bill) + 1
    summary = stack.xcom(NIGHTLY, run, "render")
    assert (summary["delivered"], summary["unchanged"]) == (1, len(MODELS) - 1)


def test_the_single_steps_pay_once_for_each_model(stack: Stack) -> None:
    bill = stack.bill()
    run = stack.start("dxgl_single_steps")
    assert stack.finish("dxgl_single_steps", run) == "success"
    assert len(stack.bill()) == len(bill) + len(MODELS)
    folders = list((stack.home / "renders/single_steps").iterdir())
    videos = [folder / "video.mp4" for folder in folders if folder.name != "_render"]
    assert len(videos) == len(MODELS)
    assert all(video.stat().st_size > 1000 for video in videos)
