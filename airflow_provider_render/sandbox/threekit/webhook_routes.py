"""``/api/webhooks``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter

from airflow_provider_render.sandbox.threekit.access import Account, Answer, Asked, Body, Paging, an_object
from airflow_provider_render.sandbox.threekit.documents import ALIVE, Document, is_, shown
from airflow_provider_render.sandbox.threekit.errors import malformed
from airflow_provider_render.sandbox.threekit.notices import KIND

STATUSES = ("success", "failed", "In Progress", "List", "Complete", "New", "In Cart")

router = APIRouter(prefix="/webhooks")


def _wrapped(webhook: Document) -> Answer:
    return {"webhook": shown(webhook)}


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    fields = {name: body[name] for name in ("topic", "address") if body.get(name) is not None}
    if not isinstance(fields.get("topic", ""), str):
        raise malformed("topic must be a text")
    if "address" in fields and not _is_url(fields["address"]):
        raise malformed("address must be an http or https URL")
    return {**fields, "filter": _filter(body["filter"])} if body.get("filter") is not None else fields


def _is_url(value: Any) -> bool:
    try:
        parts = urlsplit(str(value))
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _filter(given: Any) -> dict[str, Any]:
    wanted = an_object("filter", given)
    for name in ("status", "type"):
        if not isinstance(wanted.get(name, []), list):
            raise malformed(f"filter.{name} must be a list")
    if wrong := [each for each in wanted.get("status", []) if each not in STATUSES]:
        raise malformed(f"filter.status: {wrong[0]} is not one of {', '.join(STATUSES)}")
    return wanted


@router.get("")
async def list_webhooks(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List webhooks."""
    where = [is_(name, value) for name in ("topic", "address") if (value := asked.text(name))]
    return paging.listing(account, KIND, "webhooks", [ALIVE, *where])


@router.post("")
async def create_webhook(account: Account, body: Body) -> Answer:
    """Make a webhook."""
    fields = _fields(body)
    if absent := [name for name in ("topic", "address") if not fields.get(name)]:
        raise malformed(f"{absent[0]} is missing")
    return _wrapped(account.documents.add(KIND, {"filter": {"status": []}, **fields}))


@router.get("/{webhook_id}")
async def get_webhook(account: Account, webhook_id: str) -> Answer:
    """Read a webhook."""
    return _wrapped(account.documents.get(KIND, webhook_id))


@router.put("/{webhook_id}")
async def change_webhook(account: Account, body: Body, webhook_id: str) -> Answer:
    """Change a webhook."""
    account.documents.get(KIND, webhook_id)
    account.documents.change(webhook_id, **_fields(body))
    return _wrapped(account.documents.get(KIND, webhook_id))


@router.delete("/{webhook_id}")
async def delete_webhook(account: Account, webhook_id: str) -> Answer:
    """Delete a webhook; it can be restored."""
    account.documents.get(KIND, webhook_id)
    account.documents.delete(webhook_id)
    return _wrapped(account.documents.get(KIND, webhook_id, deleted=True))


@router.post("/{webhook_id}/restore")
async def restore_webhook(account: Account, webhook_id: str) -> Answer:
    """Take a webhook's deletion back."""
    account.documents.get(KIND, webhook_id, deleted=None)
    account.documents.restore(webhook_id)
    return _wrapped(account.documents.get(KIND, webhook_id))
