"""Waiting for models that Glossi processes, and for its pipelines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from airflow.sdk.exceptions import AirflowSensorTimeout, TaskDeferred

from airflow_provider_render.core.errors import (
    AuthError,
    RenderFailedError,
    RenderInputError,
    UnavailableError,
)
from airflow_provider_render.sensors.glossi import GlossiModelReadySensor, GlossiPipelineSensor
from airflow_provider_render.triggers.glossi import GlossiPipelineTrigger
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from tests.operators.task import Task, fire
from tests.vendors.glossi.workspace import running

LOOKS = "GET /api/v1/pipelines/L1$"
LISTS = "GET /api/v1/pipelines/L1/jobs"


@pytest.fixture
def workspace(monkeypatch):
    yield from running(monkeypatch)


@pytest.fixture(params=[True, False], ids=["deferred", "blocking"])
def deferrable(request) -> bool:
    return request.param


class TestModelReady:
    def ready(self, model, **more) -> Task:
        given = {"task_id": "ready", "model": model, "poll_interval": 0.05, **more}
        return Task(lambda: GlossiModelReadySensor(**given))

    def test_it_gives_on_what_it_was_given_once_all_are_ready(self, workspace, deferrable):
        workspace.words.update(M1=["PENDING", "PROCESSING", "READY"], M2=["READY"])
        models = [{"model_id": "M1"}, "M2"]
        assert self.ready(models, deferrable=deferrable).run() == models
        assert workspace.api.count("POST .*/models/status") >= 3
        assert set(workspace.api.labels) == {"POST /api/v1/models/status"}

    def test_a_model_that_cannot_be_processed_is_told(self, workspace, deferrable):
        workspace.words.update(M1=["PROCESSING", "FAILED"])
        with pytest.raises(RenderFailedError, match="M1: the vendor says: FAILED"):
            self.ready("M1", deferrable=deferrable).run()

    def test_a_model_that_glossi_does_not_know_is_told_wherever_is_waited(
        self, workspace, monkeypatch, deferrable
    ):
        policy = replace(GlossiVendor.poll_policy, listing_grace=0.3)
        monkeypatch.setattr(GlossiVendor, "poll_policy", policy)
        with pytest.raises(RenderFailedError, match="M9: the vendor does not know it"):
            self.ready("M9", deferrable=deferrable, timeout=20).run()

    def test_what_is_no_model_is_refused(self, workspace, deferrable):
        with pytest.raises(RenderInputError, match="model: must be Glossi's id of a model"):
            self.ready([], deferrable=deferrable).run()


def job(name: str, status: str, **fields) -> dict:
    return {"id": name, "status": status, "sourceFile": {"name": name}, **fields}


class TestPipeline:
    def folder(self, workspace, *counts: dict, status: str = "ACTIVE") -> None:
        """A pipeline that tells one count after the other."""
        told, last = list(counts), dict(counts[-1])

        class Told(dict):
            def items(self):
                self["jobCounts"] = told.pop(0) if told else last
                return super().items()

        workspace.pipelines["L1"] = {"id": "L1", "name": "nightly", "status": status}
        original = workspace._routes

        def routes():
            answer = lambda body, one: (200, dict(Told(workspace.pipelines[one]).items()))  # noqa: E731
            return {**original(), "GET /api/v1/pipelines/([^/]+)": answer}

        workspace._routes = routes

    def sensor(self, **more) -> Task:
        given = {"task_id": "wait", "pipeline_id": "L1", "poke_interval": 0.05, "quiet": 0.0, **more}
        return Task(lambda: GlossiPipelineSensor(**given))

    @pytest.mark.parametrize("left", [None, "", "None"])
    def test_without_a_pipeline_nothing_is_asked(self, workspace, deferrable, left):
        with pytest.raises(RenderInputError, match="pipeline_id: must be an id, not"):
            self.sensor(pipeline_id=left, deferrable=deferrable, timeout=5).run()
        assert workspace.api.seen == []

    def test_it_waits_until_the_folder_is_done(self, workspace, deferrable):
        self.folder(workspace, {"QUEUED": 2}, {"RENDERING": 1, "COMPLETED": 1}, {"COMPLETED": 2})
        result = self.sensor(deferrable=deferrable).run()
        assert result == {"pipeline_id": "L1", "counts": {"COMPLETED": 2}}
        assert workspace.api.count(LOOKS) >= 3
        assert workspace.api.count(LISTS) == 0

    def test_named_files_are_waited_for_by_name(self, workspace, deferrable):
        self.folder(workspace, {"RENDERING": 1}, {"RENDERING": 1}, {"COMPLETED": 1})
        workspace.pipeline_jobs = [job("a.glb", "COMPLETED")]
        task = self.sensor(deferrable=deferrable, files=["a.glb"], quiet=None)
        assert task.run()["pipeline_id"] == "L1"

    def test_each_failed_file_is_told_with_stage_error_and_retries(self, workspace, deferrable):
        self.folder(workspace, {"RENDERING": 1}, {"COMPLETED": 1, "FAILED": 2})
        workspace.pipeline_jobs = [
            job("a.glb", "COMPLETED"),
            job("b.fbx", "FAILED", failedStage="RENDERING", lastError="no light", retryCount=3),
            job("c.obj", "FAILED"),
        ]
        told = (
            r"2 files of pipeline L1 failed: b\.fbx while rendering after 3 retries: no light; c\.obj after 0"
        )
        with pytest.raises(RenderFailedError, match=told):
            self.sensor(deferrable=deferrable).run()

    def test_failures_of_earlier_nights_do_not_count(self, workspace, deferrable):
        self.folder(workspace, {"FAILED": 1})
        workspace.pipeline_jobs = [job("a.glb", "FAILED", updatedAt="2026-01-01T00:00:00Z")]
        assert self.sensor(deferrable=deferrable, since="2026-01-02T00:00:00+00:00").run()
        with pytest.raises(RenderFailedError):
            self.sensor(deferrable=deferrable, since="2025-12-31T00:00:00").run()

    def test_a_paused_pipeline_says_how_to_go_on(self, workspace, deferrable):
        self.folder(workspace, {"QUEUED": 1}, status="PAUSED")
        with pytest.raises(RenderFailedError, match=r"nightly is PAUSED.*GlossiResumePipelineOperator"):
            self.sensor(deferrable=deferrable).run()

    def test_a_pipeline_that_pauses_meanwhile_is_told(self, workspace):
        self.folder(workspace, {"QUEUED": 1})
        deferred = self.sensor(deferrable=True).start()
        assert isinstance(deferred, TaskDeferred)
        workspace.pipelines["L1"]["status"] = "PAUSED"
        event = fire(deferred.trigger)
        assert event["status"] == "paused"
        with pytest.raises(RenderFailedError, match="nightly is PAUSED"):
            self.sensor(deferrable=True).resume(deferred, event)

    def test_trouble_at_the_vendor_is_waited_out(self, workspace, deferrable):
        self.folder(workspace, {"QUEUED": 1}, {"QUEUED": 1}, {"COMPLETED": 1})
        workspace.api.drops += [LOOKS, LOOKS]
        assert self.sensor(deferrable=deferrable).run()["counts"] == {"COMPLETED": 1}

    def test_it_gives_up_after_its_timeout(self, workspace, deferrable):
        self.folder(workspace, {"RENDERING": 1})
        with pytest.raises(AirflowSensorTimeout):
            self.sensor(deferrable=deferrable, timeout=0.3).run()

    def test_a_refused_key_ends_the_waiting(self, workspace):
        self.folder(workspace, {"RENDERING": 1})
        deferred = self.sensor(deferrable=True).start()
        workspace._api = lambda *call: (401, {"message": "Invalid API key"})
        workspace.api.answer = workspace._api
        event = fire(deferred.trigger)
        assert event["status"] == "hopeless"
        with pytest.raises(UnavailableError, match="Invalid API key"):
            self.sensor(deferrable=True).resume(deferred, event)
        with pytest.raises(AuthError):
            self.sensor().run()

    def test_a_trigger_with_another_vendors_connection_says_so(self, workspace, monkeypatch):
        monkeypatch.setenv("AIRFLOW_CONN_DXGL_DEFAULT", '{"conn_type": "dxgl", "password": "dxgl_sk_test"}')
        event = fire(GlossiPipelineTrigger("dxgl_default", "L1"))
        assert event == {"status": "hopeless", "message": "connection 'dxgl_default' is DXGL's, not Glossi's"}

    def test_an_event_that_was_wrong_defers_again(self, workspace):
        self.folder(workspace, {"RENDERING": 1})
        task = self.sensor(deferrable=True)
        again = task.resume(task.start(), {"status": "paused"})
        assert isinstance(again, TaskDeferred)

    def test_a_sensor_that_forgets_between_looks_needs_names(self):
        with pytest.raises(RenderInputError, match="deferrable=True"):
            self.sensor(mode="reschedule")
        assert self.sensor(mode="reschedule", files=["a.glb"]).operator.files == ["a.glb"]

    def test_what_is_no_time_is_refused(self, workspace):
        self.folder(workspace, {"FAILED": 1})
        with pytest.raises(RenderInputError, match="since: not an ISO date and time: 'yesterday'"):
            self.sensor(since="yesterday").run()

    def test_a_trigger_carries_ids_alone(self, workspace):
        self.folder(workspace, {"COMPLETED": 1})
        deferred = self.sensor(deferrable=True, quiet=0.2).start()
        path, kwargs = deferred.trigger.serialize()
        assert path.endswith("triggers.glossi.GlossiPipelineTrigger")
        assert kwargs["pipeline_id"] == "L1"
        assert "glsi_" not in str(kwargs)
        assert fire(deferred.trigger)["status"] == "done"
