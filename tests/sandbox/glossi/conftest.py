from __future__ import annotations

import contextlib

import pytest

from tests.sandbox.glossi.workspace import Listener, Workspace, with_variants


@pytest.fixture(scope="session")
def open_workspace():
    """Start sandboxes with chosen flags; those still running at the end are stopped."""
    with contextlib.ExitStack() as stack:

        def start(*flags: str) -> Workspace:
            workspace = Workspace(*flags)
            stack.callback(lambda: workspace.process.poll() is None and workspace.stop())
            return workspace

        yield start


@pytest.fixture(scope="session")
def the_fast_one(open_workspace):
    return open_workspace("--speed", "600")


@pytest.fixture(scope="session")
def the_slow_one(open_workspace):
    return open_workspace("--speed", "0.0001", "--token", "glsi_0123456789_mine")


@pytest.fixture
def glossi(the_fast_one):
    """A workspace that renders at once."""
    the_fast_one.reset()
    yield the_fast_one
    the_fast_one.reset()


@pytest.fixture
def slow(the_slow_one):
    """A workspace whose models stay PENDING."""
    the_slow_one.reset()
    return the_slow_one


@pytest.fixture(scope="session")
def model(the_fast_one):
    """Id of a model that is READY."""
    return the_fast_one.ready_model()


@pytest.fixture(scope="session")
def project(the_fast_one, model):
    """Id of a project with that model."""
    return the_fast_one.new_project(model)


@pytest.fixture(scope="session")
def rendered(the_fast_one):
    """A finished render job of a model with two variants, with everything there is."""
    model = the_fast_one.ready_model(with_variants("Red", "Blue"))
    [job] = the_fast_one.render(the_fast_one.new_project(model))
    assert job["status"] == "COMPLETED", job
    return job


@pytest.fixture
def listener():
    """A server that hears webhooks."""
    listening = Listener()
    yield listening
    listening.close()
