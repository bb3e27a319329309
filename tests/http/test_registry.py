from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from airflow_provider_render.http import clients, registry, sync
from airflow_provider_render.http.sync import SyncDriver
from tests.http.probe import QUICK, ProbeVendor, call, paid
from tests.http.scripted import ok

ROOT = Path(__file__).parents[2]


@pytest.fixture
def vendor(server):
    server.plays(ok(id=1))
    return ProbeVendor(server.url)


@pytest.fixture(autouse=True)
def forgotten():
    yield
    registry.forget("a")
    registry.forget("b")


def test_one_driver_serves_all_threads_of_a_connection(vendor):
    made = []

    def driver(_):
        return registry.sync_driver("a", lambda: made.append(1) or vendor, QUICK)

    with ThreadPoolExecutor(8) as pool:
        drivers = set(pool.map(driver, range(32)))
    assert len(drivers) == len(made) == 1
    assert registry.known_sync_driver("a") in drivers
    assert registry.sync_driver("b", lambda: vendor, QUICK) not in drivers


def test_a_vendor_that_cannot_be_made_leaves_nothing_behind(vendor):
    with pytest.raises(ZeroDivisionError):
        registry.sync_driver("a", lambda: 1 // 0, QUICK)
    assert registry.known_sync_driver("a") is None
    assert registry.sync_driver("a", lambda: vendor, QUICK).run(call()) == {"id": 1}


def test_a_forgotten_connection_is_made_anew(vendor):
    old = registry.sync_driver("a", lambda: vendor, QUICK)
    old.run(call())
    registry.forget("a")
    assert registry.known_sync_driver("a") is None
    assert registry.sync_driver("a", lambda: vendor, QUICK) is not old


def test_a_call_under_way_ends_undisturbed_when_its_connection_is_forgotten(server, vendor):
    arrived, forgotten = threading.Event(), threading.Event()

    def wait(connection, request):
        arrived.set()
        forgotten.wait(5)
        connection.sendall(ok(id=2))

    server.plays(wait)
    driver = registry.sync_driver("a", lambda: vendor, QUICK)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(driver.run, call())
        arrived.wait(5)
        registry.forget("a")
        forgotten.set()
        assert answer.result() == {"id": 2}


class Gap:
    """The lock of a driver that lets something happen once, just after the driver is found to be unused."""

    def __init__(self, driver, happen):
        self.driver, self.happen, self.lock = driver, happen, driver._lock
        driver._lock = self

    def __enter__(self):
        self.lock.acquire()

    def __exit__(self, *error):
        unused = self.driver._retired and not self.driver._running
        self.lock.release()
        if unused and self.happen:
            happen, self.happen = self.happen, None
            happen()


@pytest.mark.parametrize("under_way", [False, True])
def test_a_paid_call_that_begins_just_as_its_driver_is_dropped_is_not_disturbed(under_way, server, vendor):
    driver = SyncDriver(vendor, replace(QUICK, timeout=30))
    arrived, dropped, answers = threading.Event(), threading.Event(), []

    def drop(connection, request):
        driver.retire()
        connection.sendall(ok(id=1))

    def wait(connection, request):
        arrived.set()
        dropped.wait(30)
        connection.sendall(ok(id=2))

    def begin():
        answers.append(pool.submit(driver.run, paid()))
        arrived.wait(30)

    driver.run(call())
    server.plays(*[drop] * under_way, wait)
    with ThreadPoolExecutor(1) as pool:
        Gap(driver, begin)
        if under_way:
            driver.run(call())
        else:
            driver.retire()
        dropped.set()
        assert [answer.result(30) for answer in answers] == [{"id": 2}]


def test_a_signal_handler_may_call_while_the_connections_are_opened(vendor, monkeypatch):
    driver, made = SyncDriver(vendor, replace(QUICK, timeout=30)), []
    open_clients = sync.open_clients

    def interrupted(kind, options):
        monkeypatch.setattr(sync, "open_clients", open_clients)
        made.append(open_clients(kind, options))
        assert not driver._lock.locked()
        assert driver.run(call()) == {"id": 1}
        return made[0]

    monkeypatch.setattr(sync, "open_clients", interrupted)
    assert driver.run(call()) == {"id": 1}
    assert [client.is_closed for client in made[0].values()] == [True, True]
    driver.close()


def test_a_driver_that_is_closed_between_two_calls_of_an_operation_opens_anew(server, vendor):
    driver = SyncDriver(vendor, QUICK)

    def work():
        yield call()
        driver.close()
        return (yield call())

    assert driver.run(work()) == {"id": 1}
    assert len({request.peer for request in server.requests}) == 2
    driver.close()


def test_an_asyncio_driver_that_is_closed_between_two_calls_of_an_operation_opens_anew(server, vendor):
    async def main():
        driver = registry.async_driver("a", lambda: vendor, QUICK)
        closing = []

        def work():
            yield call()
            closing.append(asyncio.create_task(driver.close()))
            return (yield call())

        assert await driver.run(work()) == {"id": 1}
        await closing[0]

    asyncio.run(main())
    assert len({request.peer for request in server.requests}) == 2


def test_one_driver_serves_all_tasks_of_a_loop(server, vendor):
    async def fetch():
        driver = registry.async_driver("a", lambda: vendor, QUICK)
        return driver, await driver.run(call())

    async def main():
        return await asyncio.gather(*(fetch() for _ in range(5)))

    results = asyncio.run(main())
    assert len({driver for driver, _ in results}) == 1
    assert [answer for _, answer in results] == [{"id": 1}] * 5


def test_every_loop_has_its_own_driver_and_leaves_no_socket_open(server, vendor):
    async def fetch():
        driver = registry.async_driver("a", lambda: vendor, QUICK)
        assert registry.known_async_driver("a") is driver
        await driver.run(call())
        return driver

    first, second = asyncio.run(fetch()), asyncio.run(fetch())
    assert first is not second
    assert len({request.peer for request in server.requests}) == 2
    del first, second
    gc.collect()


def test_a_loop_may_forget_a_connection(server, vendor):
    async def main():
        driver = registry.async_driver("a", lambda: vendor, QUICK)
        under_way = asyncio.create_task(driver.run(call()))
        await asyncio.sleep(0)
        registry.forget("a")
        assert registry.known_async_driver("a") is None
        assert await under_way == {"id": 1}
        assert await registry.async_driver("a", lambda: vendor, QUICK).run(call()) == {"id": 1}

    asyncio.run(main())


def test_a_fork_gets_its_own_connections_even_while_the_lock_is_held(server):
    server.plays(ok(id=1))
    probe = [sys.executable, "-W", "ignore", "-m", "tests.http.fork_probe", server.url]
    seen = subprocess.run(probe, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout
    assert seen.splitlines() == ["before 1", "child 1 True", "after 1"]
    before, child, after = (request.peer for request in server.requests)
    assert before == after != child


def test_certificates_are_loaded_once():
    assert clients.trust(True) is clients.trust(True)
    assert clients.trust(False) is not clients.trust(True)


def test_a_forgotten_driver_still_serves_whoever_holds_it(server, vendor):
    driver = registry.sync_driver("a", lambda: vendor, QUICK)
    driver.run(call())
    registry.forget("a")
    assert driver.run(call()) == driver.run(call()) == {"id": 1}
    assert len({request.peer for request in server.requests}) == 3


def test_a_forgotten_asyncio_driver_still_serves_whoever_holds_it(server, vendor):
    async def main():
        driver = registry.async_driver("a", lambda: vendor, QUICK)
        await driver.run(call())
        await driver.retire()
        return [await driver.run(call()), await driver.run(call())]

    assert asyncio.run(main()) == [{"id": 1}] * 2
    assert len({request.peer for request in server.requests}) == 3
