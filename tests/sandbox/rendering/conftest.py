from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .models import Model, ball, box, plain

ROOT = Path(__file__).parents[3]
MODULE = "airflow_provider_render.sandbox.rendering"


def in_child(*arguments, timeout=60):
    """Runs the command line and returns its exit code and events."""
    command = [sys.executable, "-m", MODULE, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(autouse=True)
def coarse_light(monkeypatch):
    """Bakes with fewer directions and samples; nothing here looks at fine gradations of light."""
    monkeypatch.setattr("airflow_provider_render.sandbox.rendering.bake.AXES", 10)
    monkeypatch.setattr("airflow_provider_render.sandbox.rendering.bake.SAMPLES", 30_000)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder with ``ball.glb`` and ``box.glb``."""
    folder = tmp_path_factory.mktemp("models")
    Model().add(ball(), "ball", **plain()).save(folder / "ball.glb")
    Model().add(box((1.0, 0.6, 0.4)), "box", **plain()).save(folder / "box.glb")
    return folder


@pytest.fixture
def make(tmp_path):
    """Renders products of a model in this process and returns the output folder."""
    from airflow_provider_render.sandbox.rendering.job import run
    from airflow_provider_render.sandbox.rendering.spec import RenderSpec

    def render(model, *products):
        spec = {"model": str(model), "output": str(tmp_path / "out"), "products": list(products)}
        run(RenderSpec.model_validate(spec), lambda name: None)
        return tmp_path / "out"

    return render
