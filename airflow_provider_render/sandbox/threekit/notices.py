"""Webhooks that go out when a job stops or an order changes; topics and bodies are assumed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.identity import timestamp
from airflow_provider_render.sandbox.threekit.assumed import JOB_EVENTS, ORDER_EVENT
from airflow_provider_render.sandbox.threekit.documents import ALIVE, shown

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Document, Documents
    from airflow_provider_render.sandbox.webhooks import Deliveries

KIND = "webhook"
VENDOR = "threekit"
HEADERS = {"Content-Type": "application/json", "User-Agent": "Threekit-Webhooks"}


class Notices:
    """
    Tells the webhooks what happened.

    A webhook hears of jobs if its topic contains ``job``, and of orders if it contains ``order``.

    :param deliveries: how they go out.
    :param documents: where webhooks are kept.
    """

    def __init__(self, deliveries: Deliveries, documents: Documents) -> None:
        self._deliveries = deliveries
        self._documents = documents

    def job_stopped(self, job: Document) -> None:
        """Tell that a job stopped; its status for filters is ``failed`` if any task failed."""
        status = "failed" if job["taskResultFailures"] else "success"
        self._tell("job", JOB_EVENTS[status], status, job["type"], {"job": job})

    def order_changed(self, order: Document) -> None:
        """Tell that an order was made or moved to another status."""
        self._tell("order", ORDER_EVENT, order["status"], "", {"order": shown(order)})

    def _tell(self, subject: str, event: str, status: str, kind: str, content: dict[str, Any]) -> None:
        for hook in self._documents.every(KIND, [ALIVE]):
            if subject in hook["topic"].lower() and _passes(hook["filter"], status, kind):
                about = {"event": event, "topic": hook["topic"], "webhookId": hook["id"]}
                body = {**about, "orgId": hook["orgId"], "status": status, "sentAt": timestamp(), **content}
                self._deliveries.send(VENDOR, hook["address"], json.dumps(body).encode(), HEADERS)


def _passes(wanted: dict[str, Any], status: str, kind: str) -> bool:
    statuses, kinds = wanted.get("status") or [status], wanted.get("type") or [kind]
    return status in statuses and kind in kinds
