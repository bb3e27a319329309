"""Catalogs whose worker is killed, once, at the point that the run's configuration names."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from airflow.sdk import dag

from airflow_provider_render.catalog.deliver import Delivery
from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.core.polling import Watch
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.operators.catalog import RenderCatalogOperator
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor


class MortalCatalogOperator(RenderCatalogOperator):
    """Dies by SIGKILL at a point, the first time it comes there."""

    template_fields = (*RenderCatalogOperator.template_fields, "crash_at")

    def __init__(self, *, crash_at: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.crash_at = crash_at

    def execute(self, context: Any) -> Any:
        # The sandbox has done with a request when its sender is gone; the vendor is given 90 seconds.
        DxglVendor.poll_policy = replace(DxglVendor.poll_policy, settling=5.0)
        self._arm()
        return super().execute(context)

    def execute_complete(self, context: Any, event: Any = None) -> Any:
        self._arm()
        return super().execute_complete(context, event)

    def _arm(self) -> None:
        marker = Path(str(self.output_folder).removeprefix("file://")) / f"died-{self.crash_at}"
        if marker.exists():
            return

        def die() -> None:
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)

        POINTS[self.crash_at](die)


def _around(owner: type, name: str, *, before: Any = None, after: Any = None) -> None:
    real = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            before(*args)
        result = real(*args, **kwargs)
        if after:
            after(result, *args)
        return result

    setattr(owner, name, wrapped)


def _before_the_intent(die: Callable[[], None]) -> None:
    _around(StateStore, "put", before=lambda store, records: die() if _phase(records, "intent") else None)


def _before_the_upload(die: Callable[[], None]) -> None:
    _around(StateStore, "put", after=lambda _, store, records: die() if _phase(records, "intent") else None)


def _amid(event: str, path: str) -> Callable[[Callable[[], None]], None]:
    """Return a point that is reached when a POST has come to an event of httpcore's."""

    def arm(die: Callable[[], None]) -> None:
        def watch(client: httpx.Client, request: httpx.Request) -> None:
            if request.method == "POST" and re.search(path, request.url.path):
                request.extensions["trace"] = lambda name, info: die() if name == f"http11.{event}" else None

        _around(httpx.Client, "send", before=watch)

    return arm


def _after_the_upload(die: Callable[[], None]) -> None:
    paid = []
    _around(RenderHook, "run", after=lambda result, *_: paid.append(result) if _is_upload(result) else None)
    _around(StateStore, "put", before=lambda store, records: die() if paid else None)


def _after_the_record(die: Callable[[], None]) -> None:
    _around(
        StateStore, "put", after=lambda _, store, records: die() if _phase(records, "submitted") else None
    )


def _while_preparing(die: Callable[[], None]) -> None:
    _around(
        StateStore, "put", after=lambda _, store, records: die() if _phase(records, "preparing") else None
    )


def _while_waiting(die: Callable[[], None]) -> None:
    _around(Watch, "look", after=lambda *_: die())


def _in_the_download(die: Callable[[], None]) -> None:
    _around(RenderHook, "download", after=lambda *_: die())


def _after_the_delivery(die: Callable[[], None]) -> None:
    _around(Delivery, "fetch", after=lambda *_: die())


def _phase(records: Any, phase: str) -> bool:
    return any(record.phase == phase for record in records.values())


def _is_upload(result: Any) -> bool:
    return type(result).__name__ == "Upload"


REQUEST_SENT = "send_request_body.complete"
ANSWER_BEGUN = "receive_response_headers.complete"

POINTS = {
    "nowhere": lambda die: None,
    "before_the_intent": _before_the_intent,
    "before_the_upload": _before_the_upload,
    "amid_the_upload": _amid(REQUEST_SENT, "/v1/models$"),
    "after_the_upload": _after_the_upload,
    "amid_the_batch": _amid(REQUEST_SENT, "/v1/renders/batch$"),
    "after_the_batch": _amid(ANSWER_BEGUN, "/v1/renders/batch$"),
    "after_the_record": _after_the_record,
    "while_preparing": _while_preparing,
    "after_the_submit": _amid(ANSWER_BEGUN, "/api/v1/renders$"),
    "while_waiting": _while_waiting,
    "in_the_download": _in_the_download,
    "after_the_delivery": _after_the_delivery,
}


def crashing(dag_id: str, *, vendor: str = "dxgl", deferrable: bool = True, **options: Any) -> None:
    @dag(
        dag_id=dag_id,
        schedule=None,
        start_date=datetime(2026, 1, 1),
        default_args={"retries": 4, "retry_delay": timedelta(seconds=1)},
    )
    def mortal() -> None:
        MortalCatalogOperator(
            task_id="render",
            render_conn_id=f"{vendor}_prompt",
            catalog="{{ dag_run.conf['catalog'] }}",
            output="{{ dag_run.conf['output'] }}",
            crash_at="{{ dag_run.conf['crash_at'] }}",
            settings="{{ dag_run.conf['settings'] }}",
            deferrable=deferrable,
            poll_interval=1,
            **options,
        )

    mortal()


crashing("crashing")
crashing("crashing_on_the_worker", deferrable=False)
crashing("crashing_at_threekit", vendor="threekit")
crashing("crashing_at_glossi", vendor="glossi")
crashing("crashing_at_glossi_and_paying_again", vendor="glossi", on_ambiguous="resubmit")
