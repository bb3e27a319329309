"""Keys and presigned addresses of Glossi and Imagine.io appear nowhere."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_render.operators.catalog import RenderCatalogOperator
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from tests.operators.account import new_model, rows
from tests.operators.task import Task, fire
from tests.operators.test_imagine_catalog import prompt_vendor
from tests.operators.test_secrets import everything_said
from tests.vendors.glossi.workspace import KEY, running
from tests.vendors.imagine.conftest import connect, service
from tests.vendors.imagine.service import SECRET

__all__ = ["connect", "everything_said", "prompt_vendor", "service"]


@pytest.fixture
def workspace(monkeypatch):
    policy = replace(GlossiVendor.poll_policy, first=0.01, start=0.01, cap=0.05)
    monkeypatch.setattr(GlossiVendor, "poll_policy", policy)
    yield from running(monkeypatch)


def told(task: Task) -> str:
    """All that a deferring night gives to Airflow: triggers, events, rows and the result."""
    words, outcome = [], task.start()
    while isinstance(outcome, TaskDeferred):
        event = fire(outcome.trigger)
        words += [outcome.trigger.serialize(), event, dict(task.rows)]
        outcome = task.resume(outcome, event)
    return json.dumps([*words, outcome, task.rows])


@pytest.fixture
def night(tmp_path, everything_said):
    """Renders one model, and returns all that was said or written about it."""

    def render(conn_id, settings):
        out = tmp_path / "out"
        fields = {"task_id": "render", "render_conn_id": conn_id, "settings": settings, "deferrable": True}
        catalog = rows(new_model(tmp_path, "chair"))
        airflow = told(Task(lambda: RenderCatalogOperator(catalog=catalog, output=str(out), **fields)))
        files = [path.read_text(errors="replace") for path in out.rglob("*") if path.is_file()]
        assert len(files) > 5
        said = everything_said()
        assert "renders have ended" in said
        return "\n".join([airflow, said, *files])

    return render


@pytest.mark.parametrize("conn_id", ["glossi_default", "glossi_jobs"])
@pytest.mark.parametrize("by_address", [False, True], ids=["by id", "by address"])
def test_no_key_and_no_presigned_address_of_glossi_is_told(
    workspace, night, monkeypatch, conn_id, by_address
):
    if by_address:
        file = workspace._file

        def nameless(job, kind):
            shown = file(job, kind)
            return {"filePath": shown["url"], "fileType": shown["fileType"], "signed": shown["url"]}

        monkeypatch.setattr(workspace, "_file", nameless)
    text = night(conn_id, {"templateId": "T1"})
    assert [word for word in (KEY, "signature=good") if word in text] == []


@pytest.mark.parametrize(
    "settings",
    [{"content": ["silo", "viewer"]}, {"scene_id": 1, "cameras": [5, 6]}],
    ids=["content", "scene"],
)
def test_no_key_and_no_presigned_address_of_imagine_is_told(service, connect, night, settings):
    connect(extra={"poll_first": "0", "poll_start": "0.05", "poll_cap": "0.1"})
    text = night("imagine_default", settings)
    assert [word for word in (SECRET, "hidden-signature", "cG9saWN5") if word in text] == []
    assert all("origin" in headers for _, headers, _ in service.seen)
