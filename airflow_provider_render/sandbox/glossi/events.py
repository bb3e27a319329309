"""Glossi's webhook: one per workspace, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.glossi import assumed
from airflow_provider_render.sandbox.identity import new_id, timestamp

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.database import Database
    from airflow_provider_render.sandbox.webhooks import Deliveries

MODEL_PROCESSED, MODEL_FAILED = "model.processed", "model.failed"
PROJECT_CREATED = "project.created"
JOB_COMPLETE, JOB_FAILED = "job.complete", "job.failed"
RENDER_COMPLETE, RENDER_FAILED = "render.complete", "render.failed"
ALL = (
    MODEL_PROCESSED,
    MODEL_FAILED,
    PROJECT_CREATED,
    JOB_COMPLETE,
    JOB_FAILED,
    RENDER_COMPLETE,
    RENDER_FAILED,
)
SIGNATURE_HEADER = "X-Glossi-Signature"
FACT = "glossi.webhook"


class Webhook:
    """
    The workspace's webhook.

    :param vendor: name for the log of deliveries.
    :param database: where it is kept.
    :param deliveries: what carries it.
    """

    def __init__(self, vendor: str, database: Database, deliveries: Deliveries) -> None:
        self._vendor = vendor
        self._database = database
        self._deliveries = deliveries

    def replace(self, settings: dict[str, Any]) -> dict[str, Any]:
        """
        Create or replace it, with a new secret.

        :param settings: ``url``, ``events``, ``enabled`` and ``description``.
        :return: all of it, with the secret.
        """
        known = self._kept()
        kept = {
            "id": known["id"] if known else str(uuid.uuid4()),
            "url": settings["url"],
            "secret": f"whsec_{new_id(32)}",
            "events": settings["events"],
            "enabled": settings["enabled"],
            "description": settings["description"],
        }
        self._database.remember(FACT, json.dumps(kept), replace=True)
        return kept

    def shown(self) -> dict[str, Any] | None:
        """Return it without the secret, None when there is none."""
        kept = self._kept()
        return kept and {name: value for name, value in kept.items() if name != "secret"}

    def delete(self) -> None:
        """Forget it."""
        self._database.remember(FACT, "", replace=True)

    def emit(self, event: str, data: dict[str, Any]) -> None:
        """
        Tell the client's server about something, if it wants to hear of it.

        :param event: one of :data:`ALL`.
        :param data: what happened.
        """
        kept = self._kept()
        if not kept or not kept["enabled"] or event not in kept["events"]:
            return
        content = assumed.payload(event, timestamp(), data)
        # The documented check hashes JSON.stringify(payload), which writes neither spaces nor escapes.
        body = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
        signature = hmac.new(kept["secret"].encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Glossi-Webhooks",
            SIGNATURE_HEADER: signature,
        }
        self._deliveries.send(self._vendor, kept["url"], body, headers)

    def _kept(self) -> dict[str, Any] | None:
        text = self._database.remember(FACT, "")
        kept: dict[str, Any] | None = json.loads(text) if text else None
        return kept
