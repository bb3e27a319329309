"""What the single steps are given by mistake is named before anything is sent or replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_render.core.errors import ModelFileError, RenderInputError
from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.hooks.dxgl import DxglHook
from airflow_provider_render.operators.dxgl import DxglUploadOverlayOperator
from airflow_provider_render.operators.parameters import read_jobs
from airflow_provider_render.operators.threekit import ThreekitImportAssetOperator, ThreekitRenderOperator
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor
from tests.another_package import register
from tests.operators.account import SETTINGS
from tests.operators.task import Task
from tests.operators.test_single_steps import download, submit, upload, wait

FOREIGN = {"vendor": "glossi", "id": "J1", "model_id": "M1", "settings": {}, "refs": {}}
NO_PATH = [None, "", " ", "None", ["chair.glb"], {"path": "chair.glb"}, 7]


@pytest.fixture
def two(dxgl, rendered) -> list[dict]:
    """Two finished renders of one model."""
    uploaded = upload(dxgl, rendered[0]).run()
    first = submit(dxgl, uploaded).run()
    second = submit(dxgl, uploaded, {**SETTINGS, "rotateY": 90}).run()
    wait(dxgl, second, deferrable=False).run()
    return [first, second]


class TestFolders:
    @pytest.mark.parametrize("folder", ["{model_id}", "renders", "", "{model_id}/"])
    def test_renders_that_would_replace_each_others_files_are_refused(self, dxgl, two, tmp_path, folder):
        with dxgl.counted("") as calls, pytest.raises(RenderInputError) as caught:
            download(dxgl, two, tmp_path / "out", folder=folder).run()
        told = str(caught.value)
        assert told.startswith(f"folder: renders {two[0]['id']} and {two[1]['id']} would both go to ")
        assert "Put {id} into it" in told
        assert calls == [0]
        assert not (tmp_path / "out").exists()

    def test_a_render_that_is_named_twice_is_downloaded_once(self, dxgl, two, tmp_path):
        told = download(dxgl, [two[0], two[0]], tmp_path / "out", folder="{model_id}").run()
        assert (told["renders"], told["file_count"]) == (1, 2)

    def test_one_render_may_go_to_any_folder(self, dxgl, two, tmp_path):
        told = download(dxgl, two[0], tmp_path / "out", folder="newest").run()
        assert {Path(file["uri"]).parent for file in told["files"]} == {tmp_path / "out/newest"}


def test_pictures_of_several_assets_in_one_folder_are_refused_before_they_are_paid(threekit_conn):
    fields = {"assets": ["A1", "A2"], "output": "out", "folder": "night"}
    work = Task(lambda: ThreekitRenderOperator(task_id="work", **fields))
    with pytest.raises(RenderInputError, match=r"would both go to 'night'.* Put \{model_id\} into it"):
        work.run()
    assert work.rows == {}


@pytest.fixture
def threekit_conn(monkeypatch):
    """A connection behind which nobody answers."""
    monkeypatch.setenv(
        "AIRFLOW_CONN_THREEKIT_DEFAULT",
        '{"conn_type": "threekit", "host": "http://127.0.0.1:9", "password": "t",'
        ' "extra": {"org_id": "11111111-2222-3333-4444-555555555555"}}',
    )


class TestOtherVendors:
    @pytest.mark.parametrize(
        "step",
        [
            lambda account, out: submit(account, {"model_id": "M1", "vendor": "glossi", "job": FOREIGN}),
            lambda account, out: submit(account, {"model_id": "M1", "job": FOREIGN}, {}),
            lambda account, out: wait(account, [FOREIGN], deferrable=True, timeout=5),
            lambda account, out: wait(account, FOREIGN, deferrable=False, timeout=5),
            lambda account, out: download(account, FOREIGN, out),
        ],
        ids=["submit", "submit of a job", "deferred sensor", "sensor", "download"],
    )
    def test_what_was_made_at_another_vendor_is_refused(self, idle, tmp_path, step):
        with idle.counted("") as calls, pytest.raises(RenderInputError) as caught:
            step(idle, tmp_path / "out").run()
        assert "is of glossi, connection 'dxgl_idle' is dxgl" in str(caught.value)
        assert calls == [0]

    def test_a_render_of_a_vendor_that_is_derived_from_ours_is_its_own(self, monkeypatch):
        class AcmeVendor(DxglVendor):
            name = "acme"
            title = "Acme"

        class AcmeHook(DxglHook):
            conn_type = "acme"
            hook_name = "Acme"

            @classmethod
            def make_vendor(cls, connection):
                return AcmeVendor("http://127.0.0.1:9", "t")

        register(monkeypatch, AcmeHook)
        monkeypatch.setenv("AIRFLOW_CONN_ACME", '{"conn_type": "acme"}')
        hook = RenderHook.for_connection("acme")
        # What is derived from DXGL makes its renders with DXGL's code, and so under DXGL's name.
        jobs = [RenderJob(name, "r1", "m1").to_json() for name in ("acme", "dxgl")]
        assert len(read_jobs(jobs, hook)) == 2
        with pytest.raises(RenderInputError, match="render J1 is of glossi, connection 'acme' is acme"):
            read_jobs(FOREIGN, hook)


class TestPaths:
    @pytest.mark.parametrize("model", NO_PATH)
    def test_an_upload_of_no_path_is_told_by_its_parameter(self, idle, model):
        with idle.counted("") as calls, pytest.raises(ModelFileError) as caught:
            upload(idle, model).run()
        assert str(caught.value) == f"model: must be the path or URL of a file, not {model!r}"
        assert calls == [0]

    @pytest.mark.parametrize("model", NO_PATH)
    def test_an_import_of_no_path_is_told_by_its_parameter(self, threekit_conn, model):
        with pytest.raises(ModelFileError, match=r"^model: must be the path or URL of a file, not"):
            Task(lambda: ThreekitImportAssetOperator(task_id="work", model=model)).run()

    @pytest.mark.parametrize("image", [None, "", "None"])
    def test_an_overlay_of_no_path_is_told_by_its_parameter(self, dxgl, image):
        with pytest.raises(ModelFileError, match=r"^image: must be the path or URL of a file, not"):
            Task(lambda: DxglUploadOverlayOperator(task_id="t", image=image)).run()


class TestValues:
    @pytest.mark.parametrize("outputs", [5, ["video", 7], [["video"]]])
    def test_outputs_that_are_no_words_are_refused(self, idle, tmp_path, outputs):
        job = {"vendor": "dxgl", "id": "r1", "model_id": "m1"}
        with pytest.raises(RenderInputError, match=r"^outputs: .*unknown; allowed are image, video"):
            download(idle, job, tmp_path / "out", outputs=outputs).run()

    @pytest.mark.parametrize("job", [None, 7, "abc"])
    @pytest.mark.parametrize("step", ["sensor", "download"])
    def test_a_job_that_is_none_is_told_with_what_it_must_be(self, idle, tmp_path, job, step):
        task = download(idle, job, tmp_path / "out") if step == "download" else wait(idle, job)
        with pytest.raises(RenderInputError, match=r"^job: must be a render, or a list of them, as SubmitR"):
            task.run()

    @pytest.mark.parametrize("model", [["a"], "None", 7, {"name": "chair"}])
    def test_a_submit_of_what_is_no_model_is_refused_before_it_is_sent(self, idle, model):
        with (
            idle.counted("") as calls,
            pytest.raises(RenderInputError, match=r"^model: must be DXGL's id of"),
        ):
            submit(idle, model).run()
        assert calls == [0]

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"attributes": [1]}, "^attributes: must map names to values"),
            ({"attributes": "no JSON"}, "^attributes: not JSON"),
            ({"stages": {"stageId": "S1", "attributes": [1]}}, "^stages: attributes: must map names"),
            ({"stages": "None"}, "^stages: neither an id nor a table"),
            ({"assets": "None"}, "^assets: must be Threekit's id of a model"),
            ({"assets": {"vendor": "dxgl", "model_id": "m1"}}, "^assets: the upload is of dxgl"),
        ],
    )
    def test_what_a_matrix_is_given_wrongly_is_told_by_its_parameter(self, threekit_conn, fields, message):
        work = Task(lambda: ThreekitRenderOperator(task_id="work", **{"assets": "A1", **fields}))
        with pytest.raises(RenderInputError, match=message):
            work.run()
        assert work.rows == {}
