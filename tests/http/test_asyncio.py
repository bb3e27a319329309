from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from airflow_provider_render.core.calls import Fetch, FilePart, Operation
from airflow_provider_render.http.aio import AsyncDriver
from tests.http.probe import QUICK, Bytes, ProbeVendor, call
from tests.http.scripted import ok, reply, then_silence

PATIENT = replace(QUICK, timeout=30)


@pytest.fixture
def vendor(server):
    return ProbeVendor(server.url)


class Watched(Bytes):
    """A source that notes which thread opens and reads it."""

    def open(self):
        reader, plain = super().open(), []

        def read(size=-1):
            threads.add(threading.current_thread())
            return plain[0](size)

        threads.add(threading.current_thread())
        wrapped = type("Reader", (), {name: getattr(reader, name) for name in ("seek", "tell", "close")})()
        plain.append(reader.read)
        wrapped.read = read
        return wrapped


threads: set[threading.Thread] = set()


@pytest.mark.parametrize("style", ["form", "raw"])
def test_sources_are_read_outside_the_event_loop(style, server, vendor):
    source = Watched(b"x" * 1_000_000)
    body = {"files": (FilePart("file", source),)} if style == "form" else {"content": source}
    threads.clear()

    async def main():
        async with AsyncDriver(vendor, QUICK) as driver:
            await driver.run(call("PUT", **body))

    server.plays(ok())
    asyncio.run(main())
    assert threads
    assert threading.main_thread() not in threads
    assert server.requests[0].size >= 1_000_000


def test_a_cancelled_download_leaves_nothing_behind(server, vendor, tmp_path):
    begun = threading.Event()

    def begin(connection, request):
        connection.sendall(reply(200, b"x" * 1_000_000, "image/png", content_length="9000000"))
        begun.set()
        then_silence(b"")(connection, request)

    server.plays(begin)

    async def main():
        async with AsyncDriver(vendor, PATIENT) as driver:
            task = asyncio.create_task(driver.download(Fetch("/f"), tmp_path / "f.png"))
            assert await asyncio.to_thread(begun.wait, 30)
            for _ in range(500):
                if list(tmp_path.iterdir()):
                    break
                await asyncio.sleep(0.01)
            assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert not list(tmp_path.iterdir())


def test_a_download_that_is_cancelled_while_its_file_is_opened_leaves_nothing_behind(
    server, vendor, tmp_path, monkeypatch
):
    opening, cancelled, opened = threading.Event(), threading.Event(), []
    open_file = Path.open

    def slowly(path, *mode):
        opening.set()
        cancelled.wait(30)
        opened.append(open_file(path, *mode))
        return opened[0]

    async def main():
        async with AsyncDriver(vendor, PATIENT) as driver:
            task = asyncio.create_task(driver.download(Fetch("/f"), tmp_path / "f.png"))
            assert await asyncio.to_thread(opening.wait, 30)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        cancelled.set()

    server.plays(reply(200, b"x" * 1000, "image/png"))
    monkeypatch.setattr(Path, "open", slowly)
    # Ends after the thread that opens the file has ended too.
    asyncio.run(main())
    assert [file.closed for file in opened] == [True]
    assert not list(tmp_path.iterdir())


def test_a_cancelled_operation_is_closed(server, vendor):
    closed, arrived = [], threading.Event()

    def begin(connection, request):
        arrived.set()
        then_silence(b"")(connection, request)

    def work() -> Operation[None]:
        try:
            yield call()
        finally:
            closed.append(True)

    async def main():
        async with AsyncDriver(vendor, PATIENT) as driver:
            task = asyncio.create_task(driver.run(work()))
            assert await asyncio.to_thread(arrived.wait, 30)
            assert not closed
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    server.plays(begin)
    asyncio.run(main())
    assert closed == [True]


def test_the_loop_goes_on_while_calls_wait(server, vendor):
    ticks = []

    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.01)

    async def main():
        async with AsyncDriver(vendor, QUICK) as driver:
            ticking = asyncio.create_task(tick())
            await driver.run(call())
            ticking.cancel()

    server.plays(reply(429, retry_after="1"), ok())
    asyncio.run(main())
    assert len(ticks) > 20
