from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest

from airflow_provider_render.core.errors import RateLimitedError, UnavailableError
from airflow_provider_render.core.pacing import Pacer
from airflow_provider_render.core.retry import RetryPolicy
from airflow_provider_render.http import aio, sync
from tests.http.probe import ProbeVendor, call
from tests.http.scripted import ok, reply


def stamped(times, answer):
    def react(connection, request):
        times.append(time.monotonic())
        connection.sendall(answer)

    return react


def test_seconds_are_waited_for(client, server):
    times: list[float] = []
    server.plays(stamped(times, reply(429, retry_after="1")), stamped(times, ok(id=1)))
    assert client.run(call()) == {"id": 1}
    assert times[1] - times[0] >= 0.95


def test_a_date_is_waited_for(client, server):
    times: list[float] = []
    when = datetime.now(UTC) + timedelta(seconds=2)
    limited = reply(429, retry_after=format_datetime(when, usegmt=True))
    server.plays(stamped(times, limited), stamped(times, ok(id=1)))
    assert client.run(call()) == {"id": 1}
    assert datetime.now(UTC) >= when.replace(microsecond=0)


@pytest.mark.parametrize("value", ["86400", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_an_absurd_wait_ends_the_call_at_once(value, client, server):
    server.plays(reply(429, retry_after=value))
    with pytest.raises(RateLimitedError) as caught:
        client.run(call())
    assert len(server.requests) == 1
    assert caught.value.retry_after > client.options.retry.cap


@pytest.mark.parametrize("value", ["-5", "soon", "", "1.5.3", "Mon, 99 Foo 2020"])
def test_a_senseless_wait_falls_back_to_the_policy(value, client, server):
    server.plays(reply(429, retry_after=value), ok(id=1))
    assert client.run(call()) == {"id": 1}


def test_a_date_in_the_past_is_no_wait(client, server):
    server.plays(reply(429, retry_after="Thu, 01 Jan 1970 00:00:00 GMT"), ok(id=1))
    assert client.run(call()) == {"id": 1}


def test_a_busy_server_may_name_a_time_too(client, server):
    server.plays(reply(503, retry_after="86400"))
    with pytest.raises(UnavailableError) as caught:
        client.run(call())
    assert (len(server.requests), caught.value.retry_after) == (1, 86400)


class SlowReader(ProbeVendor):
    """Takes long to understand an error, so that the next call could slip in."""

    def error(self, answer):
        time.sleep(0.05)
        return super().error(answer)


def test_one_limited_call_keeps_the_whole_connection_quiet(client, server):
    times: list[float] = []
    client.vendor = SlowReader(f"{server.url}/api")
    server.plays(stamped(times, reply(429, retry_after="1")), stamped(times, ok()))
    client.options = replace(client.options, max_concurrency=1)
    client.gather(*(call() for _ in range(4)))
    assert len(times) == 5
    assert min(later - times[0] for later in times[1:]) >= 0.95


class Turns:
    """Notes how long calls sleep until their turn, and lets them sleep only until the connection is held."""

    def __init__(self, monkeypatch):
        self.lengths, self.asleep, self.held = [], threading.Event(), threading.Event()
        hold = Pacer.hold

        def noted(pacer, seconds, now):
            hold(pacer, seconds, now)
            self.held.set()

        monkeypatch.setattr(Pacer, "hold", noted)
        monkeypatch.setattr(sync, "time", SimpleNamespace(monotonic=time.monotonic, sleep=self.sleep))
        monkeypatch.setattr(aio, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": self.async_sleep}))

    def sleep(self, seconds):
        if seconds > 1:
            self.lengths.append(seconds)
            self.asleep.set()
            self.held.wait(30)

    async def async_sleep(self, seconds):
        await asyncio.to_thread(self.sleep, seconds)


def patient():
    with suppress(RateLimitedError):
        yield call()


def test_a_call_that_waits_for_its_turn_heeds_a_time_that_is_named_meanwhile(client, server, monkeypatch):
    turns = Turns(monkeypatch)

    def refuse(connection, request):
        turns.asleep.wait(30)
        connection.sendall(reply(429, retry_after="5000"))

    server.plays(refuse, ok())
    retry = RetryPolicy(attempts=1, cap=6000)
    client.options = replace(client.options, timeout=60, rate=0.001, retry=retry)
    client.gather(patient(), patient())
    assert turns.lengths == [pytest.approx(1000, abs=100), pytest.approx(5000, abs=100)]


def test_calls_keep_to_the_rate(client, server):
    server.plays(ok())
    client.options = replace(client.options, rate=20.0)
    begin = time.monotonic()
    client.gather(*(call() for _ in range(6)))
    assert time.monotonic() - begin >= 5 / 20
