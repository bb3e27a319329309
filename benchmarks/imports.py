"""How long imports and DAG files take beyond bare Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.sizes import Sizes

GROUP = "5. Imports"
ROOT = Path(__file__).parents[1]
LIMIT = 60.0
STOCK_DAG = "the stock DAG of this benchmark"
OURS = """
import airflow_provider_render.operators.catalog
import airflow_provider_render.operators.render
import airflow_provider_render.sensors.render
"""
STOCK = """
import airflow.providers.http.operators.http
import airflow.providers.http.sensors.http
"""


def measure(sizes: Sizes) -> list[Figure]:
    """Time the imports and every sample DAG."""
    files = sorted((ROOT / "dags").glob("*.py"))
    stock_dag = ROOT / "benchmarks/dags/stock_http.py"
    codes = [OURS, STOCK, *(file.read_text() for file in (stock_dag, *files))]
    ours, stock, base, *parsed = _best(codes, sizes.imports)
    title = "operators and sensor, beyond bare airflow.sdk"
    first = Figure(GROUP, title, ours, "ms CPU", stock, "stock operator and sensor", LIMIT, "< 60 ms")
    rest = zip(files, parsed, strict=True)
    return [
        first,
        *(Figure(GROUP, f"parsing dags/{file.name}", ms, "ms CPU", base, STOCK_DAG) for file, ms in rest),
    ]


def _best(codes: list[str], times: int) -> list[float]:
    # Without bytecode the probe would time the compiler, which an installed package meets once.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.imports_probe", str(times)],
            cwd=ROOT,
            env={**kept, "AIRFLOW_HOME": home},
            input=json.dumps(codes),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    best: list[float] = json.loads(done.stdout.splitlines()[-1])
    return best
