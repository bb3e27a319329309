"""What only Threekit has, against the sandbox's Threekit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    ModelFileError,
    OutcomeUnknownError,
    RejectedError,
    RenderFailedError,
    RenderInputError,
    RenderTimeoutError,
)
from airflow_provider_render.hooks.threekit import ThreekitHook
from airflow_provider_render.operators.render import DownloadRendersOperator
from airflow_provider_render.operators.threekit import (
    ThreekitExportAssetOperator,
    ThreekitImportAssetOperator,
    ThreekitImportProductsOperator,
    ThreekitRenderOperator,
)
from airflow_provider_render.sensors.threekit import ThreekitJobSensor
from airflow_provider_render.vendors.threekit.vendor import ThreekitVendor
from tests.operators.account import new_model
from tests.operators.task import Died, Task
from tests.operators.threekit_account import Organisation

ARMCHAIR = Path(__file__).parents[2] / "samples/models/armchair.glb"
FAST = {"poll_interval": 0.1}


@pytest.fixture(scope="module")
def running():
    account = Organisation("--speed", "50")
    yield account
    account.stop()


@pytest.fixture
def threekit(running, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_THREEKIT_DEFAULT", running.connection())
    monkeypatch.setattr(ThreekitVendor, "poll_policy", replace(ThreekitVendor.poll_policy, settling=0.5))
    running.begin()
    return running


@pytest.fixture
def idle(monkeypatch):
    """An organisation whose jobs never come to their turn."""
    account = Organisation("--speed", "0.001")
    monkeypatch.setenv("AIRFLOW_CONN_THREEKIT_DEFAULT", account.connection())
    yield account
    account.stop()


@pytest.fixture
def hook(threekit):
    return ThreekitHook()


@pytest.fixture
def stages(hook):
    return {asset.name: asset.id for asset in hook.assets.all(type="stage")}


def task(kind, **fields):
    return Task(lambda: kind(task_id="work", **FAST, **fields))


@pytest.fixture(scope="module")
def armchairs():
    return {}


@pytest.fixture
def armchair(threekit, armchairs):
    """The asset of a model with three variants, imported once."""
    if not armchairs:
        armchairs.update(task(ThreekitImportAssetOperator, model=str(ARMCHAIR)).run())
        threekit.begin()
    return armchairs["model_id"]


# Imports.


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_model_is_imported_under_the_name_of_its_file(hook, tmp_path, deferrable):
    made = task(ThreekitImportAssetOperator, model=new_model(tmp_path), deferrable=deferrable).run()
    assert (made["vendor"], made["name"], len(made["sha256"])) == ("threekit", "chair", 64)
    asset = hook.assets.get(made["model_id"])
    assert (asset.name, asset.type) == ("chair", "model")


def test_a_retry_takes_over_the_import_of_the_first_try(hook, tmp_path):
    work = task(ThreekitImportAssetOperator, model=new_model(tmp_path), name="bench", deferrable=True)
    (begun,) = work.start().trigger.jobs
    assert work.run()["name"] == "bench"
    mine = [job for job in hook.jobs.all() if job.parameters.get("fileId") == begun["refs"]["file"]]
    assert [job.id for job in mine] == [begun["refs"]["job"]]


def imports(hook, title):
    return [job.id for job in hook.jobs.all() if job.title == title]


def test_an_import_that_was_cut_off_is_found_by_its_title(threekit, hook, tmp_path):
    model = new_model(tmp_path)
    work = Task(
        lambda: ThreekitImportAssetOperator(task_id="work", model=model, **FAST), run_id="cut-off-import"
    )
    threekit.fault(kind="drop_after", next=1, match="^POST .*/asset-jobs/import")
    with pytest.raises(OutcomeUnknownError):
        work.start()
    made = work.run()
    (job,) = imports(hook, "renders/cut-off-import/work#2")
    assert hook.jobs.get_import(job).assets("model")[0].asset_id == made["model_id"]


def test_a_clear_imports_again(hook, tmp_path):
    model = new_model(tmp_path)
    work = Task(lambda: ThreekitImportAssetOperator(task_id="work", model=model, **FAST), run_id="cleared")
    first = work.run()
    work.clear()
    assert work.run()["model_id"] == first["model_id"]
    assert len(imports(hook, "renders/cleared/work#3")) == 1


def test_a_damaged_model_is_refused_before_anything_is_sent(threekit, tmp_path):
    path = tmp_path / "chair.glb"
    path.write_bytes(b"glTF\x02\x00\x00\x00broken")
    work = task(ThreekitImportAssetOperator, model=str(path))
    with pytest.raises(ModelFileError):
        work.run()
    assert work.rows == {}


# Exports.


def test_an_asset_is_exported_in_several_formats(armchair, tmp_path):
    fields = {
        "asset": {"model_id": armchair},
        "output": str(tmp_path),
        "formats": ["glb", "usdz"],
        "ar": True,
    }
    files = task(ThreekitExportAssetOperator, **fields).run()
    assert [file["kind"] for file in files] == ["model", "ar"]
    glb, usdz = (Path(file["uri"]) for file in files)
    assert (glb.parent.name, glb.read_bytes()[:4], usdz.read_bytes()[:2]) == (armchair, b"glTF", b"PK")


def test_what_was_exported_before_is_not_exported_again(armchair, tmp_path):
    fields = {
        "asset": armchair,
        "output": str(tmp_path),
        "formats": "glb",
        "configuration": {"Variant": "Moss"},
    }
    first = task(ThreekitExportAssetOperator, **fields, deferrable=True).run()
    again = task(ThreekitExportAssetOperator, **fields).run()
    assert [file["sha256"] for file in again] == [file["sha256"] for file in first]
    assert [file["job_id"].partition(":")[0] for file in (*first, *again)] == ["job", "file"]


@pytest.mark.parametrize("formats", [["fbx"], []])
def test_a_foreign_format_is_refused(armchair, tmp_path, formats):
    work = task(ThreekitExportAssetOperator, asset=armchair, output=str(tmp_path), formats=formats)
    with pytest.raises(RenderInputError, match="allowed are glb, usdz"):
        work.run()
    assert work.rows == {}


def test_an_asset_that_is_not_there_fails_at_once(threekit, tmp_path):
    missing = "00000000-0000-4000-8000-000000000000"
    work = task(ThreekitExportAssetOperator, asset=missing, output=str(tmp_path))
    with pytest.raises(RejectedError):
        work.run()
    assert work.rows == {}


# Renders.


def matrix(asset, known, **more):
    fields = {
        "assets": asset,
        "attributes": {"Variant": ["Moss", "Navy"]},
        "stages": [known["White Studio"], {"stageId": known["Cut-out"], "attributes": {"Azimuth": [10]}}],
        "settings": {"width": 320, "height": 240},
        **more,
    }
    return task(ThreekitRenderOperator, **fields)


def test_a_matrix_is_rendered_once_and_delivered_whole(threekit, armchair, stages, tmp_path):
    told = matrix(armchair, stages, output=str(tmp_path), deferrable=True).run()
    files = told["files"]
    assert (told["renders"], told["file_count"], told["truncated"]) == (1, 4, False)
    assert threekit.spent == 4
    white, cut = stages["White Studio"][:8], stages["Cut-out"][:8]
    names = {f"Moss_{white}.png", f"Navy_{white}.png", f"Moss_10_{cut}.png", f"Navy_10_{cut}.png"}
    assert {file["name"] for file in files} == names
    assert {Path(file["uri"]).parent.name for file in files} == {armchair}
    assert len({file["sha256"] for file in files}) == 4

    again = matrix(armchair, stages, output=str(tmp_path / "again"), attributes={"Variant": "Moss"}).run()
    assert (again["file_count"], threekit.spent) == (2, 4)
    assert Path(again["manifest"]).is_relative_to(tmp_path / "again/_render/manifests")


def test_more_renders_than_can_be_handed_on_are_refused_before_they_are_paid(threekit, armchair):
    assets = [f"{number:08}-0000-4000-8000-000000000000" for number in range(100)]
    with pytest.raises(RenderInputError, match=r"assets: .* Name an output folder"):
        task(ThreekitRenderOperator, assets=assets).run()
    assert threekit.spent == 0


def test_a_matrix_without_stages_is_delivered_whole_a_second_time(threekit, armchair, tmp_path):
    fields = {"assets": armchair, "attributes": {"Variant": ["Moss", "Navy"]}, "settings": {"width": 40}}
    first = task(ThreekitRenderOperator, **fields, output=str(tmp_path)).run()
    again = task(ThreekitRenderOperator, **fields, output=str(tmp_path)).run()
    assert [file["sha256"] for file in again["files"]] == [file["sha256"] for file in first["files"]]
    assert threekit.spent == 2


def test_renders_that_stay_at_threekit_can_be_downloaded_by_another_task(
    threekit, armchair, stages, tmp_path
):
    jobs = matrix(armchair, stages, stages=stages["Warm Room"]).run()
    assert [job["model_id"] for job in jobs] == [armchair]
    files = Task(
        lambda: DownloadRendersOperator(
            task_id="get",
            render_conn_id=threekit.conn_id,
            job=jobs,
            output=str(tmp_path),
            folder="{model_id}",
        )
    ).run()
    assert {file["name"] for file in files["files"]} == {"Moss.png", "Navy.png"}


def test_a_matrix_that_was_cut_off_is_found_by_its_name_and_paid_once(threekit, hook, armchair, stages):
    fields = {
        "task_id": "work",
        "assets": armchair,
        "attributes": {"Variant": ["Standard"]},
        "stages": stages["Graphite Studio"],
        "settings": {"width": 64, "renderMissingLayers": False},
        **FAST,
    }
    work = Task(lambda: ThreekitRenderOperator(**fields), run_id="cut-off")
    threekit.fault(kind="drop_after", next=1, match="^POST .*/asset-jobs/renders")
    with pytest.raises(OutcomeUnknownError, match="may or may not have happened"):
        work.start()
    (job,) = work.run()
    assert imports(hook, "renders/cut-off/work#2") == [job["refs"]["job"]]
    assert threekit.spent == 1


def test_a_worker_that_dies_right_after_the_submit_pays_once(threekit, hook, armchair, stages, monkeypatch):
    fields = {"assets": armchair, "attributes": {"Variant": ["Navy"]}, "settings": {"width": 48}, **FAST}
    work = Task(lambda: ThreekitRenderOperator(task_id="work", **fields), run_id="died")
    with monkeypatch.context() as patch:

        def die(self, job_id):
            raise Died

        patch.setattr(ThreekitRenderOperator, "_jobs", die)
        with pytest.raises(Died):
            work.start()
    work.run()
    assert (len(imports(hook, "renders/died/work#2")), threekit.spent) == (1, 1)


def test_a_clean_refusal_leaves_nothing_that_a_retry_would_look_for(threekit):
    work = task(ThreekitRenderOperator, assets="00000000-0000-4000-8000-000000000000")
    with pytest.raises(RejectedError, match="no render hours are used"):
        work.start()
    assert (work.rows, threekit.spent) == ({}, 0)


def test_a_job_of_which_tasks_failed_fails_with_the_reason(threekit, armchair):
    fields = {"assets": armchair, "attributes": {"Variant": ["Moss"]}, "settings": {"width": 56}}
    threekit.fault(kind="render_failure", next=1, match="^POST .*/asset-jobs/renders")
    with pytest.raises(RenderFailedError, match="1 of 1 jobs at Threekit failed"):
        task(ThreekitRenderOperator, **fields).run()


def test_a_time_out_lets_the_job_go_on_and_a_retry_takes_it_over(idle, tmp_path):
    model = new_model(tmp_path)
    work = task(ThreekitImportAssetOperator, model=model, deferrable=True)
    work.start()
    with pytest.raises(RenderTimeoutError, match="1 go on, and a retry will take them over"):
        work.time_out()
    assert isinstance(work.start(), TaskDeferred)
    assert len(ThreekitHook().jobs.all()) == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"settings": {"configuration": {"a": 1}}}, "configuration go into attributes and stages"),
        ({"settings": {"width": 1}}, "width: 1 is not allowed"),
        ({"stages": [7]}, "stages: neither an id nor a table"),
        ({"assets": [{"name": "x"}]}, "assets: must be Threekit's id of a model, or what"),
    ],
)
def test_wrong_input_is_refused_before_anything_is_sent(threekit, fields, message):
    work = task(ThreekitRenderOperator, **{"assets": "A1", **fields})
    with pytest.raises(RenderInputError, match=message):
        work.run()
    assert work.rows == {}


# Items.


def item(name, **product):
    return {"product": {"name": name, "type": "item", **product}, "query": {"name": name}}


def test_items_are_made_and_changed_by_query(hook, tmp_path):
    file = tmp_path / "items.json"
    file.write_text(json.dumps([{"product": {"name": "Sofa", "description": "old"}}]))
    made = task(ThreekitImportProductsOperator, products=str(file)).run()
    assert (made["products"], hook.jobs.get(made["job_id"]).status) == (1, "stopped")
    task(ThreekitImportProductsOperator, products=[item("Sofa", description="new")], deferrable=True).run()
    (sofa,) = hook.catalog.all(name="Sofa")
    assert sofa.description == "new"


def test_items_with_queries_are_sent_again_after_a_cut_off_try(threekit, hook):
    work = task(ThreekitImportProductsOperator, products=[item("Stool")])
    threekit.fault(kind="drop_after", next=1, match="^POST .*/products/import")
    with pytest.raises(Exception, match="products/import"):
        work.start()
    assert work.run()["products"] == 1


def test_items_without_a_query_are_not_sent_twice(threekit):
    work = task(ThreekitImportProductsOperator, products=[{"product": {"name": "Twice"}}])
    threekit.fault(kind="drop_after", next=1, match="^POST .*/products/import")
    with pytest.raises(OutcomeUnknownError):
        work.start()
    with pytest.raises(AmbiguousSubmitError, match="1 of them without a query"):
        work.start()


@pytest.mark.parametrize("products", [[], [{"name": "x"}], {"product": {}}, "[]", "[{", "/nowhere.json"])
def test_items_in_another_form_are_refused(threekit, products):
    with pytest.raises(RenderInputError, match=r"products: (a list of|cannot read)"):
        task(ThreekitImportProductsOperator, products=products).run()


# The sensor.


@pytest.mark.parametrize("deferrable", [False, True])
def test_any_job_is_waited_for_by_its_id(hook, tmp_path, deferrable):
    (file,) = hook.files.upload(_source(new_model(tmp_path)))
    job = hook.asset_jobs.import_file(file.id).id
    fields = {"job": job, "deferrable": deferrable, "poke_interval": 0.1}
    (seen,) = Task(lambda: ThreekitJobSensor(task_id="wait", poll_interval=0.1, **fields)).run()
    assert (seen["id"], hook.jobs.get(job).status) == (f"job:{job}", "stopped")


def test_a_job_that_failed_fails_with_what_its_runs_say(hook, tmp_path):
    path = tmp_path / "broken.glb"
    path.write_bytes(b"glTF\x02\x00\x00\x00" + b"\xff" * 300)
    (file,) = hook.files.upload(_source(str(path)))
    job = hook.asset_jobs.import_file(file.id).id
    wait = Task(lambda: ThreekitJobSensor(task_id="wait", job=[job], poke_interval=0.1, poll_interval=0.1))
    with pytest.raises(RenderFailedError, match=r"1 of 1 tasks of job .* failed: .+"):
        wait.run()


@pytest.mark.parametrize("job", [7, "", None, "None", [None]])
def test_a_job_that_is_none_is_refused(threekit, job):
    with pytest.raises(RenderInputError, match="job: must be a job's id, or a render, not"):
        Task(lambda: ThreekitJobSensor(task_id="wait", job=job)).run()


def _source(path):
    from airflow_provider_render.hooks.files import StoredFile

    return StoredFile(path)
