from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stack.conftest import Stack, until

SKUS = ("ONE", "TWO")
CLIPS = [{"settings.length": 3}, {"settings.length": 4, "variant": "long"}]

POINTS = {
    "before_the_intent": "crashing",
    "before_the_upload": "crashing",
    "amid_the_upload": "crashing",
    "after_the_upload": "crashing",
    "amid_the_batch": "crashing",
    "after_the_batch": "crashing",
    "after_the_record": "crashing",
    "while_waiting": "crashing_on_the_worker",
    "in_the_download": "crashing",
    "after_the_delivery": "crashing",
}


class Crash:
    """A run whose worker is killed at a point, the first time it comes there.

    :param rows: columns of each row of a model; two rows are two renders.
    """

    def __init__(
        self, stack: Stack, folder: Path, point: str, dag_id: str, rows: list[dict[str, Any]], **settings: Any
    ) -> None:
        self.stack, self.folder, self.point = stack, folder, point
        self.vendor = stack.waiting["prompt"]
        skus = [f"{point}-{sku}" for sku in SKUS]
        self.catalog = stack.catalog(folder / "shop", *skus, variants=rows)
        self.output, self.settings = folder / "renders", json.dumps(settings)
        self.start(dag_id)

    def start(self, dag_id: str) -> None:
        """Start a run of the same catalog and output."""
        conf = {"crash_at": self.point, "settings": self.settings}
        places = {"catalog": str(self.catalog), "output": f"file://{self.output}"}
        self.dag_id, self.run = dag_id, self.stack.start(dag_id, **conf, **places)

    def finish(self) -> str:
        """Wait for the end of the run, whose worker must have been killed, and return its state."""
        state = self.stack.finish(self.dag_id, self.run)
        assert (self.output / f"died-{self.point}").exists()
        assert self.stack.task(self.dag_id, self.run)["try_number"] >= 2
        return state

    def delivered(self, name: str) -> int:
        """Count the items that have a file."""
        files = [path for path in self.output.rglob(name) if "_render" not in path.parts]
        return sum(path.stat().st_size > 0 for path in files)


@pytest.fixture(scope="module")
def imports(stack: Stack) -> Iterator[Callable[[], int]]:
    """Counts how many models Threekit is told to import."""
    with stack.waiting["prompt"].counted("POST .*/asset-jobs/import$") as count:
        yield count


@pytest.fixture(scope="module")
def crashes(stack: Stack, tmp_path_factory: pytest.TempPathFactory, imports: Any) -> dict[str, Crash]:
    """Runs that begin at the same time."""

    def crash(point: str, dag_id: str, rows: list[dict[str, Any]], **settings: Any) -> Crash:
        return Crash(stack, tmp_path_factory.mktemp(point), point, dag_id, rows, **settings)

    template = stack.waiting["prompt"].said["glossi"]["template_id"]
    return {
        **{point: crash(point, dag_id, CLIPS) for point, dag_id in POINTS.items()},
        "glossi": crash("after_the_submit", "crashing_at_glossi", [{}], templateId=template),
        "threekit": crash("while_preparing", "crashing_at_threekit", [{}], width=160),
    }


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_costs_each_render_once(crashes: dict[str, Crash], point: str) -> None:
    crash = crashes[point]
    assert crash.finish() == "success"
    assert len(crash.vendor.paid(f"{point}-")) == crash.delivered("video.mp4") == len(SKUS) * len(CLIPS)


def test_a_worker_killed_while_a_model_is_prepared_imports_and_renders_it_once(
    crashes: dict[str, Crash], imports: Callable[[], int]
) -> None:
    crash = crashes["threekit"]
    assert crash.finish() == "success"
    assert imports() == len(SKUS)
    assert crash.vendor.credits("threekit") == crash.delivered("image.*") == len(SKUS)


def test_a_worker_killed_amid_a_submit_that_nobody_can_look_up_pays_again_only_when_told_to(
    crashes: dict[str, Crash],
) -> None:
    crash = crashes["glossi"]
    assert crash.finish() == "failed"
    assert (crash.vendor.credits("glossi"), crash.delivered("*.mp4")) == (len(SKUS), 0)
    report = next(crash.output.glob("_render/reports/*.json")).read_text()
    assert report.count("cannot tell whether it happened") == len(SKUS)
    crash.start("crashing_at_glossi_and_paying_again")
    assert crash.stack.finish(crash.dag_id, crash.run) == "success"
    assert crash.vendor.credits("glossi") == 2 * len(SKUS)
    assert crash.delivered("*.mp4") >= len(SKUS)


def test_a_task_marked_failed_on_the_worker_cancels_what_is_not_done(stack: Stack, tmp_path: Path) -> None:
    dag_id, bill = "patient_on_the_worker", len(stack.bill())
    run = _waiting_on_the_worker(stack, tmp_path, *(f"N{number}" for number in range(16)))
    paid = [render for call in stack.bill()[bill:] for render in call["render_ids"]]
    path = f"/api/v2/dags/{dag_id}/dagRuns/{run}/taskInstances/render"
    stack.api.client.patch(path, json={"new_state": "failed"}).raise_for_status()
    until(lambda: _status(stack, paid[-1]) is None, "the last render to be cancelled")
    assert stack.finish(dag_id, run) == "failed"
    assert len(stack.bill()) == bill + 16


def test_a_task_marked_failed_while_it_submits_pays_for_nothing_more(stack: Stack, tmp_path: Path) -> None:
    dag_id, mark, vendor = "slow_one_by_one", "ended-amid", stack.waiting["slow"]
    catalog = stack.catalog(tmp_path / "shop", *(f"{mark}-{number}" for number in range(60)))
    with vendor.counted("POST .*/v1/models$", seconds=1) as uploads:
        run = stack.start(dag_id, catalog=str(catalog), output=f"file://{tmp_path}/renders")
        until(lambda: uploads() > 3, "some renders to be paid")
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run}/taskInstances/render"
        stack.api.client.patch(path, json={"new_state": "failed"}).raise_for_status()
        log = stack.home / f"airflow/logs/dag_id={dag_id}/run_id={run}/task_id=render/attempt=1.log"
        until(lambda: "nothing more is sent" in log.read_text(), "the task to end by itself")
        paid = vendor.paid(mark)
    # What was sent before the signal came and answered after it is left to the next run.
    assert len(paid) > 3
    assert sum(map(vendor.knows, paid)) <= 1


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
