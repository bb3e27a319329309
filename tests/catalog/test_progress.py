from __future__ import annotations

import json

import pytest

from airflow_provider_render.catalog.progress import Progress
from airflow_provider_render.catalog.storage import place


@pytest.fixture
def clock():
    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    return Clock()


def written(root):
    return json.loads((root / "_render/progress.json").read())


def test_progress_is_a_small_file(root):
    Progress(root, "run 1").update("render", 3, 10, {"failed": 1})
    state = written(root)
    assert state.pop("updated").endswith("+00:00")
    assert state == {"stage": "render", "done": 3, "total": 10, "counts": {"failed": 1}, "run_id": "run 1"}


def test_within_a_stage_it_is_written_at_most_twice_a_second(root, clock):
    progress = Progress(root, "r", clock=clock)
    for done, now, seen in [(1, 100.0, 1), (2, 100.4, 1), (3, 100.6, 3), (4, 100.7, 3), (10, 100.8, 10)]:
        clock.now = now
        progress.update("download", done, 10)
        assert written(root)["done"] == seen


def test_a_new_stage_is_written_at_once(root, clock):
    progress = Progress(root, "r", clock=clock)
    progress.update("submit", 1, 10)
    progress.update("render", 0, 10)
    assert written(root)["stage"] == "render"


def test_a_run_does_not_fail_for_its_progress_and_one_warning_is_enough(tmp_path, caplog):
    (tmp_path / "file").write_bytes(b"x")
    progress = Progress(place(tmp_path / "file"), "r")
    progress.update("plan", 0, 1)
    progress.update("upload", 0, 1)
    assert len(caplog.records) == 1
    assert "Cannot write" in caplog.text
