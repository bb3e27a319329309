from __future__ import annotations

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
STACK_VENV = ROOT / ".cache" / "stack-venv"
PYTHON = os.environ.get("RENDER_STACK_PYTHON", str(STACK_VENV / "bin" / "python"))


def answer(code: str, folder: Path) -> str:
    """Run code in the stack environment, away from the source tree."""
    run = subprocess.run([PYTHON, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_the_stack_tests_import_the_package_from_the_wheel(tmp_path):
    imported = answer("import airflow_provider_render as package; print(package.__file__)", tmp_path)
    assert Path(imported).is_relative_to(STACK_VENV)
    assert "site-packages" in imported


def test_the_stack_environment_has_this_package_once_and_the_same_airflow(tmp_path):
    names = "[each.name for each in importlib.metadata.distributions()].count('airflow-provider-render')"
    airflow = "importlib.metadata.version('apache-airflow')"
    found = answer(f"import importlib.metadata; print({names}, {airflow})", tmp_path)
    assert found == f"1 {version('apache-airflow')}"


def test_the_wheel_carries_its_type_marker(tmp_path):
    marker = "pathlib.Path(airflow_provider_render.__file__).with_name('py.typed')"
    assert answer(f"import airflow_provider_render, pathlib; print({marker}.exists())", tmp_path) == "True"
