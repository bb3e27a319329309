from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import psutil
import pytest

from airflow_provider_render.sandbox import render_process
from airflow_provider_render.sandbox.render_queue import RenderQueue
from tests.sandbox import shapes


@pytest.fixture
def job(tmp_path):
    """One small picture."""
    model = tmp_path / "box.glb"
    model.write_bytes(shapes.glb())
    picture = {"type": "still", "name": "front.png", "width": 32, "height": 32}
    return {"model": str(model), "output": str(tmp_path / "out"), "products": [picture]}


@pytest.fixture
def spec(tmp_path, job):
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job))
    return path


async def collect(spec, seconds=60):
    return [event async for event in render_process.events(spec, seconds)]


def children():
    """Render processes of this process; the sandboxes of other tests are its children too."""
    return [child for child in psutil.Process().children() if render_process.MODULE in child.cmdline()]


def test_a_render_process_reports_from_start_to_done(spec, tmp_path):
    events = asyncio.run(collect(spec))
    assert [event["event"] for event in events] == ["started", "product", "done"]
    assert (tmp_path / "out" / "front.png").exists()


def test_a_render_process_that_takes_too_long_is_ended(spec):
    [*_, last] = asyncio.run(collect(spec, seconds=0.05))
    assert last == {"event": "failed", "error": "The render took longer than 0.05 seconds"}
    assert not children()


def test_a_render_process_that_dies_is_a_failed_render(spec, job):
    large = {**job["products"][0], "width": 8192, "height": 8192}
    spec.write_text(json.dumps({**job, "products": [large]}))

    async def kill_at_the_start():
        events = []
        async for event in render_process.events(spec, 60):
            events.append(event)
            for child in children():
                child.kill()
        return events

    last = asyncio.run(kill_at_the_start())[-1]
    assert last == {"event": "failed", "error": "The render process ended unexpectedly (code -9)"}


def test_leaving_the_events_early_ends_the_process(spec):
    async def leave_at_the_start():
        async with aclosing(render_process.events(spec, 60)) as events:
            await anext(events)

    asyncio.run(leave_at_the_start())
    assert not children()


def test_no_more_processes_run_than_there_are_workers(job, tmp_path):
    order = []

    def note(key, event):
        order.append((key, event))

    async def one(queue, key):
        async for event in queue.render(key, {**job, "output": str(tmp_path / key)}):
            note(key, event["event"])

    async def both():
        queue = RenderQueue(tmp_path / "jobs", workers=1, timeout=60)
        await asyncio.gather(one(queue, "a"), one(queue, "b"))

    asyncio.run(both())
    assert order == [(key, event) for key in "ab" for event in ("started", "product", "done")]
    assert not [left for left in (tmp_path / "jobs").iterdir() if left.is_file()]


def test_closing_the_queue_ends_its_work_and_its_processes(job, tmp_path):
    async def close_while_it_runs():
        queue = RenderQueue(tmp_path / "jobs", workers=1, timeout=60)
        started = asyncio.Event()

        async def work():
            async with aclosing(queue.render("a", job)) as events:
                async for _ in events:
                    started.set()
                    await asyncio.sleep(60)

        queue.start("a", work())
        await started.wait()
        await queue.close()

    asyncio.run(close_while_it_runs())
    assert not children()
