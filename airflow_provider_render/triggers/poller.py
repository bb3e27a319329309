"""One set of status calls for all waiting triggers of a process.

Every trigger that waits on the same connection shares one :class:`Poller`. When one of them looks, all
renders that anybody waits for are asked for at once, where the vendor has a call for that, and the
others take their part of the answer. A hundred triggers cost the vendor no more than one. A render that
cannot be read is the trouble of those alone who wait for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from weakref import WeakKeyDictionary

from airflow_provider_render.catalog.waiting import shares
from airflow_provider_render.core.errors import VendorError
from airflow_provider_render.core.job import RenderJob, RenderState
from airflow_provider_render.core.looking import Look, told
from airflow_provider_render.hooks.aio import AsyncVendorClient
from airflow_provider_render.hooks.base import RenderHook

_pollers: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Poller]] = WeakKeyDictionary()


def poller_for(conn_id: str) -> Poller:
    """Return the poller of a connection in the running event loop."""
    pollers = _pollers.setdefault(asyncio.get_running_loop(), {})
    if conn_id not in pollers:
        pollers[conn_id] = Poller(conn_id)
    return pollers[conn_id]


class Poller:
    """Looks at renders on behalf of many.

    :param conn_id: Airflow connection of the vendor.
    """

    def __init__(self, conn_id: str) -> None:
        self.conn_id = conn_id
        self._waiting: dict[str, tuple[RenderJob, int]] = {}
        self._ended: dict[str, RenderState] = {}
        self._states: Mapping[str, RenderState] = {}
        self._asked: frozenset[str] = frozenset()
        self._looked = float("-inf")
        self._error: VendorError | None = None
        self._lock = asyncio.Lock()

    @contextmanager
    def interest(self, jobs: Iterable[RenderJob]) -> Iterator[None]:
        """Have renders asked for whenever anybody looks."""
        jobs = list(jobs)
        for job in jobs:
            self._waiting[job.id] = (job, self._waiting.get(job.id, (job, 0))[1] + 1)
        try:
            yield
        finally:
            for job in jobs:
                self._leave(job)

    async def states(
        self, jobs: Iterable[RenderJob], max_age: float, bill: Callable[[Decimal], None] = lambda _: None
    ) -> dict[str, RenderState]:
        """Return the states of renders; those that the vendor does not know are left out.

        Some that cannot be read are :class:`~airflow_provider_render.core.looking.Unread` among the others.

        :param jobs: the renders.
        :param max_age: seconds that an answer, or a failure, that somebody else got may be old.
        :param bill: told what a look cost, where one was needed and the vendor charges for it.
        :raises VendorError: the vendor could not be asked, or none of these renders can be read.
        """
        wanted = {job.id: job for job in jobs}
        async with self._lock:
            left = {job_id: job for job_id, job in wanted.items() if job_id not in self._ended}
            fresh = time.monotonic() - self._looked <= max_age and left.keys() <= self._asked
            if left and not fresh:
                await self._look(left, bill)
            elif left and self._error:
                raise self._error.with_traceback(None)
            known = {**self._states, **self._ended}
            return told({job_id: known[job_id] for job_id in wanted if job_id in known}, wanted)

    async def _look(self, wanted: Mapping[str, RenderJob], bill: Callable[[Decimal], None]) -> None:
        driver = await RenderHook.adriver_for(self.conn_id)
        if driver.vendor.capabilities.bulk_states:
            waiting = {job_id: job for job_id, (job, _) in self._waiting.items()}
            wanted = {**{job_id: waiting[job_id] for job_id in waiting.keys() - self._ended.keys()}, **wanted}
        before = driver.metered
        try:
            states = await self._asked_at_once(driver, wanted)
        except VendorError as error:
            self._note({}, wanted, error)
            raise
        finally:
            bill(driver.metered - before)
        self._note(states, wanted, None)

    async def _asked_at_once(
        self, driver: AsyncVendorClient, wanted: Mapping[str, RenderJob]
    ) -> dict[str, RenderState]:
        parts = shares(driver.vendor, wanted.values())
        answers = await asyncio.gather(*(_look(driver, part) for part in parts))
        return {job: state for states in answers for job, state in states.items()}

    def _note(
        self, states: Mapping[str, RenderState], wanted: Mapping[str, RenderJob], error: VendorError | None
    ) -> None:
        self._states, self._asked, self._error = states, frozenset(wanted), error
        self._looked = time.monotonic()
        ended = {job_id: state for job_id, state in self._states.items() if state.status.terminal}
        self._ended.update((job_id, state) for job_id, state in ended.items() if job_id in self._waiting)

    def _leave(self, job: RenderJob) -> None:
        count = self._waiting[job.id][1] - 1
        if count > 0:
            self._waiting[job.id] = (job, count)
        else:
            del self._waiting[job.id]
            self._ended.pop(job.id, None)


async def _look(driver: AsyncVendorClient, jobs: Sequence[RenderJob]) -> dict[str, RenderState]:
    look = Look(jobs)
    try:
        return await driver.run(look.work(driver.vendor.states(jobs)))
    except VendorError as error:
        return look.failed(error)
