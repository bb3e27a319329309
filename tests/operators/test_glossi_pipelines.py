"""Glossi's pipelines: made once, paused and resumed."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from airflow_provider_render.core.errors import (
    ConnectionConfigError,
    OutcomeUnknownError,
    RejectedError,
    RenderInputError,
    SettingsError,
)
from airflow_provider_render.operators import glossi_pipelines
from airflow_provider_render.operators.glossi_pipelines import (
    GlossiCreatePipelineOperator,
    GlossiPausePipelineOperator,
    GlossiResumePipelineOperator,
    service_account,
)
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from tests.operators.task import Task
from tests.secret_watch import secret
from tests.vendors.glossi.workspace import running

KEY = f"-----BEGIN PRIVATE KEY-----\n{secret('MIIverysecret')}\n-----END PRIVATE KEY-----\n"
ACCOUNT = {"type": "service_account", "client_email": "robot@acme.iam", "private_key": KEY}
CREATE = "POST /api/v1/pipelines$"


@pytest.fixture
def workspace(monkeypatch):
    yield from running(monkeypatch)


@pytest.fixture(autouse=True)
def google(monkeypatch):
    def define(**fields):
        given = {"conn_type": "google_cloud_platform", **fields}
        monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", json.dumps(given))

    define(extra={"keyfile_dict": json.dumps(ACCOUNT)})
    return define


def pipeline(**more) -> Task:
    given = {
        "task_id": "pipeline",
        "pipeline_name": "nightly",
        "settings": {"templateId": "T1"},
        "source_folder": "in",
        "output_folder": "out",
        **more,
    }
    return Task(lambda: GlossiCreatePipelineOperator(**given))


def test_a_pipeline_is_made_once_whoever_asks(workspace):
    first = pipeline(options={"maxRetries": 1}).run()
    assert pipeline().run() == first
    assert workspace.api.count(CREATE) == 1
    (body,) = [json.loads(raw) for label, _, raw in workspace.api.seen if label.endswith("pipelines") and raw]
    assert body["sourceConnector"]["config"] == {
        "clientEmail": "robot@acme.iam",
        "privateKey": KEY,
        "folderId": "in",
    }
    assert (body["outputConnector"]["config"]["folderId"], body["maxRetries"]) == ("out", 1)


@pytest.mark.parametrize("left", [None, "", "None"])
@pytest.mark.parametrize("name", ["pipeline_name", "source_folder", "output_folder"])
def test_a_pipeline_needs_a_name_and_folders(workspace, name, left):
    with pytest.raises(RenderInputError, match=f"^{name}: must be "):
        pipeline(**{name: left}).run()
    assert workspace.api.count(CREATE) == 0


@pytest.mark.parametrize("left", [None, "", "None"])
@pytest.mark.parametrize("operator", [GlossiPausePipelineOperator, GlossiResumePipelineOperator])
def test_no_pipeline_is_neither_paused_nor_resumed(workspace, operator, left):
    with pytest.raises(RenderInputError, match="pipeline_id: must be an id, not"):
        Task(lambda: operator(task_id="t", pipeline_id=left)).run()
    assert workspace.api.seen == []


def test_a_pipeline_whose_making_was_cut_off_is_found_by_its_name(workspace):
    task = pipeline()
    workspace.api.drops.append(CREATE)
    with pytest.raises(OutcomeUnknownError):
        task.run()
    assert task.run() in workspace.pipelines
    assert workspace.api.count(CREATE) == 1


@pytest.mark.parametrize(("shown_after", "made"), [(2, 1), (9, 2)], ids=["late", "never"])
def test_a_pipeline_whose_making_was_cut_off_has_time_to_turn_up(workspace, monkeypatch, shown_after, made):
    monkeypatch.setattr(GlossiVendor, "poll_policy", replace(GlossiVendor.poll_policy, settling=0.2))
    monkeypatch.setattr(glossi_pipelines, "LOOK_AGAIN", 0.05)
    task, looks = pipeline(), []
    workspace.api.drops.append(CREATE)
    with pytest.raises(OutcomeUnknownError):
        task.run()

    def listing(body):
        looks.append(workspace.api.count(CREATE))
        return 200, {"pipelines": list(workspace.pipelines.values()) if len(looks) > shown_after else []}

    routes = workspace._routes
    monkeypatch.setattr(workspace, "_routes", lambda: {**routes(), "GET /api/v1/pipelines": listing})
    assert task.run() in workspace.pipelines
    assert workspace.api.count(CREATE) == made
    assert looks.count(1) > 2


def test_a_refused_pipeline_is_made_by_the_next_try_without_a_wait(workspace, monkeypatch):
    task, looks = pipeline(), "GET /api/v1/pipelines$"
    with monkeypatch.context() as patch:
        patch.setattr(workspace, "_create_pipeline", lambda body: (422, {"message": "no such folder"}))
        with pytest.raises(RejectedError, match="no such folder"):
            task.run()
    assert task.run() in workspace.pipelines
    assert workspace.api.count(looks) == 2
    workspace.pipelines.clear()
    task.run()
    assert workspace.api.count(looks) == 3


def test_the_private_key_is_in_no_log_and_no_field_that_airflow_shows(workspace, caplog):
    caplog.set_level(logging.DEBUG)
    task = pipeline()
    task.run()
    shown = {name: getattr(task.operator, name) for name in task.operator.template_fields}
    assert "MIIverysecret" not in f"{caplog.text} {shown}"


def test_wrong_settings_are_told_before_anything_is_sent(workspace):
    with pytest.raises(SettingsError, match="templateId"):
        pipeline(settings={}).run()
    assert workspace.api.seen == []


@pytest.mark.parametrize(
    "fields",
    [
        {"extra": {"keyfile_dict": ACCOUNT}},
        {"extra": {"extra__google_cloud_platform__keyfile_dict": json.dumps(ACCOUNT)}},
        {"login": "robot@acme.iam", "password": KEY},
        {"login": "robot@acme.iam", "password": KEY.replace("\n", "\\n")},
    ],
    ids=["keyfile", "older keyfile", "login", "one line"],
)
def test_a_service_account_is_read_from_a_connection(google, fields):
    google(**fields)
    assert service_account("google_cloud_default") == ("robot@acme.iam", KEY)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "service account's key is missing"),
        ({"login": "robot@acme.iam"}, "service account's key is missing"),
        ({"extra": {"keyfile_dict": "{MIIverysecret"}}, "keyfile_dict is not a service account's key"),
        ({"extra": {"keyfile_dict": {"private_key": KEY}}}, "keyfile_dict is not a service account's key"),
    ],
)
def test_a_connection_without_a_service_account_is_told(google, fields, words):
    google(**fields)
    with pytest.raises(ConnectionConfigError, match=words) as raised:
        service_account("google_cloud_default")
    assert "MIIverysecret" not in str(raised.value)


def test_a_pipeline_is_paused_and_resumed(workspace):
    made = pipeline().run()
    for operator, status in (
        (GlossiPausePipelineOperator, "PAUSED"),
        (GlossiResumePipelineOperator, "ACTIVE"),
    ):
        assert Task(lambda operator=operator: operator(task_id="change", pipeline_id=made)).run() == made
        assert workspace.pipelines[made]["status"] == status
