"""A worker or a connection dies at any step at Glossi; nothing is paid for twice."""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import replace

import pytest

from airflow_provider_render.core.errors import AmbiguousSubmitError, RenderError
from airflow_provider_render.operators.render import SubmitRenderOperator, UploadModelOperator
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from tests.operators.account import new_model
from tests.operators.task import Died, Task
from tests.operators.test_crashes import Fate
from tests.vendors.glossi.workspace import running

SETTINGS = {"templateId": "T1", "renderShots": False}
MOMENTS = [("call", "before"), ("call", "after"), ("state", "before"), ("state", "after")]


@pytest.fixture
def workspace(monkeypatch):
    policy = replace(GlossiVendor.poll_policy, first=0.01, start=0.01, settling=0.01)
    monkeypatch.setattr(GlossiVendor, "poll_policy", policy)
    yield from running(monkeypatch)


def submit(model_id: str, **more) -> Task:
    given = {"task_id": "submit", "render_conn_id": "glossi_default", "settings": SETTINGS, **more}
    return Task(lambda: SubmitRenderOperator(model=model_id, **given))


def upload(path: str, conn_id: str) -> Task:
    given = {"task_id": "upload", "render_conn_id": conn_id, "settings": SETTINGS}
    return Task(lambda: UploadModelOperator(model=path, **given))


def survive(task: Task) -> dict | None:
    """What a second try comes to; None where it is a question for a person."""
    try:
        return task.run()
    except AmbiguousSubmitError:
        return None


@pytest.mark.parametrize(("step", "moment"), MOMENTS)
def test_a_submit_is_paid_once_or_is_a_question(workspace, monkeypatch, step, moment):
    workspace.words["M1"] = ["READY"]
    for number in itertools.count(1):
        task, before = submit("M1"), workspace.paid
        with monkeypatch.context() as patch:
            fate = Fate(patch, step, number, moment)
            with suppress(Died):
                task.start()
        outcome = survive(task)
        paid = workspace.paid - before
        assert paid == 1 if outcome else paid <= 1, f"paid {paid} after dying {moment} {step} {number}"
        if fate.left > 0:
            return
    raise AssertionError


@pytest.mark.parametrize(
    ("drop", "told"),
    [("/projects$", True), ("/renders$", False)],
    ids=["before the paid call", "in the paid call"],
)
def test_a_lost_answer_is_a_question_only_where_money_was_at_stake(workspace, drop, told):
    workspace.words["M1"] = ["READY"]
    task = submit("M1")
    workspace.api.drops.append(drop)
    with pytest.raises(RenderError):
        task.run()
    outcome = survive(task)
    assert (outcome is not None, workspace.paid) == (told, 1)


def test_the_question_can_be_answered_beforehand(workspace):
    workspace.words["M1"] = ["READY"]
    task = submit("M1", on_ambiguous="resubmit")
    workspace.api.drops.append("/renders$")
    with pytest.raises(RenderError):
        task.run()
    assert task.run()["id"] in workspace.renders
    assert workspace.paid == 2


@pytest.mark.parametrize(("step", "moment"), MOMENTS)
def test_a_one_call_job_is_paid_exactly_once(workspace, monkeypatch, tmp_path, step, moment):
    for number in itertools.count(1):
        task, before = upload(new_model(tmp_path, f"chair{number}"), "glossi_jobs"), workspace.paid
        with monkeypatch.context() as patch:
            fate = Fate(patch, step, number, moment)
            with suppress(Died):
                task.start()
        outcome = task.run()
        assert workspace.paid - before == 1, f"after dying {moment} {step} {number}"
        assert outcome["job"]["id"] in workspace.jobs
        if fate.left > 0:
            return
    raise AssertionError


@pytest.mark.parametrize("drop", ["/jobs$", "^PUT", "/confirm$", "GET /api/v1/jobs/"])
def test_a_lost_answer_of_a_one_call_job_is_cleared_up(workspace, tmp_path, drop):
    task = upload(new_model(tmp_path), "glossi_jobs")
    workspace.api.drops.append(drop)
    workspace.storage.drops.append(drop)
    for _ in range(2):
        with suppress(RenderError):
            task.run()
    assert task.run()["job"]["id"] in workspace.jobs
    assert workspace.paid == 1


def test_an_upload_alone_costs_nothing_and_is_waited_for(workspace, tmp_path):
    task = upload(new_model(tmp_path), "glossi_default")
    made = task.run()
    assert (made["job"], workspace.paid) == (None, 0)
    assert workspace.words[made["model_id"]] == ["READY"]
    assert submit(made).run()["model_id"] == made["model_id"]
