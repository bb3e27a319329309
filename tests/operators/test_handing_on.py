"""What the single steps hand on stays small, whatever the number of renders."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from airflow_provider_render.catalog.report import ItemReport, Outcome, Report
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.operators.catalog import RenderModelOperator
from airflow_provider_render.sensors.glossi import GlossiModelReadySensor
from airflow_provider_render.sensors.threekit import ThreekitJobSensor
from tests.operators.account import SETTINGS
from tests.operators.task import Task
from tests.operators.test_single_steps import download, submit, upload, wait

LIMIT = 10_000


def finished(account, models) -> list[dict]:
    """Renders that have succeeded."""
    return [submit(account, upload(account, model).run(), SETTINGS).run() for model in models]


def unknown(count: int) -> list[dict]:
    """Renders as a submit returns them."""
    return [
        {
            "vendor": "dxgl",
            "id": f"r{number:011}",
            "model_id": "m0123456789a",
            "settings": SETTINGS,
            "refs": {},
        }
        for number in range(count)
    ]


def test_more_files_than_fit_are_in_the_manifest(dxgl, rendered, tmp_path):
    jobs = finished(dxgl, rendered)
    kinds = ["video", "web_video", "poster", "thumbnail", "archive"]
    deep = "/".join(["a-folder-with-quite-a-long-name"] * 6) + "/{id}"

    told = download(dxgl, jobs, tmp_path / "out", outputs=kinds, folder=deep).run()

    assert len(json.dumps(told)) < LIMIT
    assert told["truncated"]
    assert 0 < len(told["files"]) < told["file_count"] == 15
    files = [json.loads(line) for line in Path(told["manifest"]).read_text().splitlines()]
    assert files[: len(told["files"])] == told["files"]
    assert [file["job_id"] for file in files] == [job["id"] for job in jobs for _ in kinds]
    assert sum(Path(file["uri"]).stat().st_size for file in files) == told["bytes"]
    assert Path(told["manifest"]).parent == tmp_path / "out/_render/manifests"


def test_mapped_downloads_into_one_folder_have_a_manifest_each(dxgl, rendered, tmp_path):
    told = []
    for index, job in enumerate(finished(dxgl, rendered[:2])):
        task = download(dxgl, job, tmp_path / "out")
        task.map_index = index
        told.append(task.run())
    assert len({one["manifest"] for one in told}) == 2


@pytest.mark.parametrize("deferrable", [True, False])
def test_more_renders_than_fit_are_refused_before_the_vendor_is_asked(idle, deferrable):
    with idle.counted("") as calls, pytest.raises(RenderInputError) as caught:
        wait(idle, unknown(200), deferrable=deferrable).run()
    assert calls == [0]
    for part in ("job: ", "RenderCatalogOperator", ".expand(job=...)", "do_xcom_push=False", "renders go on"):
        assert part in str(caught.value)


@pytest.mark.parametrize("deferrable", [True, False])
def test_any_number_is_waited_for_where_nothing_is_handed_on(dxgl, rendered, deferrable):
    jobs = finished(dxgl, rendered) * 100
    task = wait(dxgl, jobs, deferrable=deferrable, do_xcom_push=False)
    assert len(task.run()) == 300


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_usual_number_of_renders_goes_through_the_chain(dxgl, rendered, tmp_path, deferrable):
    jobs = finished(dxgl, rendered) * 20
    done = wait(dxgl, jobs, deferrable=deferrable).run()
    assert done == jobs
    assert len(json.dumps(done)) < LIMIT
    told = download(dxgl, done[:3], tmp_path / "out").run()
    assert (told["renders"], told["file_count"]) == (3, 6)


@pytest.fixture
def connections(monkeypatch):
    """Connections behind which nobody answers."""
    given = {"host": "http://127.0.0.1:9", "password": "t"}
    org = {"org_id": "11111111-2222-3333-4444-555555555555"}
    monkeypatch.setenv("AIRFLOW_CONN_GLOSSI_DEFAULT", json.dumps({"conn_type": "glossi", **given}))
    threekit = {"conn_type": "threekit", **given, "extra": org}
    monkeypatch.setenv("AIRFLOW_CONN_THREEKIT_DEFAULT", json.dumps(threekit))


def test_the_sensors_of_single_vendors_hand_on_no_more_either(connections):
    many = [f"{number:036}" for number in range(400)]
    for sensor in (
        lambda: GlossiModelReadySensor(task_id="wait", model=many),
        lambda: ThreekitJobSensor(task_id="wait", job=many),
    ):
        with pytest.raises(RenderInputError, match="are the most"):
            Task(sensor).run()


@pytest.mark.parametrize("deferrable", [True, False])
def test_more_models_than_fit_are_refused_in_the_words_of_their_own_sensor(connections, deferrable):
    many = [f"{number:036}" for number in range(400)]
    with pytest.raises(RenderInputError) as caught:
        Task(lambda: GlossiModelReadySensor(task_id="wait", model=many, deferrable=deferrable)).run()
    told = str(caught.value)
    assert told.startswith("model: ")
    for part in ("GlossiModelReadySensor.partial(...).expand(model=...)", "the models from the upload"):
        assert part in told
    for foreign in ("job", "RenderSensor.", "render", "submit"):
        assert foreign not in told


def test_a_single_model_with_very_many_files_tells_as_many_as_fit(tmp_path):
    files = tuple(
        {"path": f"CHR-1/{number}.png", "name": f"{number}.png", "size": 7} for number in range(900)
    )
    report = Report("run", "DXGL", "", items=[ItemReport("CHR-1", Outcome.DELIVERED, files=files)])
    operator = RenderModelOperator(task_id="one", render_conn_id="c", model="m.glb", output=str(tmp_path))
    told = operator._result(SimpleNamespace(root=place(tmp_path)), report)
    assert len(json.dumps(told)) < LIMIT
    assert told["truncated"]
    assert 20 < len(told["files"]) < 900
    assert told["files"][0]["uri"] == str(tmp_path / "CHR-1/0.png")
