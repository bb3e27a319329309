from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from tests.secret_watch import pytest_configure

__all__ = ["pytest_configure"]

STACK = "tests/stack/"
"""The tests of a real Airflow, which share one."""

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


class Shares(LoadScopeScheduling):
    """What each of several processes takes at a time: the files one by one, of the real Airflow all."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return STACK if file.startswith(STACK) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares:
    return Shares(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(STACK))


@pytest.fixture
def fast_disk(monkeypatch):
    """Do not wait for the disk: the tests end a worker, not the machine."""
    monkeypatch.setattr("os.fsync", lambda _: None)
