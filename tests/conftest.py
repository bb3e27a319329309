from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.secret_watch import pytest_configure

__all__ = ["pytest_configure"]

settings.register_profile(
    "quick",
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "nightly", parent=settings.get_profile("quick"), max_examples=1500, stateful_step_count=60
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def fast_disk(monkeypatch):
    """Do not wait for the disk: the tests end a worker, not the machine."""
    monkeypatch.setattr("os.fsync", lambda _: None)
