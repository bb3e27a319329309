from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    ModelFileError,
    OutcomeUnknownError,
    OutOfCreditsError,
    RenderFailedError,
    RenderInputError,
    SettingsError,
)
from airflow_provider_render.operators.glossi import GlossiRetryRenderOperator
from airflow_provider_render.operators.imagine import ImagineSceneRenderOperator
from airflow_provider_render.operators.render import (
    DownloadRendersOperator,
    SubmitRenderOperator,
    UploadModelOperator,
)
from airflow_provider_render.sensors.render import RenderSensor
from tests.operators.account import SETTINGS, new_model
from tests.operators.task import RETRIES, SupersededError, Task


def upload(account, model, settings=SETTINGS, **more) -> Task:
    fields = {"task_id": "upload", "model": model, "settings": settings, "render_conn_id": account.conn_id}
    params = more.pop("params", None)
    return Task(lambda: UploadModelOperator(**fields, **more), params=params)


def submit(account, model, settings=SETTINGS, **more) -> Task:
    fields = {"task_id": "submit", "model": model, "settings": settings, "render_conn_id": account.conn_id}
    params = more.pop("params", None)
    return Task(lambda: SubmitRenderOperator(**fields, **more), params=params)


def wait(account, job, **more) -> Task:
    fields = {"task_id": "wait", "job": job, "render_conn_id": account.conn_id, "poll_interval": 0.2}
    return Task(lambda: RenderSensor(**fields, **more))


def download(account, job, output, **more) -> Task:
    fields = {"task_id": "download", "job": job, "output": output, "render_conn_id": account.conn_id}
    return Task(lambda: DownloadRendersOperator(**fields, **more))


def test_a_chain_of_single_steps_pays_one_credit_and_delivers_the_files(dxgl, tmp_path):
    uploaded = upload(dxgl, new_model(tmp_path)).run()
    job = submit(dxgl, uploaded).run()
    done = wait(dxgl, job, deferrable=True).run()
    downloaded = download(dxgl, done, tmp_path / "out").run()
    files = downloaded["files"]

    assert dxgl.spent == 1
    assert job == uploaded["job"] == done
    assert {file["kind"] for file in files} == {"video", "poster"}
    for file in files:
        assert Path(file["uri"]).stat().st_size == file["size"]
        assert file["job_id"] == job["id"]
    assert (downloaded["renders"], downloaded["file_count"], downloaded["truncated"]) == (1, 2, False)


@pytest.mark.parametrize("cleared", [False, True], ids=["retry", "clear"])
def test_repeating_every_step_pays_nothing(idle, tmp_path, cleared):
    first = upload(idle, new_model(tmp_path))
    uploaded = first.run()
    second = submit(idle, uploaded, {**SETTINGS, "rotateY": 90})
    job = second.run()
    assert idle.spent == 2

    for task in (first, second):
        if cleared:
            task.clear()
    assert first.run() == uploaded
    assert second.run() == job
    assert idle.spent == 2


def test_a_known_model_is_not_uploaded(dxgl, rendered):
    with dxgl.counted("^POST .*/v1/models$") as uploads:
        uploaded = upload(dxgl, rendered[0]).run()

    assert uploads == [0]
    assert uploaded["model_id"]
    assert uploaded["job"] is None
    assert dxgl.spent == 0


def test_another_run_takes_over_an_equal_render(dxgl, rendered):
    uploaded = upload(dxgl, rendered[0]).run()

    job = submit(dxgl, uploaded).run()

    assert dxgl.spent == 0
    assert dxgl.render(job["id"])["status"] == "done"


def test_the_uploads_render_is_taken_over_where_settings_are_equal_in_effect(idle, tmp_path):
    uploaded = upload(idle, new_model(tmp_path), {**SETTINGS, "bgColor": "#FFFFFF"}).run()

    job = submit(idle, uploaded, {**SETTINGS, "quality": "standard"}).run()

    assert job["id"] == uploaded["job"]["id"]
    assert idle.spent == 1


def test_the_uploads_render_is_not_taken_over_where_settings_differ(idle, tmp_path):
    uploaded = upload(idle, new_model(tmp_path)).run()

    job = submit(idle, uploaded, {**SETTINGS, "quality": "4k"}).run()

    assert job["id"] != uploaded["job"]["id"]
    assert job["model_id"] == uploaded["model_id"]
    assert idle.spent == 1 + 4


def test_a_model_id_alone_is_enough_to_submit(idle, tmp_path):
    model_id = upload(idle, new_model(tmp_path)).run()["model_id"]

    job = submit(idle, model_id, {"length": 4}).run()

    assert job["model_id"] == model_id
    assert idle.spent == 2


def test_force_pays_once_in_a_run_and_again_after_a_clear(idle, tmp_path):
    uploaded = upload(idle, new_model(tmp_path)).run()
    task = submit(idle, uploaded, force=True)

    first = task.run()
    assert task.run() == first
    assert idle.spent == 2

    task.clear()
    second = task.run()
    assert task.run() == second
    assert len({first["id"], second["id"], uploaded["job"]["id"]}) == 3
    assert idle.spent == 3


@pytest.mark.parametrize(("param", "paid"), [(False, 1), (None, 1), (True, 2)])
def test_a_templated_force_means_what_it_says(idle, tmp_path, param, paid):
    uploaded = upload(idle, new_model(tmp_path)).run()

    submit(idle, uploaded, force="{{ params.anew }}", params={"anew": param}).run()

    assert idle.spent == paid


def test_templated_settings_may_be_json(idle, tmp_path):
    task = upload(idle, new_model(tmp_path), "{{ params.look | tojson }}", params={"look": SETTINGS})

    assert task.run()["job"]["settings"] == SETTINGS


def test_a_retry_while_the_vendor_does_not_list_the_render_yet_pays_nothing(idle, tmp_path):
    idle.faults({"kind": "late_listing", "seconds": 600})
    task = upload(idle, new_model(tmp_path))
    first = task.run()

    assert task.run() == first
    assert idle.spent == 1


def test_a_render_that_the_vendor_failed_is_rendered_anew_by_a_repeat(dxgl, tmp_path):
    dxgl.faults({"kind": "render_failure", "next": 1})
    task = upload(dxgl, new_model(tmp_path))
    failed = task.run()["job"]
    with pytest.raises(RenderFailedError, match=failed["id"]):
        wait(dxgl, failed).run()

    dxgl.faults({"kind": "render_failure", "next": 1})
    task.clear()
    again = task.run()["job"]

    assert again["id"] != failed["id"]
    assert dxgl.spent == 2


@pytest.mark.parametrize("kind", ["drop_after", "error_after"])
def test_an_upload_without_an_answer_is_looked_up_by_the_retry(idle, tmp_path, kind):
    idle.faults({"kind": kind, "next": 1, "match": "^POST .*/models$"})
    task = upload(idle, new_model(tmp_path))
    with pytest.raises(OutcomeUnknownError):
        task.run()

    uploaded = task.run()

    assert idle.spent == 1
    assert idle.knows(uploaded["job"]["id"])


@pytest.mark.parametrize("kind", ["drop_before", "error_before"])
def test_an_upload_that_never_arrived_is_paid_once_by_the_retry(idle, tmp_path, kind):
    idle.faults({"kind": kind, "next": 1, "match": "^POST .*/models$"})
    task = upload(idle, new_model(tmp_path))
    with pytest.raises(OutcomeUnknownError):
        task.run()

    task.run()

    assert idle.spent == 1


@pytest.mark.parametrize("on_ambiguous", ["fail", "resubmit"])
def test_an_unanswered_submit_that_nobody_can_tell_of_is_the_users_choice(
    idle, tmp_path, monkeypatch, on_ambiguous
):
    from airflow_provider_render.core.vendor import Answerable, Existing
    from airflow_provider_render.vendors.dxgl.vendor import DxglVendor

    model_id = upload(idle, new_model(tmp_path)).run()["model_id"]
    task = submit(idle, model_id, {"length": 5}, on_ambiguous=on_ambiguous)
    idle.faults({"kind": "drop_before", "next": 1, "match": "^POST"})
    with pytest.raises(OutcomeUnknownError):
        task.run()

    def cannot_tell(self, request, exclude=()):
        return Existing(Answerable.UNKNOWN)
        yield

    monkeypatch.setattr(DxglVendor, "find_existing", cannot_tell)
    if on_ambiguous == "fail":
        with pytest.raises(AmbiguousSubmitError, match="cannot tell"):
            task.run()
        assert idle.spent == 1
    else:
        task.run()
        assert idle.spent == 2


def test_a_superseded_worker_cannot_pay(idle, tmp_path):
    task = upload(idle, new_model(tmp_path))
    zombie, context = task.make(), task.context()
    task.worker += 1

    with pytest.raises(SupersededError):
        zombie.execute(context, UploadModelOperator__sentinel=_sentinel())

    assert idle.spent == 0


def _sentinel():
    from airflow.sdk.bases.operator import ExecutorSafeguard

    return ExecutorSafeguard.sentinel_value


def test_an_empty_account_is_told_and_costs_nothing(idle, tmp_path):
    idle.set_credits(0)
    task = upload(idle, new_model(tmp_path))
    with pytest.raises(OutOfCreditsError):
        task.run()
    assert task.try_number <= RETRIES
    assert "render.job" not in task.rows
    assert idle.spent == 0


def test_downloads_keep_the_order_of_the_jobs_and_may_be_repeated(dxgl, rendered, tmp_path):
    jobs = [submit(dxgl, upload(dxgl, model).run()).run() for model in rendered]
    task = download(dxgl, jobs, tmp_path / "out", outputs=["poster", "thumbnail"], folder="{model_id}/{id}")

    first = task.run()

    files = first["files"]
    assert [file["job_id"] for file in files] == [job["id"] for job in jobs for _ in range(2)]
    assert {file["name"] for file in files} == {"poster.png", "thumb.mp4"}
    assert files[0]["uri"].startswith(f"{tmp_path}/out/{jobs[0]['model_id']}/{jobs[0]['id']}/")
    assert task.run() == first
    assert dxgl.spent == 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"outputs": ["pictures"]}, "outputs: 'pictures'.*poster"),
        ({"folder": "{sku}"}, "folder: '{sku}'"),
        ({"job": "abc"}, "job: "),
        ({"job": None}, "job: "),
        ({"job": [{"id": "r1"}]}, "job: .*vendor"),
    ],
)
def test_a_download_says_what_is_wrong_with_its_input(idle, tmp_path, wrong, message):
    job = {"vendor": "dxgl", "id": "r1", "model_id": "m1"}
    given = {"job": job, "output": tmp_path / "out", **wrong}
    with pytest.raises(RenderInputError, match=message):
        download(idle, **given).run()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"aspect": "4:3"}, "aspect"),
        ({"length": 99}, "length"),
        ({"lenght": 5}, "lenght.*length"),
        ("not json", "settings: not JSON"),
        (["1:1"], "settings: must map"),
    ],
)
def test_wrong_settings_are_named_before_anything_is_sent(idle, tmp_path, settings, message):
    model = new_model(tmp_path)
    with idle.counted("") as calls, pytest.raises(RenderInputError, match=message):
        upload(idle, model, settings).run()
    assert calls == [0]


def test_wrong_settings_of_a_submit_are_named_before_anything_is_sent(idle):
    with idle.counted("") as calls, pytest.raises(SettingsError, match="bgColor"):
        submit(idle, "m1", {"bgColor": "red"}).run()
    assert calls == [0]


def test_a_force_that_is_neither_yes_nor_no_is_refused(idle):
    with pytest.raises(RenderInputError, match="force: must be true or false, not 'perhaps'"):
        submit(idle, "m1", force="perhaps").run()
    assert idle.spent == 0


@pytest.mark.parametrize("model", [None, "", {}, {"model_id": None}])
def test_a_submit_without_a_model_is_refused(idle, model):
    with pytest.raises(RenderInputError, match="model: "):
        submit(idle, model).run()
    assert idle.spent == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no model file"),
        (b"", "empty"),
        (b"glTF\x02\0\0\0garbage", "chair.glb"),
        (b"<html>not found</html>", "chair.glb"),
    ],
)
def test_a_model_that_cannot_be_rendered_is_refused_before_anything_is_sent(idle, tmp_path, content, message):
    path = tmp_path / "chair.glb"
    if content is not None:
        path.write_bytes(content)
    with idle.counted("") as calls, pytest.raises(ModelFileError, match=message):
        upload(idle, str(path)).run()
    assert calls == [0]


def test_a_folder_is_not_a_model(idle, tmp_path):
    with pytest.raises(ModelFileError, match="folder"):
        upload(idle, str(tmp_path)).run()
    assert idle.spent == 0


@pytest.mark.parametrize(
    ("operator", "needs"),
    [
        (UploadModelOperator, {"model": "chair.glb"}),
        (SubmitRenderOperator, {"model": "m1"}),
        (GlossiRetryRenderOperator, {"job": {}}),
        (ImagineSceneRenderOperator, {"scene_id": 1, "cameras": [1], "products": []}),
    ],
)
def test_a_misspelt_answer_to_an_unclear_submit_never_passes_for_paying_again(operator, needs):
    with pytest.raises(RenderInputError, match="on_ambiguous: must be 'fail' or 'resubmit', not 'Fail'"):
        operator(task_id="t", render_conn_id="c", on_ambiguous="Fail", **needs)
