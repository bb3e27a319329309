from __future__ import annotations

import logging

import pytest
from hypothesis import settings

from tests.promise.vendors import BENCH, CHOICES, Sandbox

STEPS = 10_000
"""That the nightly profile makes at least."""


@pytest.fixture(autouse=True)
def _quiet(caplog):
    """Thousands of nights tell more than anybody reads."""
    for name in ("airflow_provider_render", "airflow.task"):
        caplog.set_level(logging.CRITICAL, logger=name)


@pytest.fixture(scope="session", autouse=True)
def sandbox(request, tmp_path_factory):
    """A sandbox with all vendors, for all machines."""
    BENCH.sandbox = Sandbox(tmp_path_factory.mktemp("vendors"))
    yield BENCH.sandbox
    BENCH.sandbox.stop()
    machines = sum(item.path.parent.name == "promise" for item in request.session.items)
    if settings.get_current_profile_name() == "nightly" and machines == len(CHOICES):
        assert BENCH.steps >= STEPS, f"{BENCH.steps} steps"
