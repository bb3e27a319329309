"""Carries out calls while the caller waits; safe to share between threads."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, closing
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
from airflow_provider_render.http.clients import open_clients
from airflow_provider_render.http.download import downloading
from airflow_provider_render.http.exchange import converse, quiet_time
from airflow_provider_render.http.failures import FAILURES, failure
from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.http.steps import Attempt, Blocking, Pause, Step, Talk, Terms

T = TypeVar("T")

Clients: TypeAlias = dict[bool, httpx.Client]


class SyncDriver:
    """Carries out the calls of one connection, blocking.

    :param vendor: whom to talk to, with credentials.
    :param options: how.
    """

    def __init__(self, vendor: RenderVendor, options: HttpOptions | None = None) -> None:
        options = options or HttpOptions()
        self.terms = Terms(vendor, options)
        self._clients: Clients = {}
        self._slots = threading.BoundedSemaphore(options.max_concurrency)
        self._pacer = Pacer(options.rate)
        self._lock = threading.Lock()
        self._running = 0
        self._retired = False

    def run(self, work: Call[T] | Operation[T], /) -> T:
        """Carry out a call or an operation.

        :raises VendorError: it failed for good.
        """
        return self._follow(converse(work, self.terms))

    def download(self, fetch: Fetch, to: str | PathLike[str], /) -> Fetched:
        """Download a file; it appears under its name only when it is whole.

        :raises DownloadError: it did not arrive whole, or the presigned URL has expired.
        :raises VendorError: the vendor does not give it.
        :raises OutputError: it cannot be written.
        """
        return self._follow(downloading(fetch, to, self.terms))

    def close(self) -> None:
        """Close all connections, also those in use; a later call opens new ones."""
        with self._lock:
            clients = self._give_up()
        _close(clients)

    def retire(self) -> None:
        """Close all connections as soon as the last call has ended, and after each call from then on."""
        with self._lock:
            self._retired = True
            unused = {} if self._running else self._give_up()
        _close(unused)

    def __enter__(self) -> SyncDriver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _follow(self, talk: Talk[T]) -> T:
        with self._lock:
            self._running += 1
        try:
            self._opened()
            return self._steps(talk)
        finally:
            with self._lock:
                self._running -= 1
                unused = self._give_up() if self._retired and not self._running else {}
            _close(unused)

    def _opened(self) -> Clients:
        if clients := self._clients:
            return clients
        # Not under the lock: it takes long, and a signal handler that calls meanwhile would wait for ever.
        opened = open_clients(httpx.Client, self.terms.options)
        with self._lock:
            unused = opened if self._clients else {}
            clients = self._clients = self._clients or opened
        _close(unused)
        return clients

    def _give_up(self) -> Clients:
        """Take the clients, so that the next call opens new ones; needs the lock."""
        clients, self._clients = self._clients, {}
        return clients

    def _steps(self, talk: Talk[T]) -> T:
        reply = None
        with closing(talk):
            while True:
                try:
                    step = talk.send(reply)
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                reply = self._do(step)

    def _do(self, step: Step) -> Any:
        match step:
            case Attempt():
                return self._attempt(step)
            case Pause(seconds):
                time.sleep(seconds)
            case Blocking(function):
                return _outcome(function)
        return None

    def _attempt(self, attempt: Attempt) -> Answer | RenderError:
        with self._slots, ExitStack() as opened:
            self._wait_turn()
            client = self._opened()[attempt.effect is Effect.REPEATABLE]
            try:
                answer = self._send(client, body.request(client, attempt, opened), attempt)
                self._hold(quiet_time(answer, self.terms))
                return answer
            except RenderError as error:
                return error
            except FAILURES as error:
                return failure(error, attempt)

    def _wait_turn(self) -> None:
        while True:
            with self._lock:
                moment = self._pacer.reserve(now := time.monotonic())
            time.sleep(moment - now)
            if not self._pacer.holds(moment):
                return

    def _hold(self, seconds: float) -> None:
        with self._lock:
            self._pacer.hold(seconds, time.monotonic())

    def _send(self, client: httpx.Client, request: httpx.Request, attempt: Attempt) -> Answer:
        with closing(client.send(request, stream=True)) as response:
            headers = dict(response.headers)
            if attempt.sink and attempt.sink.begin(response.status_code, headers):
                for chunk in response.iter_bytes(body.CHUNK):
                    attempt.sink.write(chunk)
                return Answer(attempt.label, response.status_code, headers, b"")
            return Answer(attempt.label, response.status_code, headers, self._collect(response, attempt))

    def _collect(self, response: httpx.Response, attempt: Attempt) -> bytes:
        collected = body.AnswerBody(attempt, self.terms.options.timeout)
        for chunk in response.iter_bytes():
            if not collected.add(chunk):
                break
        return collected.bytes()


def _close(clients: Clients) -> None:
    for client in clients.values():
        client.close()


def _outcome(function: Any) -> Any:
    try:
        return function()
    except RenderError as error:
        return error
