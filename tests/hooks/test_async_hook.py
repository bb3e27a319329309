from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from airflow_provider_render.core.errors import AuthError, ConnectionConfigError
from airflow_provider_render.hooks import aio
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.hooks.dxgl import DxglHook
from airflow_provider_render.http import registry


@pytest.fixture
def looked_up(monkeypatch):
    """Ids of connections that were looked up in an event loop."""
    asked = []
    original = RenderHook.aget_connection.__func__

    async def counting(cls, conn_id):
        asked.append(conn_id)
        await asyncio.sleep(0)
        return await original(cls, conn_id)

    monkeypatch.setattr(RenderHook, "aget_connection", classmethod(counting))
    return asked


def test_the_same_endpoints_can_be_awaited(desk, connect, tmp_path):
    async def use():
        hook = DxglHook(connect())
        render = await hook.aio.renders.get("R1")
        await hook.aio.assets.video(tmp_path / "v.mp4", "R1")
        news = await hook.arequest("GET", "/v1/news")
        return render, news.json()

    render, news = asyncio.run(use())
    assert (render.id, news["data"]["credits"]) == ("R1", 3)
    assert (tmp_path / "v.mp4").stat().st_size == 400


def test_a_thousand_triggers_look_their_connection_up_once(connect, looked_up):
    async def wait():
        conn_id = connect()
        return await asyncio.gather(*(RenderHook.adriver_for(conn_id) for _ in range(1000)))

    clients = asyncio.run(wait())
    assert looked_up == ["dxgl_test"]
    assert len(set(map(id, clients))) == 1


def test_credits_are_not_lost_when_a_client_gets_another_driver(desk, connect):
    async def count():
        client = await RenderHook.adriver_for(connect())
        client._driver().terms.meter.add(Decimal(3))
        before = client.metered
        registry.forget(client.binding.key)
        client._driver().terms.meter.add(Decimal(2))
        return before, client.metered

    assert asyncio.run(count()) == (3, 5)


def test_the_client_of_a_trigger_knows_its_vendor(desk, connect):
    async def ask():
        client = await RenderHook.adriver_for(connect())
        return client.vendor.name, await client.run(client.vendor.account())

    name, account = asyncio.run(ask())
    assert (name, account.id) == ("dxgl", "Ab3k")


def test_a_connection_is_looked_up_again_after_some_minutes(connect, looked_up, monkeypatch):
    async def wait():
        conn_id = connect()
        first = await RenderHook.adriver_for(conn_id)
        await RenderHook.adriver_for(conn_id)
        monkeypatch.setattr(aio, "TTL", -1.0)
        aio._entries[asyncio.get_running_loop(), (RenderHook, conn_id)].expire()
        same = await RenderHook.adriver_for(conn_id)
        connect(extra={"timeout": 3})
        return first, same, await RenderHook.adriver_for(conn_id)

    first, same, changed = asyncio.run(wait())
    assert len(looked_up) == 3
    assert (same is first, changed is first) == (True, False)


def test_a_new_token_is_taken_up_after_a_refusal(desk, connect, looked_up):
    async def rotate():
        hook = DxglHook(connect())
        await hook.aio.account.get()
        desk.token = "dxgl_sk_second"
        connect()
        with pytest.raises(AuthError):
            await hook.aio.account.get()
        return await hook.aio.account.get()

    assert asyncio.run(rotate()).id == "Ab3k"
    assert len(looked_up) == 2


def test_a_client_that_was_kept_still_works_after_its_connection_changed(desk, connect):
    async def keep():
        conn_id = connect()
        kept = await RenderHook.adriver_for(conn_id)
        await kept.run(kept.vendor.account())
        connect(extra={"timeout": 3})
        aio._entries[asyncio.get_running_loop(), (RenderHook, conn_id)].expire()
        await RenderHook.adriver_for(conn_id)
        return await kept.run(kept.vendor.account())

    assert asyncio.run(keep()).id == "Ab3k"


def test_every_event_loop_has_its_own_client(desk, connect):
    async def ask():
        client = await RenderHook.adriver_for(connect())
        await client.run(client.vendor.account())
        return client

    assert asyncio.run(ask()) is not asyncio.run(ask())
    assert all(not loop.is_closed() for loop, _ in list(aio._entries)[:-1])


def test_the_hook_of_a_connection_is_found_in_a_loop(connect):
    hook = asyncio.run(RenderHook.afor_connection(connect()))
    assert type(hook) is DxglHook


def test_a_wrong_type_is_refused_in_a_loop(connect):
    with pytest.raises(ConnectionConfigError, match="no render vendor"):
        asyncio.run(RenderHook.adriver_for(connect(conn_type="http")))


def test_an_assumed_path_is_corrected_in_a_loop(desk, connect):
    asyncio.run(DxglHook(connect(extra={"quote_path": "/v1/q"})).aio.renders.quote([("M1", None)]))
    assert desk.labels == ["POST /v1/q"]
