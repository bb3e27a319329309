"""Carries out calls in an event loop; file work is done in threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import ExitStack, aclosing, closing
from os import PathLike
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

import httpx

from airflow_provider_render.core.calls import Answer, Call, Effect, Fetch, Operation
from airflow_provider_render.core.errors import RenderError
from airflow_provider_render.core.pacing import Pacer
from airflow_provider_render.core.resource import Fetched
from airflow_provider_render.core.vendor import RenderVendor
from airflow_provider_render.http import body
from airflow_provider_render.http.clients import open_clients, trust
from airflow_provider_render.http.download import downloading
from airflow_provider_render.http.exchange import converse, quiet_time
from airflow_provider_render.http.failures import FAILURES, failure
from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.http.steps import Attempt, Blocking, Pause, Step, Talk, Terms

T = TypeVar("T")

Clients: TypeAlias = dict[bool, httpx.AsyncClient]


class AsyncDriver:
    """Carries out the calls of one connection in one event loop.

    It closes itself when the loop shuts down, so a short-lived loop leaves no connection behind.

    :param vendor: whom to talk to, with credentials.
    :param options: how.
    """

    def __init__(self, vendor: RenderVendor, options: HttpOptions | None = None) -> None:
        options = options or HttpOptions()
        self.terms = Terms(vendor, options)
        self._clients: Clients = {}
        self._slots = asyncio.Semaphore(options.max_concurrency)
        self._pacer = Pacer(options.rate)
        self._running = 0
        self._retired = False
        self._keeper: AsyncGenerator[None, None] | None = None

    async def run(self, work: Call[T] | Operation[T], /) -> T:
        """Carry out a call or an operation.

        :raises VendorError: it failed for good.
        """
        return await self._follow(converse(work, self.terms))

    async def download(self, fetch: Fetch, to: str | PathLike[str], /) -> Fetched:
        """Download a file; it appears under its name only when it is whole.

        :raises DownloadError: it did not arrive whole, or the presigned URL has expired.
        :raises VendorError: the vendor does not give it.
        :raises OutputError: it cannot be written.
        """
        return await self._follow(downloading(fetch, to, self.terms))

    async def close(self) -> None:
        """Close all connections, also those in use; a later call opens new ones."""
        keeper, self._keeper, self._clients = self._keeper, None, {}
        if keeper:
            await keeper.aclose()

    async def retire(self) -> None:
        """Close all connections as soon as the last call has ended, and after each call from then on."""
        self._retired = True
        if not self._running:
            await self.close()

    async def __aenter__(self) -> AsyncDriver:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _follow(self, talk: Talk[T]) -> T:
        self._running += 1
        try:
            await self._opened()
            return await self._steps(talk)
        finally:
            self._running -= 1
            if self._retired and not self._running:
                await self.close()

    async def _opened(self) -> Clients:
        options = self.terms.options
        if not self._clients:
            await asyncio.to_thread(trust, options.verify)
        if not self._clients:
            self._clients = open_clients(httpx.AsyncClient, options)
            self._keeper = _close_at_shutdown(*self._clients.values())
            await anext(self._keeper)
        return self._clients

    async def _wait_turn(self) -> None:
        while True:
            moment = self._pacer.reserve(now := time.monotonic())
            await asyncio.sleep(moment - now)
            if not self._pacer.holds(moment):
                return

    async def _steps(self, talk: Talk[T]) -> T:
        reply = None
        with closing(talk):
            while True:
                try:
                    step = talk.send(reply)
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                reply = await self._do(step)

    async def _do(self, step: Step) -> Any:
        match step:
            case Attempt():
                return await self._attempt(step)
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Blocking(function):
                return await _outcome(function)
        return None

    async def _attempt(self, attempt: Attempt) -> Answer | RenderError:
        with ExitStack() as opened:
            async with self._slots:
                await self._wait_turn()
                client = (await self._opened())[attempt.effect is Effect.REPEATABLE]
                try:
                    answer = await self._send(client, await _request(client, attempt, opened), attempt)
                    self._pacer.hold(quiet_time(answer, self.terms), time.monotonic())
                    return answer
                except RenderError as error:
                    return error
                except FAILURES as error:
                    return failure(error, attempt)

    async def _send(self, client: httpx.AsyncClient, request: httpx.Request, attempt: Attempt) -> Answer:
        async with aclosing(await client.send(request, stream=True)) as response:
            status, headers, sink = response.status_code, dict(response.headers), attempt.sink
            wanted = sink is not None and await asyncio.to_thread(sink.begin, status, headers)
            if sink and wanted:
                async for chunk in response.aiter_bytes(body.CHUNK):
                    await asyncio.to_thread(sink.write, chunk)
                return Answer(attempt.label, status, headers, b"")
            return Answer(attempt.label, status, headers, await self._collect(response, attempt))

    async def _collect(self, response: httpx.Response, attempt: Attempt) -> bytes:
        collected = body.AnswerBody(attempt, self.terms.options.timeout)
        async for chunk in response.aiter_bytes():
            if not collected.add(chunk):
                break
        return collected.bytes()


class _ThreadedStream(httpx.AsyncByteStream):
    """Reads a blocking stream in threads."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        chunks = iter(self._stream)
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            yield chunk


async def _request(client: httpx.AsyncClient, attempt: Attempt, opened: ExitStack) -> httpx.Request:
    if not body.streams(attempt):
        return body.request(client, attempt, opened)
    request = await asyncio.to_thread(body.request, client, attempt, opened)
    request.stream = _ThreadedStream(request.stream)  # type: ignore[arg-type]
    return request


async def _outcome(function: Any) -> Any:
    try:
        return await asyncio.to_thread(function)
    except RenderError as error:
        return error


async def _close_at_shutdown(*clients: httpx.AsyncClient) -> AsyncGenerator[None, None]:
    """Close clients when the loop ends: asyncio closes the async generators that were begun in it."""
    try:
        yield
    finally:
        for client in clients:
            await client.aclose()
