from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.stack.conftest import PROJECT


@pytest.fixture(scope="module")
def airflow(stack_python: str, tmp_path_factory: pytest.TempPathFactory):
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))}

    def run(*arguments: str) -> str:
        command = [stack_python, "-m", "airflow", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    return run


def test_the_stack_runs_the_wheel_and_not_the_source_tree(stack_python: str, tmp_path: Path) -> None:
    code = "import airflow_provider_render as package; print(package.__file__)"
    done = subprocess.run(
        [stack_python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert not Path(done.stdout).is_relative_to(PROJECT / "airflow_provider_render")
    assert "site-packages" in done.stdout


def test_airflow_lists_the_provider_with_its_hook_and_link(airflow) -> None:
    providers = {row["package_name"]: row for row in json.loads(airflow("providers", "list", "-o", "json"))}
    assert "airflow-provider-render" in providers
    hooks = {row["connection_type"]: row for row in json.loads(airflow("providers", "hooks", "-o", "json"))}
    assert hooks["dxgl"]["class"] == "airflow_provider_render.hooks.dxgl.DxglHook"
    assert "VendorPortalLink" in airflow("providers", "links", "-o", "json")


def test_the_connection_form_is_declared(airflow) -> None:
    shown = airflow("providers", "get", "airflow-provider-render", "--full", "-o", "json")
    assert "conn-fields" in shown
