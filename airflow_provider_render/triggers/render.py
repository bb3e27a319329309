"""The trigger behind every deferred operator and sensor: waits until a set of renders has ended."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_render.catalog.progress import Progress
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.core.errors import RenderError, VendorError
from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.core.polling import Verdict, Watch
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.triggers.ownership import GIVEN_UP, task_state
from airflow_provider_render.triggers.poller import Poller, poller_for

_cancelling: set[asyncio.Task[None]] = set()


class RenderTrigger(BaseTrigger):
    """Wait until renders have ended, with as few status calls as the vendor allows.

    Fires once, with ``{"status": "ready"}`` when every render has ended in one way or another,
    ``{"status": "expired"}`` when the deadline has passed, or ``{"status": "hopeless", "message": ...}``
    when the vendor refuses to tell. The event is a hint: the worker asks the vendor again. Where the vendor
    charges for looks it adds ``"credits"``, what they cost since this triggerer took the waiting over.

    A restart of the triggerer only resumes the looking. When a user marks the task failed or successful,
    the renders that have not ended are cancelled at the vendor; after a clear they are left alone, as the
    next try takes them over. Nothing here is ever paid.

    :param render_conn_id: connection of the vendor.
    :param jobs: the renders, in their JSON form.
    :param since: when they were submitted, seconds since the epoch.
    :param deadline: when to give up, seconds since the epoch; None waits for ever.
    :param poll: fields of :class:`PollPolicy` that differ from the vendor's own.
    :param cancel_on_kill: whether renders are cancelled when a user ends the task.
    :param spare: ids of renders that are not cancelled even then, as somebody else paid for them.
    :param progress: local folder, run, and numbers for a progress file that is kept while waiting.
    """

    def __init__(
        self,
        render_conn_id: str,
        jobs: Sequence[Mapping[str, Any]],
        since: float,
        deadline: float | None = None,
        poll: Mapping[str, float] | None = None,
        cancel_on_kill: bool = True,
        progress: Mapping[str, Any] | None = None,
        spare: Sequence[str] = (),
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.render_conn_id = render_conn_id
        self.jobs = [dict(job) for job in jobs]
        self.since = since
        self.deadline = deadline
        self.poll = dict(poll or {})
        self.cancel_on_kill = cancel_on_kill
        self.progress = dict(progress) if progress else None
        self.spare = list(spare)
        self._cost = Decimal(0)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments; ids only, nothing secret."""
        names = ("render_conn_id", "jobs", "since", "deadline", "poll", "cancel_on_kill", "progress", "spare")
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until every render has ended or the deadline has passed, then fire once."""
        try:
            event = await self._wait()
        except RenderError as error:
            event = {"status": "hopeless", "message": str(error)}
        if self._cost:
            event["credits"] = str(self._cost)
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """Cancel open renders after a user ended the task."""
        # Airflow 3.3 cancels this coroutine again every second; only a detached task gets to finish.
        task = asyncio.create_task(self._cancel_abandoned())
        _cancelling.add(task)
        task.add_done_callback(_cancelling.discard)
        await asyncio.shield(task)

    async def _wait(self) -> dict[str, str]:
        driver = await RenderHook.adriver_for(self.render_conn_id)
        jobs = {job.id: job for job in map(RenderJob.from_json, self.jobs)}
        policy = driver.vendor.poll_policy.override(self.poll)
        watch = Watch(frozenset(jobs), policy, self.since, self.deadline)
        poller = poller_for(self.render_conn_id)
        with poller.interest(jobs.values()):
            await asyncio.sleep(watch.start(time.time()))
            while True:
                verdict, message = await self._look(poller, watch, jobs)
                if verdict is not Verdict.WAIT:
                    return {"status": verdict.value, "message": message}
                await asyncio.sleep(watch.delay(time.time(), random.uniform(0, 0.2)))  # noqa: S311

    async def _look(self, poller: Poller, watch: Watch, jobs: Mapping[str, RenderJob]) -> tuple[Verdict, str]:
        before = len(watch.ended)
        max_age = max(watch.delay(time.time()), watch.policy.start) / 2
        try:
            states = await poller.states([jobs[job] for job in watch.open], max_age, self._bill)
        except VendorError as error:
            self.log.warning("cannot look at the renders: %s", error)
            return watch.failed(error, time.time()), str(error)
        verdict = watch.look(states, time.time())
        if len(watch.ended) > before:
            await self._report(watch, len(jobs))
        return verdict, ""

    def _bill(self, cost: Decimal) -> None:
        self._cost += cost

    async def _report(self, watch: Watch, total: int) -> None:
        self.log.info("%d of %d renders have ended", len(watch.ended), total)
        if self.progress:
            done = int(self.progress["done"]) + len(watch.ended)
            progress = Progress(place(self.progress["root"]), self.progress["run"])
            await asyncio.to_thread(progress.update, "render", done, int(self.progress["total"]))

    async def _cancel_abandoned(self) -> None:
        if not self.cancel_on_kill:
            return
        from asgiref.sync import sync_to_async

        state = await sync_to_async(task_state)(self.task_instance)
        if state not in GIVEN_UP:
            self.log.info("the task is %s, so somebody else owns its renders now", state)
            return
        driver = await RenderHook.adriver_for(self.render_conn_id)
        for job in map(RenderJob.from_json, self.jobs):
            if job.id in self.spare:
                continue
            try:
                if await driver.run(driver.vendor.cancel(job)):
                    self.log.info("cancelled render %s", job.id)
            except VendorError as error:
                self.log.warning("render %s could not be cancelled: %s", job.id, error)
