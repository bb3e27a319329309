from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.http.sensors.http import HttpSensor
from airflow.serialization.serialized_objects import DagSerialization

from tests.dags.conftest import ROOT

FILES = sorted((ROOT / "dags").glob("*.py"))
HEAVY = (
    "airflow_provider_render.http.sync",
    "airflow_provider_render.http.aio",
    "airflow_provider_render.sandbox",
    "av",
    "PIL",
    "numpy",
    "pandas",
    "pyarrow",
    "trimesh",
)


@pytest.fixture(scope="module")
def bag() -> DagBag:
    return DagBag(ROOT / "dags")


def test_every_dag_file_gives_a_dag_without_errors_or_warnings(bag):
    assert bag.import_errors == {}
    assert bag.captured_warnings == {}
    assert {Path(dag.fileloc) for dag in bag.dags.values()} == set(FILES)


def test_every_task_may_be_retried(bag):
    tasks = [task for dag in bag.dags.values() for task in dag.tasks]
    assert len(tasks) >= 2 * len(FILES)
    assert [task.task_id for task in tasks if task.retries < 1] == []


def test_every_dag_that_keeps_an_output_folder_runs_alone_and_does_not_catch_up(bag):
    assert [dag.dag_id for dag in bag.dags.values() if dag.max_active_runs != 1 or dag.catchup] == []


def test_every_dag_survives_serialization(bag):
    for dag in bag.dags.values():
        restored = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        assert set(restored.task_dict) == set(dag.task_dict)


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        ("https://api.dx.gl", "v1/health"),
        ("https://api.dx.gl/", "v1/health"),
        ("https://api.dx.gl/v1/", "health"),
        (None, "/v1/health"),
    ],
)
def test_the_nightly_health_check_is_asked_for_below_the_host_whatever_it_is(bag, host, endpoint):
    healthy = bag.dags["dxgl_nightly_catalog"].task_dict["healthy"]
    conn = SimpleNamespace(dxgl_default=SimpleNamespace(host=host))
    assert healthy.render_template(healthy.endpoint, {"conn": conn}) == endpoint


@pytest.mark.filterwarnings("ignore:The `airflow.utils.operator_helpers.determine_kwargs`")
def test_the_nightly_health_check_says_that_the_connection_has_no_host(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_DXGL_DEFAULT", '{"conn_type": "dxgl", "password": "dxgl_sk_first"}')
    sensor = HttpSensor(task_id="healthy", http_conn_id="dxgl_default", endpoint="/v1/health")
    with pytest.raises(requests.exceptions.InvalidURL, match="No host supplied"):
        sensor.poke({})


def test_every_dag_is_described_by_its_file():
    assert [file.name for file in FILES if not file.read_text().startswith('"""')] == []


def test_parsing_the_dag_files_loads_neither_a_client_nor_a_renderer():
    files = [str(file) for file in FILES]
    code = f"import runpy, sys; [runpy.run_path(file) for file in {files!r}]; print(*sys.modules, sep='\\n')"
    parsed = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(parsed.stdout.splitlines())
    assert "airflow_provider_render.operators.base" in loaded
    assert loaded & set(HEAVY) == set()
    assert re.findall(r"(?:airflow_provider_render|/dags)/.*Warning.*", parsed.stderr) == []


def test_the_dags_run_in_airflow_and_pay_once(dxgl, tmp_path, start_shop):
    airflow = start_shop()

    steps = airflow.run("dxgl_single_steps")
    assert steps["state"] == "success", steps["said"]
    files = next(value for task, _, value in steps["xcoms"] if task == "download")
    assert {Path(file["uri"]).name for file in files["files"]} == {"video.mp4", "poster.png"}
    assert dxgl.spent == 1

    nights = [airflow.run("dxgl_nightly_catalog") for _ in range(2)]
    assert [night["state"] for night in nights] == ["success"] * 2, nights[0]["said"]
    first, second = (next(value for task, _, value in night["xcoms"] if task == "render") for night in nights)
    assert (first["delivered"], first["credits_spent"]) == (1, "1")
    assert (second["unchanged"], second["credits_spent"]) == (1, "0")
    assert dxgl.spent == 2
    assert (tmp_path / "out/dxgl/CHR-1/video.mp4").stat().st_size > 0
    assert dxgl.token not in "".join(run["said"] for run in (steps, *nights))
