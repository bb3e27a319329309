"""A task instance as Airflow runs it: tries, clears, deferrals, one state store, XComs of JSON."""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from airflow.sdk import BaseOperator, TaskInstanceState
from airflow.sdk._shared.module_loading import import_string
from airflow.sdk.bases.operator import ExecutorSafeguard
from airflow.sdk.exceptions import TaskDeferred
from airflow.sdk.serde import deserialize, serialize
from airflow.triggers.base import BaseTrigger

RETRIES = 2


class Died(BaseException):
    """The worker is gone: nothing catches this."""


class SupersededError(Exception):
    """What a write by a worker gets whose task instance is no longer the current one."""


@dataclass
class StateStore:
    """``context["task_state_store"]`` of one worker."""

    task: Task
    worker: int
    on_write: Callable[[str], None] = lambda key: None

    def get(self, key: str, default: Any = None) -> Any:
        rows = self.task.rows if self.worker == self.task.worker else {}
        return json.loads(rows[key]) if key in rows else default

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        if value is None:
            raise ValueError("Cannot set value as None")
        self._fence()
        self.task.rows[key] = json.dumps(value, allow_nan=False)

    def delete(self, key: str) -> None:
        self._fence()
        self.task.rows.pop(key, None)

    def clear(self) -> None:
        self._fence()
        self.task.rows.clear()

    def _fence(self) -> None:
        if self.worker != self.task.worker:
            raise SupersededError(f"worker {self.worker} is not {self.task.worker}")


class Task:
    """One task instance. Every start and every resumption is a new worker with a freshly parsed operator.

    :param make: builds the operator, as parsing the DAG file does.
    :param params: of the DAG run, for templates.

    Of a sensor that was rescheduled ``first_poked`` says since when, as Airflow's database does.
    """

    def __init__(
        self,
        make: Callable[[], BaseOperator],
        *,
        run_id: str = "nightly-1",
        map_index: int = -1,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.make = make
        self.run_id = run_id
        self.map_index = map_index
        self.params = dict(params or {})
        self.rows: dict[str, str] = {}
        self.try_number = 0
        self.max_tries = RETRIES
        self.worker = 0
        self.operator = make()
        self.link: str | None = None
        self.first_poked: datetime | None = None

    def start(self) -> Any:
        """Begin a try; returns the XCom, or the deferral."""
        self.try_number += 1
        safe = {f"{type(self.operator).__name__}__sentinel": ExecutorSafeguard.sentinel_value}
        return self._work(lambda context: self.operator.execute(context, **safe))

    def run(self) -> Any:
        """Make a try to its end; returns the XCom."""
        outcome = self.start()
        while isinstance(outcome, TaskDeferred):
            outcome = self.resume(outcome, fire(outcome.trigger))
        return outcome

    def resume(self, deferred: TaskDeferred, event: Any) -> Any:
        """Go on after a trigger's event."""
        return self._resume(deferred.method_name, {**(deferred.kwargs or {}), "event": event})

    def time_out(self) -> Any:
        """Go on after the deferral's own timeout, as Airflow does."""
        return self._resume("__fail__", {"error": "Trigger timeout"})

    def clear(self) -> None:
        """Do what a user's *Clear* does in Airflow 3.3: the state store stays."""
        self.max_tries = self.try_number + RETRIES

    def context(self) -> dict[str, Any]:
        """Return the context of the present worker."""
        ti = SimpleNamespace(
            dag_id="renders",
            run_id=self.run_id,
            task_id=self.operator.task_id,
            map_index=self.map_index,
            try_number=self.try_number,
            max_tries=self.max_tries,
            state=TaskInstanceState.RUNNING,
            get_first_reschedule_date=lambda context: self.first_poked,
        )
        store = StateStore(self, self.worker)
        return {"ti": ti, "task_state_store": store, "params": self.params, "run_id": self.run_id}

    def _resume(self, method: str, kwargs: dict[str, Any]) -> Any:
        return self._work(lambda context: self.operator.resume_execution(method, kwargs, context))

    def _work(self, step: Callable[[dict[str, Any]], Any]) -> Any:
        self.worker += 1
        self.operator = self.make()
        context = self.context()
        try:
            return contextvars.copy_context().run(self._as_task, step, context)
        except TaskDeferred as deferred:
            return deferred
        finally:
            self.link = self.operator.operator_extra_links[0].get_link(self.operator, ti_key=context["ti"])

    def _as_task(self, step: Callable[[dict[str, Any]], Any], context: dict[str, Any]) -> Any:
        ExecutorSafeguard.tracker.set(self.operator)
        self.operator.render_template_fields(context)
        return through_json(step(context))


def through_json(value: Any) -> Any:
    """Return a value as it comes out of an XCom or a trigger's row."""
    return deserialize(json.loads(json.dumps(serialize(value))))


def restored(trigger: BaseTrigger) -> BaseTrigger:
    """Return a trigger as another process gets it."""
    path, kwargs = trigger.serialize()
    return import_string(path)(**through_json(kwargs))


def fire(trigger: BaseTrigger) -> Any:
    """Run a trigger in a triggerer of its own; returns the payload of its event."""

    async def first_event() -> Any:
        async for event in restored(trigger).run():
            return event.payload
        raise AssertionError("the trigger ended without an event")

    return through_json(asyncio.run(first_event()))
