"""The asynchronous side of the hooks, for triggers and async tasks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from decimal import Decimal
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_render.core.calls import Call, Fetch, Operation
from airflow_provider_render.core.resource import Fetched
from airflow_provider_render.core.vendor import RenderVendor
from airflow_provider_render.hooks.binding import Binding, calling
from airflow_provider_render.http.steps import Tally

if TYPE_CHECKING:
    from airflow_provider_render.http.aio import AsyncDriver

T = TypeVar("T")

TTL = 300.0
"""Seconds until a connection is looked up again; a triggerer manages some 40 look-ups a second."""


class AsyncVendorClient:
    """A vendor that can be called from an event loop; its calls share connections and limits.

    :param binding: the vendor and its connection.
    :param refused: called when the vendor refuses the credentials.
    """

    def __init__(self, binding: Binding, refused: Callable[[], None]) -> None:
        self.binding = binding
        self._refused = refused
        self._tally = Tally()

    @property
    def vendor(self) -> RenderVendor:
        """The vendor, with credentials."""
        return self.binding.vendor

    @property
    def metered(self) -> Decimal:
        """Credits that calls of this process have cost so far, beside the renders in them."""
        self._driver()
        return self._tally.credits

    async def run(self, work: Call[T] | Operation[T], /) -> T:
        """Carry out a call or an operation.

        :raises VendorError: it failed for good.
        """
        with calling(self.binding.connection.conn_id, self._refused):
            return await self._driver().run(work)

    async def download(self, fetch: Fetch, to: str | PathLike[str], /) -> Fetched:
        """Download a file; it appears under its name only when it is whole.

        :raises VendorError: it failed for good.
        """
        with calling(self.binding.connection.conn_id, self._refused):
            return await self._driver().download(fetch, to)

    def _driver(self) -> AsyncDriver:
        from airflow_provider_render.http.registry import async_driver

        driver = async_driver(self.binding.key, lambda: self.vendor, self.binding.connection.options)
        self._tally.add(driver.terms.meter)
        return driver


class LazyDriver:
    """A driver that looks its connection up when it is first used.

    :param client: finds the client.
    """

    def __init__(self, client: Callable[[], Awaitable[AsyncVendorClient]]) -> None:
        self._client = client

    async def run(self, work: Call[Any] | Operation[Any], /) -> Any:
        """Carry out a call or an operation."""
        return await (await self._client()).run(work)

    async def download(self, fetch: Fetch, to: str | PathLike[str], /) -> Fetched:
        """Download a file."""
        return await (await self._client()).download(fetch, to)


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    client: AsyncVendorClient | None = None
    until: float = 0.0

    def expire(self) -> None:
        self.until = 0.0


_entries: dict[tuple[asyncio.AbstractEventLoop, Hashable], _Entry] = {}


async def shared_client(name: Hashable, bind: Callable[[], Awaitable[Binding]]) -> AsyncVendorClient:
    """Return the running loop's client under a name; many callers at once cause one look-up.

    :param name: what the connection is looked up by.
    :param bind: looks it up; called again after 5 minutes, or once the vendor refused the credentials.
    """
    for closed in [known for known in _entries if known[0].is_closed()]:
        del _entries[closed]
    entry = _entries.setdefault((asyncio.get_running_loop(), name), _Entry())
    async with entry.lock:
        if entry.client is None or time.monotonic() >= entry.until:
            entry.client = _renewed(entry, await bind())
            entry.until = time.monotonic() + TTL
        return entry.client


def _renewed(entry: _Entry, binding: Binding) -> AsyncVendorClient:
    """Keep the client where its connection is unchanged."""
    from airflow_provider_render.http.registry import forget

    if entry.client and entry.client.binding.key == binding.key:
        return entry.client
    if entry.client:
        forget(entry.client.binding.key)
    return AsyncVendorClient(binding, entry.expire)
