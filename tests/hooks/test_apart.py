"""A signal stops the worker at any line of a call; what it cancels then must not wait for that call."""

from __future__ import annotations

import signal
import threading

import pytest

from airflow_provider_render.core.errors import AuthError
from airflow_provider_render.core.pacing import Pacer
from airflow_provider_render.hooks.dxgl import DxglHook
from airflow_provider_render.http import registry, sync

ONE_AT_A_TIME = {"max_concurrency": 1, "rate_limit": 0.01, "timeout": 30}


class WaitedError(Exception):
    """The call in the handler waits for ever."""


@pytest.fixture
def handler(connect, monkeypatch):
    """Ask for the account in a handler of SIGUSR1, as ``on_kill`` cancels; the dict tells what came of it."""
    hook = DxglHook(connect(extra=ONE_AT_A_TIME))
    told = {"hook": hook, "done": threading.Event()}

    def ask():
        with hook.apart() as apart:
            told["id"] = apart.account.get().id
        told["done"].set()

    def give_up(*_):
        raise WaitedError

    previous = signal.signal(signal.SIGUSR1, lambda *_: told["how"](ask))
    alarm = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield told
    signal.alarm(0)
    signal.signal(signal.SIGALRM, alarm)
    signal.signal(signal.SIGUSR1, previous)


def at_once(ask):
    ask()


def by_a_thread(ask):
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(30)


def strikes_at(monkeypatch, place, name):
    """Raise the signal in a function, when it is called next."""
    original = getattr(place, name)

    def struck(*args, **more):
        monkeypatch.setattr(place, name, original)
        signal.raise_signal(signal.SIGUSR1)
        return original(*args, **more)

    monkeypatch.setattr(place, name, struck)


PLACES = {
    "its connections are opened": (sync, "open_clients"),
    "its turn is reserved": (Pacer, "reserve"),
    "its driver is looked for": (registry, "known_sync_driver"),
    "its driver is made": (registry, "SyncDriver"),
}


@pytest.mark.parametrize("how", [at_once, by_a_thread])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_signal_handler_can_call_apart_while_a_call_is_prepared(how, place, handler, desk, monkeypatch):
    handler["how"] = how
    assert handler["hook"].vendor.name == "dxgl"
    strikes_at(monkeypatch, *place)
    assert handler["hook"].renders.get("R1").id == "R1"
    assert (handler["done"].is_set(), handler["id"]) == (True, "Ab3k")
    assert desk.labels == ["GET /v1/account", "GET /v1/renders/R1"]


@pytest.mark.parametrize("how", [at_once, by_a_thread])
def test_a_signal_handler_can_call_apart_while_a_call_is_under_way(how, handler, desk):
    handler["how"], react = how, desk.react

    def while_asked(path, credentials):
        if path == "/v1/renders/R1":
            signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
            handler["done"].wait(30)
        return react(path, credentials)

    desk.react = while_asked
    assert handler["hook"].renders.get("R1").id == "R1"
    assert (handler["done"].is_set(), handler["id"]) == (True, "Ab3k")


def test_a_hook_apart_is_of_the_same_kind_with_connections_of_its_own(desk, connect):
    hook = DxglHook(connect())
    hook.renders.get("R1")
    with hook.apart() as apart:
        assert (type(apart), apart.render_conn_id, apart.vendor) == (DxglHook, "dxgl_test", hook.vendor)
        assert apart.get_conn() is apart.get_conn() is not hook.get_conn()
        apart.renders.get("R1")
        clients = [*apart.get_conn()._clients.values()]
    assert [client.is_closed for client in clients] == [True, True]
    assert hook.renders.get("R1").id == "R1"


def test_a_refusal_apart_leaves_the_hook_its_driver(desk, connect):
    hook = DxglHook(connect())
    driver = hook.get_conn()
    desk.token = "dxgl_sk_second"
    with hook.apart() as apart, pytest.raises(AuthError, match="connection 'dxgl_test'"):
        apart.account.get()
    assert hook.get_conn() is driver
