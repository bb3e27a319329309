from __future__ import annotations

import json

import pytest

from airflow_provider_render.http import registry
from tests.vendors.imagine.service import ORIGIN, SECRET, Service


@pytest.fixture
def service():
    """An Imagine.io on real sockets."""
    service = Service()
    yield service
    service.stop()
    for _, key in list(registry._sync):
        registry.forget(key)


@pytest.fixture
def connect(service, monkeypatch):
    """Define an Airflow connection to the service; returns its id."""

    def define(conn_id="imagine_default", extra=None, **fields):
        extras = {"origin": ORIGIN, "retries": "0", "zapier_host": service.api.url, **(extra or {})}
        given = {"conn_type": "imagine", "host": service.api.url, "password": SECRET, **fields}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({**given, "extra": extras}))
        return conn_id

    return define
