"""Waiting for renders that another task submitted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue, conf
from airflow.sdk.exceptions import AirflowSensorTimeout, AirflowSkipException

from airflow_provider_render.catalog.brevity import require_small
from airflow_provider_render.catalog.waiting import look
from airflow_provider_render.core.errors import RenderFailedError, UnavailableError, VendorError
from airflow_provider_render.core.job import RenderJob, RenderState, RenderStatus
from airflow_provider_render.core.polling import Verdict, Watch
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.links import VendorPortalLink
from airflow_provider_render.operators.base import (
    RENDER_RETRY_POLICY,
    cancel_if_given_up,
    cancel_renders,
    defer_until_ended,
)
from airflow_provider_render.operators.parameters import read_flag, read_interval, read_jobs

if TYPE_CHECKING:
    from airflow.sdk import Context


class RenderSensor(BaseSensorOperator):
    """Wait until renders have succeeded.

    Fails when the vendor ended one of them without a result, naming each and why. One that the vendor does
    not know counts as lost when the vendor's time for listing a new one is over, usually 2 minutes. It counts
    from the first look of the try, or from the deferral; with ``mode="reschedule"``, where each look is a new
    process, from the first look of the first try, which Airflow keeps. A retry, a clear and a restart only
    look again. After ``timeout``, or when a user marks the task, the renders go on unless
    ``cancel_on_kill`` is set: they belong to the task that submitted them. Looking costs nothing, except
    where the vendor charges for calls: at Imagine.io each look costs 1 credit for each product or scene
    render, so leave the intervals to the vendor's own there.

    Returns the renders it was given, for the download that follows: at most 9 kB, which are some 80 renders
    at DXGL. More are refused before the first look, unless ``do_xcom_push=False`` says that nobody takes
    them from here.

    :param job: a render, or a list of them, as :class:`SubmitRenderOperator` returns them.
    :param render_conn_id: connection; its type says which vendor.
    :param deferrable: wait in the triggerer, which keeps no worker and shares its looks with other tasks.
    :param poll_interval: seconds above 0 between two looks at the start, when deferred; the vendor's own if
        None.
        On a worker the sensor's ``poke_interval`` holds, by default the vendor's own.
    :param cancel_on_kill: cancel the renders when a user ends the task, or it times out.
    """

    template_fields: Sequence[str] = ("render_conn_id", "job")
    operator_extra_links = (VendorPortalLink(),)
    ui_color = "#e8f1ee"
    _given = "job"
    _too_many = (
        "Wait in mapped tasks, RenderSensor.partial(...).expand(job=...), or use RenderCatalogOperator, which"
        " does the whole chain for any number. With do_xcom_push=False this task waits for any number too;"
        " the next one then takes the renders from the submit. The vendor was not asked, and the renders go"
        " on."
    )

    def __init__(
        self,
        *,
        job: Any,
        render_conn_id: str,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float | None = None,
        cancel_on_kill: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", RENDER_RETRY_POLICY)
        self.poll_interval = read_interval("poll_interval", poll_interval)
        self._own_pace = "poke_interval" in kwargs or poll_interval is not None
        kwargs.setdefault("poke_interval", self.poll_interval or 15.0)
        kwargs.setdefault("timeout", timedelta(hours=6))
        super().__init__(**kwargs)
        self.job = job
        self.render_conn_id = render_conn_id
        self.deferrable = read_flag("deferrable", deferrable)
        self.cancel_on_kill = read_flag("cancel_on_kill", cancel_on_kill)
        self.portal_url: str | None = None
        self._task: Any = None
        self._since: float | None = None
        self._open: list[RenderJob] = []

    @cached_property
    def hook(self) -> RenderHook:
        """The hook that belongs to the connection's type."""
        return RenderHook.for_connection(self.render_conn_id)

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once; a vendor that cannot be asked for a while is waited out."""
        jobs, self._task = self._read(), context["ti"]
        self._open = jobs
        try:
            states = self._look(jobs)
        except VendorError as error:
            if not error.transient:
                raise
            self.log.warning("cannot look at the renders: %s", error)
            return PokeReturnValue(is_done=False)
        done = self._ended(jobs, states)
        return PokeReturnValue(is_done=done, xcom_value=self._result(jobs, states) if done else None)

    def execute(self, context: Context) -> Any:
        """Look, and wait in the triggerer or on the worker where renders have not ended."""
        jobs = self._read()
        if self.do_xcom_push:
            require_small(self._given, self.handed_on(), self._too_many)
        if not self.deferrable:
            return self._poke_until_done(context, jobs)
        # Where looks cost credits the first comes only when the vendor may have something to tell.
        if self.hook.vendor.capabilities.call_price:
            return self._defer(jobs)
        looked = self.poke(context)
        return looked.xcom_value if looked.is_done else self._defer(jobs)

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> Any:
        """Look again after the trigger fired.

        :param event: as :class:`RenderTrigger` fires it; only a hint.
        """
        jobs, event = self._read(), event or {}
        states = self._look(jobs)
        if self._ended(jobs, states) or event.get("status") == Verdict.READY.value:
            return self._result(jobs, states)
        if event.get("status") == Verdict.EXPIRED.value:
            self._cancel(self._open)
            raise self._late()
        if event.get("status") == Verdict.HOPELESS.value:
            raise UnavailableError(f"the renders go on, but cannot be watched: {event.get('message')}")
        return self._defer(jobs)

    def handed_on(self) -> Any:
        """Return what the next task is given."""
        return self.job

    def on_kill(self) -> None:
        """Cancel the renders if that is wanted and a user ended the task for good."""
        if self.cancel_on_kill and self._open:
            cancel_if_given_up(self.hook, self._open, self._task, self.log)

    def _read(self) -> list[RenderJob]:
        # What mapped tasks have returned is fetched one by one each time that it is gone through.
        if isinstance(self.job, Sequence) and not isinstance(self.job, str | list):
            self.job = list(self.job)
        return read_jobs(self.job, self.hook)

    def _poke_until_done(self, context: Context, jobs: list[RenderJob]) -> Any:
        policy = self.hook.vendor.poll_policy
        first = context["ti"].get_first_reschedule_date(context) if self.reschedule else None
        self._since = first.timestamp() if first else None
        if not self._own_pace:
            self.poke_interval = policy.start
        if self.hook.vendor.capabilities.call_price and not self.reschedule:
            time.sleep(policy.first)
        try:
            return super().execute(context)
        except AirflowSensorTimeout as error:
            self._cancel(jobs)
            raise self._late() from error
        except AirflowSkipException:
            self._cancel(jobs)
            raise

    def _ended(self, jobs: Sequence[RenderJob], states: Mapping[str, RenderState]) -> bool:
        """Whether each render has ended, or is unknown to the vendor for so long that it must be lost."""
        now = time.time()
        self._since = self._since or now
        watch = Watch(frozenset(job.id for job in jobs), self.hook.vendor.poll_policy, self._since)
        verdict = watch.look(states, now)
        self._open = [job for job in jobs if job.id in watch.open]
        return verdict is Verdict.READY

    def _late(self) -> AirflowSensorTimeout:
        named = ", ".join(job.id for job in self._open[:10])
        more = f" and {len(self._open) - 10} more" if len(self._open) > 10 else ""
        return AirflowSensorTimeout(
            f"{len(self._open)} renders were not done after {self.timeout:g} seconds: {named}{more}"
        )

    def _look(self, jobs: list[RenderJob]) -> dict[str, RenderState]:
        self.portal_url = self.hook.vendor.portal_url(jobs[0]) if jobs else None
        states = look(self.hook, jobs)
        ended = sum(state.status.terminal for state in states.values())
        self.log.info("%d of %d renders have ended", ended, len(jobs))
        return states

    def _result(self, jobs: list[RenderJob], states: Mapping[str, RenderState]) -> Any:
        failed = {job.id: _why(states.get(job.id)) for job in jobs if not _good(states.get(job.id))}
        if failed:
            reasons = "; ".join(f"{job}: {why}" for job, why in list(failed.items())[:10])
            raise RenderFailedError(f"{len(failed)} of {len(jobs)} renders failed: {reasons}")
        return self.handed_on()

    def _defer(self, jobs: list[RenderJob]) -> None:
        defer_until_ended(self, jobs, time.time(), self.timeout)

    def _cancel(self, jobs: Sequence[RenderJob]) -> None:
        if self.cancel_on_kill:
            cancel_renders(self.hook, jobs, self.log)


def _good(state: RenderState | None) -> bool:
    return state is not None and state.status is RenderStatus.SUCCEEDED


def _why(state: RenderState | None) -> str:
    if state is None:
        return "the vendor does not know it"
    return state.error or f"the vendor says: {state.word}"
