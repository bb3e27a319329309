"""The hook against a workspace on real sockets."""

from __future__ import annotations

import asyncio
import json

import pytest

from airflow_provider_render.core.calls import noting
from airflow_provider_render.core.errors import (
    AuthError,
    ConnectionConfigError,
    NotFoundError,
    OutcomeUnknownError,
    UnavailableError,
    VendorError,
)
from airflow_provider_render.core.job import RenderRequest, RenderStatus
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.core.vendor import Answerable
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.hooks.files import StoredFile
from airflow_provider_render.hooks.glossi import GlossiHook
from tests.vendors.desk import Bytes
from tests.vendors.glossi.workspace import KEY, SECRET, running

MODEL = ModelFile(Bytes("chair.glb", b"glTF-bytes"), "a" * 64)


@pytest.fixture
def workspace(monkeypatch):
    yield from running(monkeypatch)


def wanted(hook, **fields) -> RenderRequest:
    return RenderRequest("CHR-1", MODEL, hook.vendor.settings({"templateId": "T1"}), **fields)


def followed(hook, job):
    """The words of a job until it has ended."""
    words = []
    while True:
        state = hook.run(hook.vendor.states([job]))[job.id]
        words.append(state.word)
        if state.status.terminal:
            return words, state.status


def uploaded(hook) -> str:
    """Id of a model that is ready."""
    upload = hook.run(hook.vendor.upload(wanted(hook)))
    assert followed(hook, upload.preparing) == (["PROCESSING", "READY"], RenderStatus.SUCCEEDED)
    return upload.model_id


def test_a_model_becomes_files(workspace, tmp_path):
    hook = GlossiHook()
    model_id = uploaded(hook)
    assert list(workspace.uploads.values()) == [b"glTF-bytes"]
    (job,) = hook.run(hook.vendor.submit([wanted(hook, model_id=model_id)]))
    assert followed(hook, job)[0] == ["QUEUED", "RENDERING", "COMPLETED"]
    outputs = hook.run(hook.vendor.outputs(job))
    for output in outputs:
        hook.download(hook.run(hook.vendor.locate(output)), tmp_path / output.name)
    assert {path.name for path in tmp_path.iterdir()} == {"Front-View-Default.png", "360-Spin-Default.mp4"}
    assert (tmp_path / "360-Spin-Default.mp4").read_bytes().startswith(b"file /public/")
    assert workspace.paid == 1


def test_the_key_goes_to_the_api_alone(workspace, tmp_path):
    hook = GlossiHook()
    (job,) = hook.run(hook.vendor.submit([wanted(hook, model_id=uploaded(hook))]))
    followed(hook, job)
    (first, *_) = hook.run(hook.vendor.outputs(job))
    hook.download(first.fetch, tmp_path / "a.png")
    assert {headers.get("X-API-Key") for _, headers, _ in workspace.api.seen} == {KEY}
    assert [headers for _, headers, _ in workspace.storage.seen if "X-API-Key" in headers] == []
    (put,) = [headers for label, headers, _ in workspace.storage.seen if label.startswith("PUT")]
    assert put["Content-Type"] == "model/gltf-binary"


def test_a_batch_of_models_is_two_calls(workspace):
    hook = GlossiHook()
    ids = [uploaded(hook) for _ in range(3)]
    before = len(workspace.api.seen)
    jobs = hook.run(hook.vendor.submit([wanted(hook, model_id=model_id) for model_id in ids]))
    assert workspace.api.labels[before:] == ["POST /api/v1/projects", "POST /api/v1/renders"]
    owners = [workspace.projects[workspace.renders[job.id]["projectId"]] for job in jobs]
    assert owners == [[model_id] for model_id in ids]


@pytest.mark.parametrize("workflow", ["renders", "jobs"])
def test_a_file_is_not_sent_again_to_an_address_that_has_expired(workspace, monkeypatch, workflow):
    monkeypatch.setenv("AIRFLOW_CONN_GLOSSI_TRIES", workspace.connection(retries="4", workflow=workflow))
    hook, record = GlossiHook("glossi_tries"), workspace._record

    def outdated(model, name):
        made = record(model, name)
        return {**made, "uploadUrl": made["uploadUrl"].replace("=good", "=outdated")}

    monkeypatch.setattr(workspace, "_record", outdated)
    with pytest.raises(UnavailableError, match=r"expired\. Nothing was rendered; a retry asks for a new one"):
        hook.run(hook.vendor.upload(wanted(hook)))
    assert workspace.storage.count("^PUT") == 1
    assert workspace.paid == 0


def test_a_storage_without_addresses_is_read_below_the_connections_root(workspace, tmp_path, monkeypatch):
    workspace.links = False
    root = workspace.connection(download_base_url=workspace.storage.url)
    monkeypatch.setenv("AIRFLOW_CONN_GLOSSI_ROOT", root)
    hook = GlossiHook("glossi_root")
    (job,) = hook.run(hook.vendor.submit([wanted(hook, model_id=uploaded(hook))]))
    followed(hook, job)
    (picture, _) = hook.run(hook.vendor.outputs(job))
    hook.download(picture.fetch, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 0
    with pytest.raises(ConnectionConfigError, match="download_base_url"):
        GlossiHook().run(GlossiHook().vendor.locate(picture))


def test_a_cut_off_paid_call_is_not_sent_again_and_stays_a_question(workspace):
    hook = GlossiHook()
    request = wanted(hook, model_id=uploaded(hook), ticket="t-1")
    workspace.api.drops.append("POST /api/v1/renders$")
    noted = []
    with pytest.raises(OutcomeUnknownError, match="could be charged twice"):
        hook.run(noting(hook.vendor.submit([request]), noted.append))
    assert workspace.paid == 1
    ((announced,),) = noted
    assert announced.refs["project"] in workspace.projects
    asked = RenderRequest(**{**_fields(request), "announced": announced})
    assert hook.run(hook.vendor.find_existing(asked)).answer is Answerable.UNKNOWN


@pytest.mark.parametrize(
    ("drop", "answer", "paid"),
    [
        (r"/jobs$", None, 0),
        (r"^PUT", None, 0),
        (r"/confirm$", Answerable.FOUND, 1),
    ],
    ids=["creating", "uploading", "confirming"],
)
def test_one_call_jobs_can_always_tell_whether_they_were_paid(workspace, drop, answer, paid):
    hook = GlossiHook("glossi_jobs")
    (workspace.storage if "PUT" in drop else workspace.api).drops.append(drop)
    noted, request = [], wanted(hook, ticket="t-1")
    with pytest.raises(VendorError):
        hook.run(noting(hook.vendor.upload(request), noted.append))
    announced = noted[0][0] if noted else None
    asked = RenderRequest(**{**_fields(request), "announced": announced})
    existing = hook.run(hook.vendor.find_existing(asked))
    assert existing.answer is (answer or Answerable.ABSENT)
    assert workspace.paid == paid
    assert (announced is None) == (answer is None)


def test_a_one_call_job_becomes_files(workspace, tmp_path):
    hook = GlossiHook("glossi_jobs")
    upload = hook.run(hook.vendor.upload(wanted(hook)))
    assert followed(hook, upload.job)[1] is RenderStatus.SUCCEEDED
    outputs = hook.run(hook.vendor.outputs(upload.job))
    assert [output.name for output in outputs] == ["Front-View-Default.png", "360-Spin-Default.mp4"]
    hook.download(hook.run(hook.vendor.locate(outputs[0])), tmp_path / "a.png")
    assert workspace.paid == 1


def test_every_group_of_endpoints_is_there_for_tasks_and_for_event_loops(workspace, tmp_path):
    (tmp_path / "chair.glb").write_bytes(b"glTF")
    hook = GlossiHook()
    model = hook.models.upload(StoredFile(tmp_path / "chair.glb"), "Chair")

    async def look():
        aio = GlossiHook().aio
        states = await aio.models.status([model.model_id])
        return states, await aio.templates.list(), await aio.pipelines.list()

    states, templates, pipelines = asyncio.run(look())
    assert [state.status for state in states.models] == ["PROCESSING"]
    assert ([one.template_id for one in templates], pipelines) == (["T1"], ())
    assert hook.webhooks.set("https://me.example/h", ["render.complete"]).events == ("render.complete",)
    assert hook.webhooks.get().secret is None
    assert hook.projects.create([model.model_id], "T1")[0].model_ids == (model.model_id,)
    assert hook.jobs.create(["a.glb"], "T1").status == "AWAITING_UPLOADS"


class TestConnection:
    def test_the_test_button_reads_the_templates(self, workspace):
        assert GlossiHook().test_connection() == (True, "Glossi account workspace")
        assert workspace.api.labels == ["GET /api/v1/templates"]

    def test_a_refused_key_is_told_without_it(self, workspace, monkeypatch):
        monkeypatch.setenv(
            "AIRFLOW_CONN_GLOSSI_OLD",
            json.dumps({"conn_type": "glossi", "host": workspace.api.url, "password": "glsi_outdated_key"}),
        )
        works, message = GlossiHook("glossi_old").test_connection()
        assert (works, "glsi_outdated_key" in message) == (False, False)
        assert "Invalid API key" in message
        with pytest.raises(AuthError):
            GlossiHook("glossi_old").templates.list()

    def test_without_a_host_the_vendors_own_is_taken(self, monkeypatch):
        monkeypatch.setenv("AIRFLOW_CONN_GLOSSI_BARE", json.dumps({"conn_type": "glossi", "password": "k"}))
        vendor = GlossiHook("glossi_bare").vendor
        assert (vendor.base_url, vendor.workflow) == ("https://api.glossi.app", "renders")

    def test_the_type_of_the_connection_finds_the_hook(self, workspace):
        assert isinstance(RenderHook.for_connection("glossi_default"), GlossiHook)

    def test_the_extras_correct_what_is_assumed(self, workspace, monkeypatch):
        extras = {
            "workflow": "JOBS ",
            "download_base_url": "https://cdn.example",
            "job_path": "/api/v2/job/{id}",
            "failed_states": "broken",
            "resume_word": "RUNNING",
        }
        monkeypatch.setenv("AIRFLOW_CONN_GLOSSI_NEW", workspace.connection(**extras))
        hook = GlossiHook("glossi_new")
        assert (hook.vendor.workflow, hook.vendor.words.resume) == ("jobs", "RUNNING")
        assert hook.vendor.words.status("Broken") is RenderStatus.FAILED
        assert hook.vendor.download_base_url == "https://cdn.example"
        with pytest.raises(NotFoundError, match="no such path: GET /api/v2/job/B1"):
            hook.jobs.get("B1")

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"password": None}, "fill in the Glossi API token"),
            ({"extra": {"workflow": "both"}}, "'workflow' is renders or jobs, not 'both'"),
            ({"extra": {"download_base_url": "cdn.example"}}, "'download_base_url' is no URL"),
        ],
    )
    def test_a_broken_connection_is_told(self, monkeypatch, fields, words):
        given = {"conn_type": "glossi", "password": "glsi_x", **fields}
        monkeypatch.setenv("AIRFLOW_CONN_GLOSSI_BAD", json.dumps(given))
        with pytest.raises(ConnectionConfigError, match=words):
            _ = GlossiHook("glossi_bad").vendor

    def test_a_secret_is_told_once_and_shown_never(self, workspace):
        webhook = GlossiHook().webhooks.set("https://me.example/h")
        assert webhook.secret.get_secret_value() == SECRET
        assert SECRET not in f"{webhook} {webhook!r} {webhook.model_dump()}"


def _fields(request: RenderRequest) -> dict:
    return {name: getattr(request, name) for name in request.__slots__}
