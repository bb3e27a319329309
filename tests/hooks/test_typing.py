from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Airflow and httpx are not read: their types matter nothing here, and reading them takes a minute.
CONFIG = """
[mypy]
strict = true
plugins = pydantic.mypy
follow_imports = silent
[mypy-airflow.*,httpx.*]
follow_imports = skip
"""


def test_mypy_knows_the_types_of_every_endpoint(tmp_path):
    config = tmp_path / "mypy.ini"
    config.write_text(CONFIG)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--config-file", str(config)),
            *("--cache-dir", str(tmp_path / "cache"), "tests/hooks/typing_examples.py"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
