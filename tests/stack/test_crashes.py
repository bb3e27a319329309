from __future__ import annotations

from pathlib import Path

import pytest

from tests.stack.conftest import Stack, until

POINTS = (
    "before_the_upload",
    "after_the_upload",
    "after_the_record",
    "in_the_download",
    "after_the_delivery",
)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_costs_each_render_once(
    stack: Stack, tmp_path: Path, point: str
) -> None:
    catalog = stack.catalog(tmp_path / "shop", "ONE", "TWO")
    bill, output = len(stack.bill()), tmp_path / "renders"
    run = stack.start("crashing", catalog=str(catalog), output=f"file://{output}", crash_at=point)
    assert stack.finish("crashing", run) == "success"
    assert (output / f"died-{point}").exists()
    assert stack.task("crashing", run)["try_number"] >= 2
    assert len(stack.bill()) == bill + 2
    for sku in ("ONE", "TWO"):
        assert (output / sku / "video.mp4").stat().st_size > 1000


def test_a_task_marked_failed_on_the_worker_cancels_what_is_not_done(stack: Stack, tmp_path: Path) -> None:
    dag_id, bill = "patient_on_the_worker", len(stack.bill())
    run = _waiting_on_the_worker(stack, tmp_path, *(f"N{number}" for number in range(16)))
    paid = [render for call in stack.bill()[bill:] for render in call["render_ids"]]
    path = f"/api/v2/dags/{dag_id}/dagRuns/{run}/taskInstances/render"
    stack.api.client.patch(path, json={"new_state": "failed"}).raise_for_status()
    until(lambda: _status(stack, paid[-1]) is None, "the last render to be cancelled")
    assert stack.finish(dag_id, run) == "failed"
    assert len(stack.bill()) == bill + 16


def test_a_task_cleared_on_the_worker_takes_its_renders_over(stack: Stack, tmp_path: Path) -> None:
    dag_id, bill = "patient_on_the_worker", len(stack.bill())
    run = _waiting_on_the_worker(stack, tmp_path, *(f"N{number}" for number in range(6)))
    _clear(stack, run, dag_id)
    assert stack.finish(dag_id, run) == "success"
    assert len(stack.bill()) == bill + 6


def test_the_link_to_the_vendor_is_there_while_the_task_is_deferred(stack: Stack, tmp_path: Path) -> None:
    run = _deferred(stack, tmp_path, "ONE")
    path = f"/api/v2/dags/patient/dagRuns/{run}/taskInstances/render/links"
    links = stack.api.client.get(path).raise_for_status().json()["extra_links"]
    assert links == {"Vendor portal": "https://dx.gl/portal"}
    assert stack.finish("patient", run) == "success"


def _deferred(stack: Stack, folder: Path, *skus: str) -> str:
    catalog = stack.catalog(folder / "shop", *skus)
    run = stack.start("patient", catalog=str(catalog), output=f"file://{folder}/renders")
    stack.wait_for_task("patient", run, "deferred")
    return run


def _waiting_on_the_worker(stack: Stack, folder: Path, *skus: str) -> str:
    catalog = stack.catalog(folder / "shop", *skus)
    output = folder / "renders"
    run = stack.start("patient_on_the_worker", catalog=str(catalog), output=f"file://{output}")
    progress = output / "_render/progress.json"
    until(lambda: progress.exists() and '"render"' in progress.read_text(), "the worker to wait")
    return run


def _clear(stack: Stack, run: str, dag_id: str) -> None:
    body = {"dry_run": False, "dag_run_id": run, "task_ids": ["render"], "only_failed": False}
    answer = stack.api.client.post(f"/api/v2/dags/{dag_id}/clearTaskInstances", json=body)
    answer.raise_for_status()


def _status(stack: Stack, render: str) -> str | None:
    answer = stack.vendor("GET", f"/v1/renders/{render}")
    return answer.json()["data"]["status"] if answer.is_success else None
