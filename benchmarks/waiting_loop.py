"""Waits for renders with triggers in one event loop, as a triggerer does, and prints what that took.

Usage: ``python -m benchmarks.waiting_loop KIND JOBS``, where KIND is ``render`` (this package's trigger, one
for each list of jobs) or ``http`` (the stock sensor's trigger, one for each job), and JOBS a JSON file. The
connections come from the environment.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from airflow.triggers.base import BaseTrigger

TICK = 0.05
POLL = 5.0


def render_triggers(tasks: list[list[dict[str, Any]]], since: float) -> list[BaseTrigger]:
    """Return a trigger for each list of renders.

    :param tasks: the renders
    :param since: when they were submitted, seconds since the epoch
    """
    from airflow_provider_render.triggers.render import RenderTrigger

    return [RenderTrigger("dxgl_default", jobs, since) for jobs in tasks]


def http_triggers(tasks: list[list[dict[str, Any]]], _since: float) -> list[BaseTrigger]:
    """Return a trigger for each render."""
    from airflow.providers.http.triggers.http import HttpSensorTrigger

    return [
        HttpSensorTrigger(
            endpoint=f"/v1/renders/{job['id']}/video",
            http_conn_id="vendor_http",
            method="HEAD",
            poke_interval=POLL,
        )
        for jobs in tasks
        for job in jobs
    ]


class Loop:
    """Watches how late the event loop is."""

    def __init__(self) -> None:
        self.lags: list[float] = []

    async def watch(self) -> None:
        """Sleep again and again, and note how much too long."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(TICK)
            self.lags.append(time.monotonic() - before - TICK)

    def summary(self) -> dict[str, float]:
        """Return the longest and the 99th percentile, in seconds."""
        ordered = sorted(self.lags)
        return {"longest_lag": ordered[-1], "p99_lag": ordered[len(ordered) * 99 // 100]}


async def fired(trigger: BaseTrigger) -> float:
    """Return when a trigger fired, seconds since the epoch."""
    async for _ in trigger.run():
        return time.time()
    raise RuntimeError("the trigger ended without an event")


async def wait(kind: str, tasks: list[list[dict[str, Any]]], since: float) -> dict[str, Any]:
    """Run all triggers to their events."""
    make = {"render": render_triggers, "http": http_triggers}[kind]
    triggers = make(tasks, since)
    process, loop = psutil.Process(), Loop()
    memory, cpu, started = process.memory_info().rss, time.process_time(), time.monotonic()
    watching = asyncio.create_task(loop.watch())
    times = await asyncio.gather(*map(fired, triggers))
    watching.cancel()
    return {
        "fired": times,
        "seconds": time.monotonic() - started,
        "cpu": time.process_time() - cpu,
        "memory": process.memory_info().rss - memory,
        **loop.summary(),
    }


def main(kind: str, file: str) -> None:
    """Read the jobs, wait for them, and print the result as the last line."""
    given = json.loads(Path(file).read_text())
    print(json.dumps(asyncio.run(wait(kind, given["tasks"], given["since"]))))


if __name__ == "__main__":
    main(*sys.argv[1:])
