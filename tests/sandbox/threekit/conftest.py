from __future__ import annotations

import pytest

from tests.sandbox.rendering import models
from tests.sandbox.threekit.running import CREDITS, ThreekitSandbox

GREY, BLUE, GREEN = (0.4, 0.4, 0.4, 1), (0.02, 0.05, 0.5, 1), (0.02, 0.4, 0.05, 1)
BROWN = (0.3, 0.12, 0.04, 1)


def chair_glb() -> bytes:
    """A seat of fabric, in grey, blue or green, on a block of wood."""
    model = models.Model()
    model.add(models.box((1, 0.8, 1)), "fabric", at=(0, 0.8, 0), **models.plain(GREY))
    model.add(models.box((1, 0.8, 1)), "wood", at=(0, 0, 0), **models.plain(BROWN))
    return model.offer("fabric", Blue=models.plain(BLUE), Green=models.plain(GREEN)).glb()


@pytest.fixture(scope="session")
def start_threekit():
    """Start sandboxes with chosen flags; those still running at the end are stopped."""
    started = []

    def start(*flags: str) -> ThreekitSandbox:
        started.append(ThreekitSandbox(*flags))
        return started[-1]

    yield start
    for sandbox in started:
        if sandbox.process.poll() is None:
            sandbox.stop()


@pytest.fixture(scope="session")
def the_threekit(start_threekit):
    return start_threekit("--speed", "50")


@pytest.fixture
def threekit(the_threekit):
    """A sandbox that works at once; without faults, with all its credits."""
    the_threekit.set_credits(CREDITS)
    yield the_threekit
    the_threekit.control.delete("/faults")


@pytest.fixture(scope="session")
def the_waiting_threekit(start_threekit):
    return start_threekit("--speed", "0.0001")


@pytest.fixture
def waiting(the_waiting_threekit):
    """A sandbox whose jobs stay pending; without faults, with all its credits."""
    the_waiting_threekit.set_credits(CREDITS)
    yield the_waiting_threekit
    the_waiting_threekit.control.delete("/faults")


@pytest.fixture(scope="session")
def chair(the_threekit):
    """A model with a main material, which comes in two variants, and another one."""
    return the_threekit.model("chair.glb", chair_glb())
