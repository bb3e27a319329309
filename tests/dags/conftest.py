from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.dags.dag_tester import RESULT
from tests.operators.account import new_model
from tests.operators.conftest import dxgl

__all__ = ["dxgl"]

ROOT = Path(__file__).parents[2]


class DagTester:
    """A process that runs DAGs with ``dag.test()``.

    :param home: an empty folder for Airflow.
    :param environment: connections and variables.
    """

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        settings = {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "PYTHONPATH": str(ROOT),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.dags.dag_tester"],
            cwd=home,
            env={**os.environ, **settings, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, dag_id: str) -> dict[str, Any]:
        """Run a DAG to its end."""
        self.process.stdin.write(f"{dag_id}\n")
        self.process.stdin.flush()
        said = []
        for line in self.process.stdout:
            if line.startswith(RESULT):
                return {**json.loads(line.removeprefix(RESULT)), "said": "".join(said)}
            said.append(line)
        raise AssertionError("".join(said))

    def stop(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=60)


@pytest.fixture
def start_airflow(tmp_path):
    """Start a :class:`DagTester`; it is stopped at the end."""
    started = []

    def start(**environment: str) -> DagTester:
        home = tmp_path / "airflow"
        home.mkdir()
        started.append(DagTester(home, environment))
        return started[-1]

    yield start
    for tester in started:
        tester.stop()


@pytest.fixture
def start_shop(dxgl, tmp_path, start_airflow):
    """Start a :class:`DagTester` with a catalog of one new product for DXGL; takes further variables."""

    def start(**variables: str) -> DagTester:
        new_model(tmp_path / "models")
        catalog = tmp_path / "catalog.csv"
        catalog.write_text("sku,model\nCHR-1,models/chair.glb\n")
        return start_airflow(
            AIRFLOW_CONN_DXGL_DEFAULT=dxgl.connection(),
            AIRFLOW_VAR_RENDER_CATALOG=str(catalog),
            AIRFLOW_VAR_RENDER_OUTPUT=str(tmp_path / "out"),
            **variables,
        )

    return start
