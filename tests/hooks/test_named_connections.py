"""Errors that a connection may be to blame for name it, once; no others do."""

from __future__ import annotations

import asyncio
import socket

import pytest

from airflow_provider_render.core.errors import (
    AuthError,
    NotFoundError,
    OutcomeUnknownError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.hooks.dxgl import DxglHook
from airflow_provider_render.hooks.threekit import ThreekitHook

TYPO = "http://no-such-host.invalid"
QUICK = {"retries": "0", "timeout": 2}
NAMED = "connection 'dxgl_test': "


def account(conn_id):
    return DxglHook(conn_id).account.get()


def awaited_account(conn_id):
    return asyncio.run(DxglHook(conn_id).aio.account.get())


def watched_account(conn_id):
    async def ask():
        client = await RenderHook.adriver_for(conn_id)
        return await client.run(client.vendor.account())

    return asyncio.run(ask())


@pytest.fixture(params=[account, awaited_account, watched_account])
def ask(request):
    return request.param


def told(kind, ask, *args):
    with pytest.raises(kind) as caught:
        ask(*args)
    return str(caught.value)


def test_a_host_that_is_not_there_is_named_with_the_connection_once(connect, ask):
    message = told(UnavailableError, ask, connect(host=TYPO, extra=QUICK))
    assert message.startswith(f"{NAMED}GET /v1/account: no connection to {TYPO}, nothing was sent")
    assert message.count("dxgl_test") == message.count(TYPO) == 1


def test_a_host_that_none_can_have_is_told_with_the_connection(connect, ask):
    message = told(UnexpectedAnswerError, ask, connect(host="http://api..example", extra=QUICK))
    assert message.startswith(f"{NAMED}cannot call a broken URL")


def test_refused_credentials_name_the_connection_once(connect, ask):
    message = told(AuthError, ask, connect(password="dxgl_sk_old"))
    assert message.startswith(NAMED)
    assert message.count("dxgl_test") == 1
    assert "dxgl_sk_old" not in message


def test_a_call_without_an_answer_names_the_connection_once(connect):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}"
        hook = DxglHook(connect(host=host, extra={**QUICK, "timeout": 0.2}))
        message = told(OutcomeUnknownError, hook.request, "POST", "/v1/models")
    assert message.startswith(f"{NAMED}POST /v1/models may or may not have happened.")
    assert f"the server at {host} fell silent" in message
    assert message.count("dxgl_test") == 1


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (503, UnavailableError)])
def test_what_the_vendor_answers_is_not_blamed_on_the_connection(desk, connect, ask, status, kind):
    desk.react = lambda path, credentials: (status, {"error": {"code": "x", "message": "no"}})
    assert "dxgl_test" not in told(kind, ask, connect(extra=QUICK))


def test_a_download_names_the_connection_too(connect, tmp_path):
    hook = DxglHook(connect(host=TYPO, extra=QUICK))
    assert told(UnavailableError, hook.assets.video, tmp_path / "v.mp4", "R1").startswith(NAMED)
    awaited = lambda: asyncio.run(hook.aio.assets.video(tmp_path / "v.mp4", "R1"))  # noqa: E731
    assert told(UnavailableError, awaited).startswith(NAMED)


def test_a_hook_with_calls_of_its_own_names_the_connection_once(connect):
    org = {"org_id": "7b4ec0a1-94d9-4b8e-a4e0-2f6a4e3f5a11", **QUICK}
    conn_id = connect("threekit_test", conn_type="threekit", host=TYPO, extra=org)
    message = told(UnavailableError, ThreekitHook(conn_id).jobs.get, org["org_id"])
    assert message.startswith("connection 'threekit_test': ")
    assert message.count("threekit_test") == 1


@pytest.mark.parametrize("fields", [{"host": TYPO, "extra": QUICK}, {"password": "dxgl_sk_old"}])
def test_the_test_button_names_no_connection_since_airflow_tests_a_copy_with_a_made_up_id(connect, fields):
    works, message = DxglHook(connect(**fields)).test_connection()
    assert not works
    assert message.startswith(("GET /v1/account: no connection to", "DXGL answered GET /v1/account with 401"))
    assert "dxgl_test" not in message
