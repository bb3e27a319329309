"""The workspace's webhook."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.responses import Response

from airflow_provider_render.sandbox.glossi import assumed, events
from airflow_provider_render.sandbox.glossi.access import Account, Answer, Body
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.glossi.fields import flag, optional_text, text, texts

router = APIRouter(prefix="/webhooks")


@router.put("")
async def put_webhook(glossi: Account, body: Body) -> Answer:
    """Configure Your Webhook; the only answer that shows the secret."""
    return glossi.parts.webhook.replace(
        {
            "url": _url(text(body, "url")),
            "events": _events(texts(body, "events")),
            "enabled": flag(body, "enabled", default=True),
            "description": optional_text(body, "description"),
        }
    )


@router.get("")
async def get_webhook(glossi: Account) -> Answer:
    """Show the configuration."""
    shown = glossi.parts.webhook.shown()
    if shown is None:
        raise ApiError("WEBHOOK_NOT_FOUND")
    return shown


@router.delete("", status_code=assumed.DELETED)
async def delete_webhook(glossi: Account) -> Response:
    """Remove the configuration."""
    if glossi.parts.webhook.shown() is None:
        raise ApiError("WEBHOOK_NOT_FOUND")
    glossi.parts.webhook.delete()
    return Response(status_code=assumed.DELETED)


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        if parts.scheme in ("http", "https") and parts.hostname:
            return value
    except ValueError:
        pass
    raise ApiError("INVALID_REQUEST", "url must be an http or https URL")


def _events(names: list[str]) -> list[str]:
    if unknown := [name for name in names if name not in events.ALL]:
        raise ApiError("INVALID_REQUEST", f"events: {unknown[0]} is not one of {', '.join(events.ALL)}")
    return names
