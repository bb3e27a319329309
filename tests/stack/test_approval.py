"""A person is asked before the sample DAG spends more than usual."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stack.conftest import Stack, until

DAG = "approved_catalog"


@pytest.fixture
def question(stack: Stack, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A run that waits for an answer, and the number of calls on the bill before it."""
    variables = {
        "render_catalog": str(stack.catalog(tmp_path / "shop", "ONE", "TWO")),
        "render_output": f"file://{tmp_path}/renders",
        "render_settings": '{"length": 3}',
        "render_approval_above": "1",
    }
    known = {key: stack.set_variable(key, value) for key, value in variables.items()}
    before = len(stack.bill())
    run = stack.start(DAG)
    stack.wait_for_task(DAG, run, "awaiting_input", "approve")
    yield run, before
    for key in ("render_catalog", "render_output"):
        stack.set_variable(key, str(known[key]))


def test_an_approved_plan_is_rendered_within_what_was_approved(
    stack: Stack, tmp_path: Path, question
) -> None:
    run, before = question
    asked = _details(stack, run)
    assert asked["subject"] == "Render the catalog for 2 credits?"
    assert "| ONE | render | 1 | new |" in asked["body"]
    assert len(stack.bill()) == before

    _answer(stack, run, "Approve")

    assert stack.finish(DAG, run) == "success"
    assert len(stack.bill()) == before + 2
    summary = stack.xcom(DAG, run, "render")
    assert (summary["delivered"], summary["credits_spent"]) == (2, "2")
    assert all(path.stat().st_size > 1000 for path in (tmp_path / "renders").rglob("video.mp4"))


def test_a_rejected_plan_costs_nothing(stack: Stack, question) -> None:
    run, before = question
    _answer(stack, run, "Reject")
    assert stack.finish(DAG, run) == "success"
    assert {task["task_id"]: task["state"] for task in stack.api.tasks(DAG, run)} == {
        "plan": "success",
        "dear_or_not": "success",
        "approve": "success",
        "render": "skipped",
        "report": "skipped",
    }
    assert len(stack.bill()) == before


def test_a_catalog_that_grew_after_the_approval_fails_before_anything_is_paid(
    stack: Stack, tmp_path: Path, question
) -> None:
    run, before = question
    stack.catalog(tmp_path / "shop", "ONE", "TWO", "THREE")
    _answer(stack, run, "Approve")
    assert stack.finish(DAG, run) == "failed"
    assert stack.task(DAG, run)["state"] == "failed"
    assert len(stack.bill()) == before


def _path(run: str) -> str:
    return f"/api/v2/dags/{DAG}/dagRuns/{run}/taskInstances/approve/-1/hitlDetails"


def _details(stack: Stack, run: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.api.client.get(_path(run)).raise_for_status().json()
    return found


def _answer(stack: Stack, run: str, choice: str) -> None:
    """Answer as a person does, who needs more than a moment to read.

    In Airflow 3.3 the scheduler takes an answer for a crash of the task, and lets it ask again, where it
    comes before the scheduler has heard that the process which asked has ended.
    """

    def asked() -> bool:
        attempt = stack.task(DAG, run, "approve")["try_number"]
        key = f"dag_id='{DAG}', task_id='approve', run_id='{run}', try_number={attempt}"
        return (
            f"executor event with state success for task instance TaskInstanceKey({key}," in log.read_text()
        )

    log = stack.home / "scheduler.log"
    until(asked, "the process that asked to end")
    body = {"chosen_options": [choice], "params_input": {}}
    stack.api.client.patch(_path(run), json=body).raise_for_status()
    stack.wait_for_task(DAG, run, "success", "approve")
