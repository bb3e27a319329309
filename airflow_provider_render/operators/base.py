"""What all render operators share: the connection, the journal of a task, waiting, cancelling, retrying."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, ExceptionRetryPolicy, RetryAction, RetryRule, conf

from airflow_provider_render.catalog.waiting import look
from airflow_provider_render.core.errors import (
    AmbiguousSubmitError,
    AuthError,
    OutOfCreditsError,
    OutputError,
    RejectedError,
    RenderFailedError,
    RenderInputError,
    RenderTimeoutError,
    VendorError,
)
from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.core.journal import Record
from airflow_provider_render.core.polling import Verdict, Watch
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.links import VendorPortalLink
from airflow_provider_render.operators.parameters import read_flag, read_interval, read_seconds
from airflow_provider_render.triggers.ownership import GIVEN_UP, task_state

if TYPE_CHECKING:
    from airflow.sdk import Context

RENDER_RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=OutputError, action=RetryAction.DEFAULT, reason="storage may come back"),
        RetryRule(
            exception=[
                RenderInputError,
                AuthError,
                OutOfCreditsError,
                RejectedError,
                AmbiguousSubmitError,
                RenderFailedError,
            ],
            action=RetryAction.FAIL,
            reason="a retry would meet the same answer",
        ),
    ]
)
"""Retries what may pass by itself, and fails at once what a retry cannot mend."""


class TaskJournal:
    """A journal in Airflow's task state store: survives retries, and a clear in Airflow 3.3.

    A write by a worker whose task instance was superseded raises, which keeps a zombie from paying.

    :param context: the task's context.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def get(self, key: str) -> Record | None:
        """Return the record of an item."""
        data = recall(self._context, f"render.{key}")
        return Record.from_json(data) if data else None

    def put(self, records: Mapping[str, Record]) -> None:
        """Write records of several items."""
        for key, record in records.items():
            remember(self._context, f"render.{key}", record.to_json())

    def forget(self, keys: Iterable[str]) -> None:
        """Remove records."""
        for key in keys:
            self._context["task_state_store"].delete(f"render.{key}")


def remember(context: Context, key: str, value: dict[str, Any]) -> None:
    """Write a value for later tries of the task; raises for a worker that was superseded."""
    from airflow.sdk.execution_time.context import NEVER_EXPIRE

    context["task_state_store"].set(key, value, retention=NEVER_EXPIRE)


def recall(context: Context, key: str) -> dict[str, Any]:
    """Return what an earlier try remembered, or an empty mapping."""
    value = context["task_state_store"].get(key)
    return value if isinstance(value, dict) else {}


def run_name(context: Context) -> str:
    """Return the name of the task's run: equal over retries and clears."""
    ti = context["ti"]
    mapped = f"[{ti.map_index}]" if ti.map_index is not None and ti.map_index >= 0 else ""
    return f"{ti.dag_id}/{ti.run_id}/{ti.task_id}{mapped}"


def force_token(context: Context) -> str:
    """Return what identifies one wish for new renders: equal over retries, other after a clear."""
    return f"{run_name(context)}#{context['ti'].max_tries}"


def cancel_renders(hook: RenderHook, jobs: Iterable[RenderJob], log: Any) -> set[str]:
    """Cancel renders that have not ended; a failure to do so is logged only.

    :returns: ids of those that were cancelled.
    """
    cancelled = set()
    for job in jobs:
        try:
            if hook.run(hook.vendor.cancel(job)):
                cancelled.add(job.id)
                log.info("cancelled render %s", job.id)
        except VendorError as error:
            log.warning("render %s could not be cancelled: %s", job.id, error)
    return cancelled


def cancel_if_given_up(hook: RenderHook, jobs: Sequence[RenderJob], ti: Any, log: Any) -> None:
    """Cancel renders from ``on_kill``, if a user ended the task for good; returns after 4 seconds at most.

    The signal may have struck amid a call that holds what another one waits for, and Airflow kills the
    process 5 seconds after it: so a thread does the work, with connections of its own, and goes on where the
    task needs longer to end.

    :param ti: the task instance.
    """

    def work() -> None:
        state = task_state(ti)
        log.info("the task is %s", state)
        if state in GIVEN_UP:
            with hook.apart() as apart:
                cancel_renders(apart, jobs, log)

    thread = Thread(target=work, daemon=True, name="on_kill")
    thread.start()
    thread.join(timeout=4)


def poll_changes(poll_interval: float | None) -> dict[str, float]:
    """Return what an interval changes of the vendor's own :class:`PollPolicy`."""
    return {} if poll_interval is None else {"first": poll_interval, "start": poll_interval}


def defer_until_ended(
    task: Any, jobs: Iterable[RenderJob], since: float, seconds: float, **trigger: Any
) -> None:
    """Defer a task until renders have ended; the trigger's own deadline comes 5 minutes before Airflow's.

    :param task: an operator or sensor with ``render_conn_id``, ``poll_interval`` and ``cancel_on_kill``.
    :param jobs: the renders.
    :param since: when they were submitted, seconds since the epoch.
    :param seconds: how long to wait.
    :param trigger: further arguments of :class:`RenderTrigger`.
    """
    from airflow_provider_render.triggers.render import RenderTrigger

    task.defer(
        trigger=RenderTrigger(
            render_conn_id=task.render_conn_id,
            jobs=[{**job.to_json(), "settings": {}} for job in jobs],
            since=since,
            deadline=time.time() + seconds,
            poll=poll_changes(task.poll_interval),
            cancel_on_kill=task.cancel_on_kill,
            **trigger,
        ),
        method_name="execute_complete",
        timeout=timedelta(seconds=seconds + 300),
    )


class RenderBaseOperator(BaseOperator):
    """An operator that talks to a render vendor.

    Fails at once on wrong input, refused credentials, an empty account and renders that the vendor ended
    as failed; everything else follows the task's ``retries``, which should be at least 1.

    :param render_conn_id: Airflow connection; its type says which vendor it is.
    """

    template_fields: Sequence[str] = ("render_conn_id",)
    operator_extra_links = (VendorPortalLink(),)
    ui_color = "#e8f1ee"

    def __init__(self, *, render_conn_id: str, **kwargs: Any) -> None:
        kwargs.setdefault("retry_policy", RENDER_RETRY_POLICY)
        super().__init__(**kwargs)
        self.render_conn_id = render_conn_id
        self.portal_url: str | None = None

    @cached_property
    def hook(self) -> RenderHook:
        """The hook that belongs to the connection's type."""
        return RenderHook.for_connection(self.render_conn_id)

    def note_portal(self, jobs: Sequence[RenderJob]) -> None:
        """Remember the vendor's page for the link in the UI."""
        if jobs:
            self.portal_url = self.hook.vendor.portal_url(jobs[0])

    def cancel(self, jobs: Iterable[RenderJob]) -> set[str]:
        """Cancel renders that have not ended and return their ids; a failure to do so is logged only."""
        return cancel_renders(self.hook, jobs, self.log)


class WaitingOperator(RenderBaseOperator):
    """An operator that waits for renders, in the triggerer or on the worker.

    What ends the waiting early: a user who marks the task, and ``render_timeout``, after which the task
    fails. Both cancel the open renders unless ``cancel_on_kill`` is off. A cancelled render stays paid, and
    a retry pays for another one. A retry, a clear, and a restart of worker or triggerer take over the
    renders that are under way.

    :param deferrable: wait in the triggerer instead of on the worker.
    :param render_timeout: how long to wait for the renders, as timedelta or seconds above 0.
    :param poll_interval: seconds above 0 between two looks at the start; the vendor's own if None.
    :param cancel_on_kill: cancel open renders when a user ends the task, and after ``render_timeout``.
    """

    def __init__(
        self,
        *,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        render_timeout: timedelta | float = timedelta(hours=6),
        poll_interval: float | None = None,
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.deferrable = read_flag("deferrable", deferrable)
        self.render_timeout = read_seconds("render_timeout", render_timeout)
        self.poll_interval = read_interval("poll_interval", poll_interval)
        self.cancel_on_kill = read_flag("cancel_on_kill", cancel_on_kill)
        self._watched: tuple[RenderJob, ...] = ()
        self._task: Any = None

    def await_renders(
        self,
        context: Context,
        jobs: Sequence[RenderJob],
        since: float,
        progress: Mapping[str, Any] | None = None,
        spare: Collection[str] = (),
    ) -> dict[str, Any]:
        """Wait until renders have ended; does not return when it defers.

        :param jobs: the renders.
        :param since: when they were submitted, seconds since the epoch.
        :param progress: where a trigger keeps a progress file.
        :param spare: ids of renders that somebody else paid for, and that are never cancelled here.
        :returns: the event, as :class:`RenderTrigger` fires it.
        """
        self.note_portal(jobs)
        if self.deferrable:
            self.log.info("waiting for %d renders in the triggerer", len(jobs))
            defer_until_ended(self, jobs, since, self.render_timeout, progress=progress, spare=sorted(spare))
        self._watched, self._task = tuple(job for job in jobs if job.id not in spare), context["ti"]
        event = self._watch(jobs, since, time.time() + self.render_timeout)
        self._watched = ()
        return event

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Resume; a backstop timeout of the deferral is handled like the trigger's own deadline."""
        if next_method == "__fail__" and "timeout" in str((next_kwargs or {}).get("error", "")).lower():
            return self.execute_complete(context, {"status": Verdict.EXPIRED.value, "message": ""})
        return super().resume_execution(next_method, next_kwargs, context)

    def execute_complete(self, context: Context, event: Mapping[str, Any] | None = None) -> Any:
        """Go on after the waiting.

        :param event: as :class:`RenderTrigger` fires it; a hint, the vendor is asked again.
        """
        raise NotImplementedError

    def timed_out(self, jobs: Sequence[RenderJob], cancelled: Collection[str]) -> RenderTimeoutError:
        """Return the error for renders that took too long.

        :param jobs: the renders.
        :param cancelled: ids of those that were cancelled.
        """
        self.note_portal(jobs)
        fates = {
            "were cancelled, and a retry pays for new ones": len(cancelled),
            "go on, and a retry will take them over": len(jobs) - len(cancelled),
        }
        told = "; ".join(f"{count} {fate}" for fate, count in fates.items() if count)
        return RenderTimeoutError(
            f"{len(jobs)} renders were not done after {self.render_timeout:g} seconds (render_timeout):"
            f" {told}. What they cost stays spent."
        )

    def on_kill(self) -> None:
        """Cancel the renders of this try, if a user ended the task for good."""
        if self.cancel_on_kill and (jobs := self._at_stake()):
            cancel_if_given_up(self.hook, jobs, self._task, self.log)

    def _at_stake(self) -> Sequence[RenderJob]:
        """Return the renders that are to end with the task; called in a signal handler."""
        return self._watched

    def _watch(self, jobs: Sequence[RenderJob], since: float, deadline: float) -> dict[str, Any]:
        vendor, by_id = self.hook.vendor, {job.id: job for job in jobs}
        watch = Watch(
            frozenset(by_id), vendor.poll_policy.override(poll_changes(self.poll_interval)), since, deadline
        )
        time.sleep(watch.start(time.time()))
        while True:
            message = ""
            try:
                states = look(self.hook, [by_id[job] for job in watch.open])
                verdict = watch.look(states, time.time())
            except VendorError as error:
                verdict, message = watch.failed(error, time.time()), str(error)
            if verdict is not Verdict.WAIT:
                return {"status": verdict.value, "message": message}
            time.sleep(watch.delay(time.time(), random.uniform(0, 0.2)))  # noqa: S311
