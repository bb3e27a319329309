"""The render queue: jobs wait for one of a few processes and report what they do."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox import render_process

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine
    from pathlib import Path

    from airflow_provider_render.sandbox.render_process import Event

    Renderer = Callable[[Path, float], AsyncGenerator[Event, None]]

logger = logging.getLogger(__name__)


class RenderQueue:
    """
    Runs the vendors' render work and their render processes.

    Waiting jobs live in the database of their vendor, which takes them up again after a restart.

    :param folder: where specs and logs of running jobs are kept.
    :param workers: processes at the same time.
    :param timeout: seconds one process may take.
    :param renderer: makes the files of a spec, as :func:`render_process.events` does.
    :param seconds: shortest and longest time that a render takes at least, spread by its name.
    """

    def __init__(
        self,
        folder: Path,
        workers: int,
        timeout: float,
        *,
        renderer: Renderer = render_process.events,
        seconds: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self._folder = folder
        self._renderer = renderer
        self._seconds = seconds
        self._slots = asyncio.Semaphore(workers)
        self._timeout = timeout
        self._work: dict[str, asyncio.Task[None]] = {}

    def start(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        """
        Do some work in the background.

        :param key: name by which it can be cancelled.
        :param work: usually iterates over :meth:`render`.
        """
        task = asyncio.create_task(work, name=key)
        self._work[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))

    def _forget(self, key: str, task: asyncio.Task[None]) -> None:
        if self._work.get(key) is task:
            del self._work[key]
        if not task.cancelled() and (error := task.exception()):
            logger.error("The work on %s broke off", key, exc_info=error)

    async def cancel(self, key: str) -> None:
        """
        Stop some work and wait until its process is gone; nothing happens when there is none.

        :param key: its name.
        """
        if task := self._work.get(key):
            task.cancel()
            await asyncio.wait([task])

    async def render(self, key: str, spec: dict[str, Any]) -> AsyncGenerator[Event, None]:
        """
        Wait for a free slot, run a render process and pass on its events as they come.

        The slot is free again when the process ends, however slowly the events are taken.

        :param key: name of the job, also of its files.
        :param spec: the job, see ``rendering/spec.py``.
        """
        arrived: asyncio.Queue[Event] = asyncio.Queue()
        earliest = time.monotonic() + seconds_of(key, self._seconds)
        pump = asyncio.create_task(self._pump(key, spec, arrived))
        try:
            while True:
                event = await arrived.get()
                if event["event"] == "done":
                    await asyncio.sleep(earliest - time.monotonic())
                yield event
                if event["event"] in ("done", "failed"):
                    return
        finally:
            pump.cancel()
            with suppress(asyncio.CancelledError):
                await pump

    async def _pump(self, key: str, spec: dict[str, Any], arrived: asyncio.Queue[Event]) -> None:
        async with self._slots:
            path = self._folder / f"{key}.json"
            self._folder.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(spec))
            last: Event = {}
            try:
                async with aclosing(self._renderer(path, self._timeout)) as stream:
                    async for last in stream:
                        arrived.put_nowait(last)
            except (OSError, ValueError) as error:
                last = {"event": "failed", "error": f"The render process could not be run: {error}"}
                arrived.put_nowait(last)
            finally:
                self._tidy(path, keep_log=last.get("event") == "failed")

    def _tidy(self, path: Path, *, keep_log: bool) -> None:
        path.unlink(missing_ok=True)
        if not keep_log:
            path.with_suffix(".log").unlink(missing_ok=True)

    async def close(self) -> None:
        """Stop everything and wait until the processes are gone."""
        running = list(self._work.values())
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)


def seconds_of(key: str, spread: tuple[float, float]) -> float:
    """
    Return how long a render takes at least: the same for the same name, evenly spread over all names.

    :param key: its name.
    :param spread: shortest and longest time in seconds.
    """
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") / (1 << 32)
    return spread[0] + share * (spread[1] - spread[0])
