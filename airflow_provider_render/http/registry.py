"""One driver for each connection in a process, so that all its calls share connections and limits.

A client for each trigger would cost some 20 ms and 1 MB apiece.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Hashable

from airflow_provider_render.core.vendor import RenderVendor
from airflow_provider_render.http.aio import AsyncDriver
from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.http.sync import SyncDriver

_SyncKey = tuple[int, Hashable]
_AsyncKey = tuple[int, Hashable, asyncio.AbstractEventLoop]

_lock = threading.RLock()
# Entries of a parent process stay after a fork, unused: closing them would disturb the parent's TLS.
_sync: dict[_SyncKey, SyncDriver] = {}
_async: dict[_AsyncKey, AsyncDriver] = {}


def _renew_lock() -> None:
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)


def known_sync_driver(key: Hashable) -> SyncDriver | None:
    """Return the driver that this process already has for a key."""
    with _lock:
        return _sync.get((os.getpid(), key))


def sync_driver(
    key: Hashable, make_vendor: Callable[[], RenderVendor], options: HttpOptions | None = None
) -> SyncDriver:
    """Return this process's blocking driver for a key; it is shared, so do not close it.

    :param key: the connection id, with whatever else makes its drivers differ.
    :param make_vendor: builds the vendor, called only for a key that is not known yet.
    :param options: how to send, for a key that is not known yet.
    """
    with _lock:
        driver = known_sync_driver(key)
        if driver is None:
            driver = _sync[os.getpid(), key] = SyncDriver(make_vendor(), options)
        return driver


def known_async_driver(key: Hashable) -> AsyncDriver | None:
    """Return the driver that the running event loop already has for a key."""
    with _lock:
        _drop_closed_loops()
        return _async.get((os.getpid(), key, asyncio.get_running_loop()))


def async_driver(
    key: Hashable, make_vendor: Callable[[], RenderVendor], options: HttpOptions | None = None
) -> AsyncDriver:
    """Return the running event loop's driver for a key; it is shared, so do not close it.

    :param key: the connection id, with whatever else makes its drivers differ.
    :param make_vendor: builds the vendor, called only for a key that is not known yet; must not block.
    :param options: how to send, for a key that is not known yet.
    """
    with _lock:
        driver = known_async_driver(key)
        if driver is None:
            driver = AsyncDriver(make_vendor(), options)
            _async[os.getpid(), key, asyncio.get_running_loop()] = driver
        return driver


def forget(key: Hashable) -> None:
    """Drop the drivers of a key in this process, as after a change of credentials.

    Calls under way end undisturbed; the connections are closed after the last of them.
    """
    pid = os.getpid()
    with _lock:
        blocking = _sync.pop((pid, key), None)
        loops = [entry for entry in _async if entry[:2] == (pid, key)]
        dropped = [(loop, _async.pop((owner, name, loop))) for owner, name, loop in loops]
    if blocking:
        blocking.retire()
    for loop, driver in dropped:
        _retire_in(loop, driver)


def _retire_in(loop: asyncio.AbstractEventLoop, driver: AsyncDriver) -> None:
    if loop.is_running():
        asyncio.run_coroutine_threadsafe(driver.retire(), loop)


def _drop_closed_loops() -> None:
    for entry in [entry for entry in _async if entry[2].is_closed()]:
        del _async[entry]
