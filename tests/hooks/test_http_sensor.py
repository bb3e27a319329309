"""The stock HTTP provider on the same connection, as a DAG does that waits for the vendor to be up."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from airflow.providers.http.hooks.http import HttpAsyncHook
from airflow.providers.http.sensors.http import HttpSensor

from airflow_provider_render.hooks.dxgl import DxglHook
from airflow_provider_render.provider_info import get_provider_info

# The stock sensor imports a name from where Airflow 3 no longer keeps it.
pytestmark = pytest.mark.filterwarnings("ignore:The `airflow.utils.operator_helpers.determine_kwargs`")

EXTRA = {"timeout": 30, "max_concurrency": "4", "rate_limit": "5.5", "retries": "2", "quote_path": "/v1/q"}


def sensor(conn_id, endpoint="/v1/health"):
    return HttpSensor(task_id="up", http_conn_id=conn_id, endpoint=endpoint)


def test_the_http_sensor_works_through_the_same_connection(desk, connect):
    assert sensor(connect(extra=EXTRA)).poke({}) is True
    assert DxglHook("dxgl_test").account.get().id == "Ab3k"
    assert desk.labels == ["GET /v1/health", "GET /v1/account"]


def test_the_http_sensor_works_where_the_host_ends_in_the_version(desk, connect):
    conn_id = connect(host=f"{desk.url}/v1", extra=EXTRA)
    assert sensor(conn_id, "/health").poke({}) is True
    DxglHook(conn_id).account.get()
    assert desk.labels == ["GET /v1/health", "GET /v1/account"]


def test_the_http_sensor_works_where_the_port_stands_apart(desk, connect):
    conn_id = connect(host="http://127.0.0.1", port=desk.server_port, extra=EXTRA)
    assert sensor(conn_id).poke({}) is True
    assert DxglHook(conn_id).account.get().id == "Ab3k"


def test_the_deferred_http_sensor_works_through_the_same_connection(desk, connect):
    async def poke():
        async with aiohttp.ClientSession() as session:
            hook = HttpAsyncHook("GET", connect(extra=EXTRA))
            return await hook.run(session=session, endpoint="/v1/health")

    assert asyncio.run(poke()).status == 200


def test_the_http_sensor_does_not_send_the_token(desk, connect):
    sensor(connect(extra=EXTRA)).poke({})
    _, headers, _ = desk.seen[0]
    assert "Authorization" not in headers
    assert not any(desk.token in value for value in headers.values())


FORMS = get_provider_info()["connection-types"]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["connection-type"])
def test_the_form_stores_every_extra_but_the_timeout_as_text(form):
    """Airflow's HTTP hook makes headers of the extras it does not know, and a header is text."""
    kinds = {name: field["schema"]["type"][0] for name, field in form["conn-fields"].items()}
    assert kinds.pop("timeout") == "number"
    assert set(kinds.values()) == {"string"}
    assert kinds.keys() >= EXTRA.keys() - {"timeout", "quote_path"}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["connection-type"])
def test_the_form_hides_the_login_that_would_send_the_token_as_basic_auth(form):
    """Imagine.io's login is the token of another host; with one the HTTP sensor cannot be used."""
    hidden = "login" in form["ui-field-behaviour"]["hidden-fields"]
    assert hidden == (form["connection-type"] != "imagine")
