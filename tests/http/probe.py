"""A vendor to call the scripted server as, and both drivers behind one face."""

from __future__ import annotations

import asyncio
import io
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airflow_provider_render.core.calls import Answer, Call, Effect, Fetch
from airflow_provider_render.core.errors import (
    AuthError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    VendorError,
)
from airflow_provider_render.core.retry import RetryPolicy
from airflow_provider_render.core.vendor import RenderVendor
from airflow_provider_render.http.aio import AsyncDriver
from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.http.sync import SyncDriver
from tests.secret_watch import secret

SECRET = secret("sk-live-0123456789abcdef")
QUICK = HttpOptions(timeout=1.0, retry=RetryPolicy(attempts=4, first=0.01, growth=1.5, cap=2.0))


class ProbeVendor(RenderVendor):
    """Credentials and errors; the contract beyond them is not what is tested here."""

    name = "probe"

    def headers(self, credential: str = "") -> dict[str, str]:
        return {"Authorization": f"Bearer {SECRET}", "X-Org": "acme"}

    def error(self, answer: Answer) -> VendorError:
        kinds = {
            401: AuthError,
            403: AuthError,
            404: NotFoundError,
            429: RateLimitedError,
            408: UnavailableError,
        }
        kind = kinds.get(answer.status, UnavailableError if answer.status >= 500 else RejectedError)
        return kind(f"{answer.call}: {answer.status} {answer.body[:300].decode()}", status=answer.status)


ProbeVendor.__abstractmethods__ = frozenset()


class Blocking:
    """The blocking driver."""

    def __init__(self, vendor: RenderVendor, options: HttpOptions) -> None:
        self.vendor, self.options = vendor, options

    def run(self, work: Any) -> Any:
        return self.gather(work)[0]

    def download(self, fetch: Fetch, to: Path) -> Any:
        with SyncDriver(self.vendor, self.options) as driver:
            return driver.download(fetch, to)

    def gather(self, *works: Any) -> list[Any]:
        with SyncDriver(self.vendor, self.options) as driver, ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(driver.run, works))


class Looping(Blocking):
    """The asyncio driver."""

    def download(self, fetch: Fetch, to: Path) -> Any:
        async def main() -> Any:
            async with AsyncDriver(self.vendor, self.options) as driver:
                return await driver.download(fetch, to)

        return asyncio.run(main())

    def gather(self, *works: Any) -> list[Any]:
        async def main() -> list[Any]:
            async with AsyncDriver(self.vendor, self.options) as driver:
                return await asyncio.gather(*(driver.run(work) for work in works))

        return asyncio.run(main())


@dataclass
class Bytes:
    """A source in memory that counts how often it is opened and closed."""

    data: bytes
    name: str = "chair.glb"
    announced: int | None = None
    readers: list[io.BytesIO] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.data) if self.announced is None else self.announced

    def open(self) -> io.BytesIO:
        self.readers.append(io.BytesIO(self.data))
        return self.readers[-1]


def call(method: str = "GET", path: str = "/renders/r1", **more: Any) -> Call[Any]:
    return Call(method, path, **{"parse": Answer.json, **more})


def paid(**more: Any) -> Call[Any]:
    return call("POST", **{"path": "/renders", "effect": Effect.PAID, "json": {"model": "m1"}, **more})


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
