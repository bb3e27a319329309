from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from airflow_provider_render.http import registry
from tests.hooks.desk import Desk

Connect = Callable[..., str]


@pytest.fixture(autouse=True)
def no_open_connections() -> Iterator[None]:
    """Close what the hooks of a test keep open for the next ones of their process."""
    yield
    for _, key in list(registry._sync):
        registry.forget(key)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.stop()


@pytest.fixture
def connect(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Define an Airflow connection, to the desk where nothing else is said; returns its id."""

    def define(conn_id: str = "dxgl_test", **fields: Any) -> str:
        given = {"conn_type": "dxgl", "host": desk.url, "password": desk.token, **fields}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(given))
        return conn_id

    return define
