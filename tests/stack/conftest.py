"""One real Airflow, and one sandbox, for all tests of this folder; the wheel is what they run."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT / "bin"))

from demo_runner import airflow_stack  # noqa: E402
from demo_runner.airflow_api import AirflowApi  # noqa: E402
from demo_runner.components import Components  # noqa: E402
from demo_runner.layout import VENDORS  # noqa: E402
from demo_runner.ports import choose_port  # noqa: E402

from tests.secret_watch import ready, secret  # noqa: E402

PATIENCE = 240.0
SLOW, STEADY, PROMPT = 60, 20, 0
"""Seconds that three vendors take for any render."""

TRIGGERER_IS_DEAD_AFTER = 10
MODELS = ("armchair", "bottle", "speaker")


@dataclass
class WaitingVendor:
    """A sandbox that delivers ready-made files, each after some seconds.

    :param said: what the sandbox says of each vendor that it serves.
    """

    said: dict[str, dict[str, str]] = field(repr=False)

    @property
    def url(self) -> str:
        return self.said["dxgl"]["base_url"].removesuffix("/dxgl")

    def credits(self, vendor: str) -> int:
        """Credits on the bill of a vendor."""
        return int(httpx.get(f"{self.url}/_sandbox/bill").json()[vendor]["credits"])

    def paid(self, mark: str) -> list[str]:
        """Renders on the bill of models whose file names begin with a mark, also those that are cancelled."""
        calls = httpx.get(f"{self.url}/_sandbox/bill").json()["dxgl"]["calls"]
        mine = [call for call in calls if self._file_name(call["model_ids"][0]).startswith(mark)]
        return [render for call in mine for render in call["render_ids"]]

    def knows(self, render: str) -> bool:
        """Whether a render is there, and was not cancelled."""
        return self._get(f"renders/{render}").is_success

    def is_done(self, renders: Iterable[str]) -> bool:
        """Whether all of some renders are finished."""
        answers = [self._get(f"renders/{render}").json() for render in renders]
        return all(answer["data"]["status"] == "done" for answer in answers)

    def _file_name(self, model: str) -> str:
        return str(self._get(f"models/{model}").json()["data"]["originalName"])

    def _get(self, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.said['dxgl']['token']}"}
        return httpx.get(f"{self.url}/dxgl/v1/{path}", headers=headers)

    @contextmanager
    def counted(self, match: str, seconds: float = 0) -> Iterator[Callable[[], int]]:
        """Count calls, and delay each; what it gives tells the number so far."""
        faults = f"{self.url}/_sandbox/faults"
        fault = {"kind": "latency", "seconds": seconds, "match": match}
        httpx.put(faults, json={"faults": [fault]}).raise_for_status()
        yield lambda: int(httpx.get(faults).json()["faults"][0]["fired"])
        httpx.delete(faults)


@dataclass
class Stack:
    """A running Airflow and the sandbox its connection leads to."""

    python: str
    home: Path
    api: AirflowApi
    sandbox: str
    token: str = field(repr=False)
    environment: dict[str, str] = field(repr=False)
    components: Components
    models: Path = field(default_factory=Path)
    waiting: dict[str, WaitingVendor] = field(default_factory=dict)

    def bill(self) -> list[dict[str, Any]]:
        return httpx.get(f"{self.sandbox}/_sandbox/bill").json()["dxgl"]["calls"]

    def start_component(self, name: str, *arguments: str) -> None:
        """Start a component of Airflow, once more or for the first time."""
        command = airflow_stack.airflow(*arguments, python=self.python)
        self.components.start(name, command, self.environment, self.home / "airflow")

    def set_variable(self, key: str, value: str) -> str | None:
        """Set an Airflow variable, and return what it was."""
        path, body = "/api/v2/variables", {"key": key, "value": value}
        known = self.api.client.get(f"{path}/{key}")
        if not known.is_success:
            self.api.client.post(path, json=body).raise_for_status()
            return None
        self.api.client.patch(f"{path}/{key}", json=body).raise_for_status()
        return str(known.json()["value"])

    def vendor(self, method: str, path: str) -> httpx.Response:
        url = f"{self.sandbox}/dxgl{path}"
        return httpx.request(method, url, headers={"Authorization": f"Bearer {self.token}"})

    def catalog(self, folder: Path, *skus: str, variants: Iterable[dict[str, Any]] = ({},)) -> Path:
        """A catalog of models that nobody rendered yet: every copy gets bytes of its own.

        :param variants: further columns of each row of a model.
        """
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        for sku in skus:
            model = folder / f"{sku}.glb"
            model.write_bytes(fresh_model(PROJECT / "samples/models/bottle.glb", f"{folder}/{sku}"))
            rows += [{"sku": sku, "model": model.name, **variant} for variant in variants]
        path = folder / "catalog.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    def start(self, dag_id: str, **conf: str) -> str:
        until(lambda: self.api.has_dag(dag_id), f"DAG {dag_id}")
        self.api.client.patch(f"/api/v2/dags/{dag_id}", json={"is_paused": False}).raise_for_status()
        body = {"logical_date": None, "conf": conf}
        answer = self.api.client.post(f"/api/v2/dags/{dag_id}/dagRuns", json=body)
        return str(answer.raise_for_status().json()["dag_run_id"])

    def finish(self, dag_id: str, run_id: str) -> str:
        """Wait for the end of a run and return its state."""
        states = {"success", "failed"}
        until(lambda: self.api.run_state(dag_id, run_id) in states, f"the end of {dag_id} {run_id}")
        return self.api.run_state(dag_id, run_id)

    def task(self, dag_id: str, run_id: str, task_id: str = "render") -> dict[str, Any]:
        tasks = self.api.tasks(dag_id, run_id)
        return next(task for task in tasks if task["task_id"] == task_id)

    def wait_for_task(self, dag_id: str, run_id: str, state: str, task_id: str = "render") -> None:
        until(lambda: self.task(dag_id, run_id, task_id)["state"] == state, f"{task_id} to be {state}")

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        answer = self.api.client.get(path, params={"deserialize": "true"})
        return answer.json()["value"] if answer.is_success else None


def fresh_model(source: Path, mark: str) -> bytes:
    """Return a GLB that shows the same and has other bytes: a mark goes into its JSON chunk."""
    data = source.read_bytes()
    length = int.from_bytes(data[12:16], "little")
    document = json.loads(data[20 : 20 + length])
    document["asset"]["extras"] = {"mark": mark}
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    total = 20 + len(text) + len(rest)
    head = data[:8] + total.to_bytes(4, "little") + len(text).to_bytes(4, "little") + data[16:20]
    return head + text + rest


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.5)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.stack)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def stack_python() -> str:
    """The environment that has the wheel; ``bin/test`` makes it."""
    python = os.environ.get("RENDER_STACK_PYTHON")
    assert python, "RENDER_STACK_PYTHON names no environment: run these tests with bin/test"
    return python


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, stack_python: str) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("stack")
    components = Components(home, home / "processes.json")
    try:
        yield _start(home, components, stack_python)
    finally:
        components.stop()


def _start(home: Path, components: Components, python: str) -> Stack:
    base = airflow_stack.inherited(os.environ)
    base["PATH"] = os.pathsep.join([str(Path(python).parent), base["PATH"]])
    looks = ("--speed", "10", "--scale", "0.06", "--fps", "4")
    vendor = _sandbox(home, components, base, python, "sandbox", *looks)["dxgl"]
    kinds = {
        "slow": ("--vendor-seconds", str(SLOW)),
        "steady": ("--vendor-seconds", str(STEADY)),
        "prompt": ("--vendor-seconds", str(PROMPT), "--speed", "50"),
    }
    waiting = {
        name: WaitingVendor(_sandbox(home, components, base, python, name, "--instant", *options))
        for name, options in kinds.items()
    }
    airflow_home = home / "airflow"
    airflow_home.mkdir()
    dags = home / "dags"
    shutil.copytree(PROJECT / "dags", dags)
    shutil.copytree(Path(__file__).parent / "dags", dags, dirs_exist_ok=True)
    port = choose_port(18080)
    environment = base | airflow_stack.settings(airflow_home, dags, port)
    environment |= {
        "AIRFLOW_CONN_DXGL_DEFAULT": VENDORS["dxgl"].connection(vendor),
        **{
            f"AIRFLOW_CONN_{name}_{kind}".upper(): VENDORS[name].connection(said)
            for kind, one in waiting.items()
            for name, said in one.said.items()
        },
        "AIRFLOW_CONN_DXGL_REFUSED": VENDORS["dxgl"].connection(
            {**vendor, "token": secret("dxgl_sk_of_nobody")}
        ),
        "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": str(TRIGGERER_IS_DEAD_AFTER),
    }
    airflow_stack.start(components, environment, airflow_home, python)
    api = AirflowApi(f"http://127.0.0.1:{port}")
    airflow_stack.wait_until_healthy(components, api, PATIENCE)
    api.log_in()
    sandbox = vendor["base_url"].removesuffix("/dxgl")
    models = home / "shop/models"
    stack = Stack(python, home, api, sandbox, vendor["token"], environment, components, models, waiting)
    stack.set_variable("render_catalog", str(_sample_catalog(home / "shop")))
    stack.set_variable("render_output", f"file://{home}/renders")
    return stack


def _sandbox(
    home: Path, components: Components, base: dict[str, str], python: str, name: str, *options: str
) -> dict[str, dict[str, str]]:
    """Start a sandbox and return what it says of each vendor."""
    served = ("--vendor", "dxgl", "glossi", "threekit")
    options = (*served, "--port", "0", "--data", str(home / f"{name}-data"), *options)
    components.start(name, [python, "-m", "airflow_provider_render.sandbox", *options], base, home)
    until(lambda: components.log(name).read_text().startswith("{"), f"the {name}")
    return ready(components.log(name).read_text().splitlines()[0])


def _sample_catalog(folder: Path) -> Path:
    (folder / "models").mkdir(parents=True)
    rows = ["sku,model"]
    for name in MODELS:
        shutil.copy(PROJECT / "samples/models" / f"{name}.glb", folder / "models")
        rows.append(f"{name.upper()},models/{name}.glb")
    catalog = folder / "catalog.csv"
    catalog.write_text("\n".join(rows) + "\n")
    return catalog
