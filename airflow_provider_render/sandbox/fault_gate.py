"""The gate in front of every vendor's app, where armed faults strike."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from airflow_provider_render.sandbox.faults import FaultBook

TRANSPORT = "sandbox.transport"


class ExposedTransport(H11Protocol):
    """uvicorn's HTTP protocol, with the transport in the request's state so that it can be broken."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class FaultGate:
    """
    ASGI middleware that lets armed faults strike before or after the app.

    :param app: the vendor's app.
    :param faults: the armed faults.
    :param error_body: the vendor's JSON error for an HTTP status (429 or 500).
    """

    def __init__(self, app: ASGIApp, faults: FaultBook, error_body: Callable[[int], dict[str, Any]]) -> None:
        self._app = app
        self._faults = faults
        self._error_body = error_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        call = f"{scope['method']} {scope['path']}"
        if latency := self._faults.take("latency", call):
            await asyncio.sleep(latency.seconds or 0)
        if self._faults.take("drop_before", call):
            await _drop(scope)
        elif response := self._refusal(call):
            await _drain(receive)
            await response(scope, receive, send)
        else:
            await self._handle(call, scope, receive, send)

    def _refusal(self, call: str) -> JSONResponse | None:
        if limit := self._faults.throttle(call):
            return JSONResponse(self._error_body(429), 429, {"Retry-After": limit.retry_after_header()})
        if self._faults.take("error_before", call):
            return JSONResponse(self._error_body(500), 500)
        return None

    async def _handle(self, call: str, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(call, self._faults, send)
        await self._app(scope, receive, answer)
        if answer.fate == "error_after":
            await JSONResponse(self._error_body(500), 500)(scope, receive, send)
        elif answer.fate in ("drop_after", "truncate"):
            await _drop(scope, flush=answer.fate == "truncate")


class _Answer:
    """The app's way to answer; decides at the first line of a successful answer what becomes of it."""

    def __init__(self, call: str, faults: FaultBook, send: Send) -> None:
        self.fate = "deliver"
        self._call = call
        self._faults = faults
        self._send = send
        self._left: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] < 400:
            self.fate = self._decide(message)
        if self.fate == "deliver":
            await self._send(message)
        elif self.fate == "truncate":
            await self._send_the_first_half(message)

    def _decide(self, start: Message) -> str:
        if self._faults.take("drop_after", self._call):
            return "drop_after"
        if self._faults.take("error_after", self._call):
            return "error_after"
        media_type = dict(start["headers"]).get(b"content-type", b"")
        is_download = not media_type.startswith(b"application/json")
        return "truncate" if is_download and self._faults.take("truncate", self._call) else "deliver"

    async def _send_the_first_half(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            length = dict(message["headers"]).get(b"content-length")
            self._left = int(length) // 2 if length else None
            await self._send(message)
            return
        body = message.get("body", b"")
        if self._left is None:
            self._left = len(body) // 2
        body = body[: self._left]
        self._left -= len(body)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})


async def _drop(scope: Scope, *, flush: bool = False) -> None:
    transport: asyncio.Transport = scope["state"][TRANSPORT]
    if flush:
        transport.close()
    else:
        transport.abort()
    # uvicorn answers 500 to an app that returns before it has seen the connection go.
    await asyncio.sleep(0.01)


async def _drain(receive: Receive) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
