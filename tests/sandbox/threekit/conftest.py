from __future__ import annotations

import pytest

from tests.sandbox import shapes
from tests.sandbox.threekit.running import CREDITS, ThreekitSandbox, outputs


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
    """A model with three materials and two variants."""
    return the_threekit.model("chair.glb", shapes.variant_glb())


@pytest.fixture(scope="session")
def plain(the_threekit, chair):
    """The picture of the model without a configuration, and its job."""
    job = the_threekit.ok(the_threekit.render(chair))["job"]
    return the_threekit.content(outputs(job)[0]["id"])
