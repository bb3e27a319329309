from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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
    """A folder with ``ball.glb``, ``box.glb`` and ``fabrics.glb``: a red seat, or a blue or green one."""
    folder = tmp_path_factory.mktemp("models")
    Model().add(ball(), "ball", **plain()).save(folder / "ball.glb")
    Model().add(box((1.0, 0.6, 0.4)), "box", **plain()).save(folder / "box.glb")
    _fabrics().save(folder / "fabrics.glb")
    return folder


@pytest.fixture
def make(tmp_path):
    """Renders products of a model, or of a scene, in this process and returns the output folder."""
    from airflow_provider_render.sandbox.rendering.job import run
    from airflow_provider_render.sandbox.rendering.spec import RenderSpec

    def render(model, *products):
        shown = {"scene": model} if isinstance(model, list) else {"model": str(model)}
        spec = {**shown, "output": str(tmp_path / "out"), "products": list(products)}
        run(RenderSpec.model_validate(spec), lambda name: None)
        return tmp_path / "out"

    return render


def _fabrics():
    model = Model().add(box((1.0, 0.4, 0.6)), "seat", at=(0, 0.4, 0), **plain((0.8, 0.02, 0.02, 1)))
    model.add(box((0.8, 0.4, 0.4)), "legs", **plain((0.2, 0.2, 0.2, 1)))
    return model.offer("seat", Blue=plain((0.02, 0.05, 0.8, 1)), Green=plain((0.02, 0.5, 0.05, 1)))


@pytest.fixture
def still():
    """Makes the spec of a small still."""

    def spec(**fields):
        front = {"azimuth": 0, "elevation": 10}
        return {"type": "still", "name": "a.png", "width": 96, "height": 96, "camera": front, **fields}

    return spec


def pixels(folder, name="a.png"):
    """The bytes of a picture as integers."""
    with Image.open(folder / name) as image:
        return np.asarray(image).astype(int)
