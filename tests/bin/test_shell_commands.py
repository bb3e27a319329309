from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ["bin/bench", "bin/demo", "bin/test", "bin/_env", "bin/_pip"]
SHELLS = [shell for shell in ("sh", "dash", "bash") if shutil.which(shell)]


def run_env(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    script = f'set -eu; ROOT={folder}; . "{ROOT}/bin/_env"; {code}'
    (folder / "bin").mkdir(exist_ok=True)
    shutil.copy(ROOT / "bin" / "_pip", folder / "bin" / "_pip")
    everything = {**os.environ, **environment}
    return subprocess.run(["sh", "-c", script], env=everything, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_read_by_every_shell_here(shell, script):
    checked = subprocess.run([shell, "-n", ROOT / script], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("command", ["bin/demo", "bin/test", ".ci/run"])
def test_a_command_may_be_executed(command):
    assert os.access(ROOT / command, os.X_OK)


def test_no_script_names_a_package_registry():
    scripts = [ROOT / script for script in [*SCRIPTS, "constraints.txt", ".ci/run"]]
    for path in [*scripts, *(ROOT / "bin").rglob("*.py")]:
        addresses = [line for line in path.read_text().splitlines() if "://" in line]
        assert not [line for line in addresses if "simple" in line or ".org" in line], path


def test_a_python_that_is_named_but_not_there_is_reported_by_name(tmp_path):
    found = run_env("find_python", tmp_path, PYTHON="/nowhere/python3")
    assert found.returncode == 1
    assert "PYTHON=/nowhere/python3 is not a Python between 3.11 and 3.14." in found.stderr


def test_without_any_python_the_message_says_what_to_install(tmp_path):
    for tool in ("sh", "cat", "cksum", "mkdir"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    found = run_env("find_python", tmp_path, PATH=str(tmp_path), PYTHON="")
    assert found.returncode == 1
    assert "Python 3.11 or newer" in found.stderr


def test_an_environment_made_for_the_same_pins_is_used_as_it_is(tmp_path):
    prepare_environment(tmp_path)
    assert run_env("is_current && echo current", tmp_path).stdout == "current\n"


def test_changed_pins_make_the_environment_stale(tmp_path):
    prepare_environment(tmp_path)
    (tmp_path / "constraints.txt").write_text("httpx==0.28.2\n")
    assert run_env("is_current || echo stale", tmp_path).stdout == "stale\n"


def test_an_environment_whose_python_is_gone_is_removed(tmp_path):
    prepare_environment(tmp_path)
    (tmp_path / ".venv" / "bin" / "python").unlink()
    run_env("clear_unusable_venv", tmp_path)
    assert not (tmp_path / ".venv").exists()


def test_an_interrupted_set_up_is_begun_anew(tmp_path):
    prepare_environment(tmp_path)
    (tmp_path / ".venv" / "render-incomplete").touch()
    run_env("clear_unusable_venv", tmp_path)
    assert not (tmp_path / ".venv").exists()


def test_an_environment_that_the_reader_made_is_kept(tmp_path):
    prepare_environment(tmp_path)
    (tmp_path / ".venv" / "render-stamp").unlink()
    run_env("clear_unusable_venv", tmp_path)
    assert (tmp_path / ".venv").exists()


def prepare_environment(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[project]\n")
    (folder / "constraints.txt").write_text("httpx==0.28.1\n")
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(shutil.which("python3"))
    run_env('wanted_stamp >"$VENV/render-stamp"', folder)
