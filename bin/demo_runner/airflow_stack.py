"""Airflow's components on SQLite, reachable from this machine only."""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from demo_runner.airflow_api import AirflowApi
from demo_runner.components import ComponentFailedError, Components
from demo_runner.ports import LOOPBACK

COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
HEALTH_NAMES = {
    "metadatabase": "api-server",
    "scheduler": "scheduler",
    "dag_processor": "dag-processor",
    "triggerer": "triggerer",
}


def keys(file: Path) -> dict[str, str]:
    """Return the secrets of this demo, made at its first start and readable by their owner only.

    :param file: where they are kept
    """
    if not file.exists():
        made = {
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(32),
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        }
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            json.dump(made, stream)
    loaded: dict[str, str] = json.loads(file.read_text())
    return loaded


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the settings of any other Airflow on this machine.

    :param environment: the one to start from
    """
    kept = {name: value for name, value in environment.items() if not name.startswith("AIRFLOW")}
    local = f"{LOOPBACK},localhost"
    kept |= {"NO_PROXY": local, "no_proxy": local, "PYTHONUNBUFFERED": "1"}
    kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    return kept


def settings(home: Path, dags: Path, port: int) -> dict[str, str]:
    """Return Airflow's settings for the demo.

    :param home: Airflow's home
    :param dags: the folder of the sample DAGs
    :param port: the port of the API and the UI
    """
    address = f"http://{LOOPBACK}:{port}"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "15",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        # The nightly schedule would start a second run of the DAG as soon as it is unpaused.
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
        **keys(home / "demo-keys.json"),
    }


def airflow(*arguments: str, python: str = sys.executable) -> list[str]:
    """Return a command line of Airflow.

    :param python: the interpreter of its environment
    """
    return [python, "-m", "airflow", *arguments]


def start(
    components: Components, environment: Mapping[str, str], home: Path, python: str = sys.executable
) -> None:
    """Bring the database up to date and start the four components.

    :param components: the demo's processes
    :param environment: their environment
    :param home: Airflow's home
    :param python: the interpreter of Airflow's environment
    :raises ComponentFailedError: if the database cannot be brought up to date
    """
    components.run("migrate", airflow("db", "migrate", python=python), environment, home)
    for name, arguments in COMPONENTS.items():
        components.start(name, airflow(*arguments, python=python), environment, home)


def wait_until_healthy(components: Components, api: AirflowApi, seconds: float) -> None:
    """Wait until Airflow calls all its components healthy.

    :param components: the demo's processes
    :param api: Airflow's API
    :param seconds: how long to wait
    :raises ComponentFailedError: if one ends before, or is not healthy in time
    """
    deadline = time.monotonic() + seconds
    missing = list(HEALTH_NAMES)
    while time.monotonic() < deadline:
        components.check()
        healthy = api.healthy_components()
        missing = [name for name in HEALTH_NAMES if name not in healthy]
        if not missing:
            return
        time.sleep(0.5)
    name = HEALTH_NAMES[missing[0]]
    raise ComponentFailedError(name, f"was not healthy after {seconds:.0f} s", components.log(name))
