"""``/api/analytics``: what visitors did."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request

from airflow_provider_render.sandbox.threekit.access import (
    Account,
    Answer,
    Asked,
    Body,
    Paging,
    Query,
    a_uuid,
)
from airflow_provider_render.sandbox.threekit.documents import Document, is_, matching, shown
from airflow_provider_render.sandbox.threekit.errors import malformed

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Where

KIND, NEW_KIND = "event", "event2"
EVENT_TYPES = tuple(
    f"product {what}"
    for what in (
        "download",
        "session start",
        "session end",
        "configuration start",
        "configuration attribute set",
        "cart-add",
        "ordered",
        "social share",
        "AR not available",
        "AR offered",
        "AR download",
        "AR mobile transition offered",
        "AR mobile transition completed",
    )
)
OPTIONAL = ("userId", "sessionId", "configId", "configuration", "device")
RANGES = {"day": ("year", "month", "day"), "month": ("year", "month"), "year": ("year",)}
LARGEST_EVENT = 1 << 20

router = APIRouter(prefix="/analytics")


@router.post("/events")
async def create_event(request: Request, account: Account, body: Body) -> Answer:
    """Remember an event."""
    if body.get("eventType") not in EVENT_TYPES:
        raise malformed(f"eventType must be one of {', '.join(EVENT_TYPES)}")
    metric = body.get("metric", 1)
    if isinstance(metric, bool) or not isinstance(metric, int | float):
        raise malformed("metric must be a number")
    fields = {
        "eventType": body["eventType"],
        "eventMetadata": body.get("eventMetadata") or {},
        **{name: body[name] for name in OPTIONAL if name in body},
        **({"assetId": a_uuid("assetId", body["assetId"])} if body.get("assetId") else {}),
        "metric": metric,
        "requestUrl": str(request.url.path),
        "requestOrigin": request.headers.get("origin"),
        "referer": request.headers.get("referer", ""),
    }
    return shown(account.documents.add(KIND, fields))


def _filters(asked: Query) -> list[Where]:
    names = ("device", "referer", "eventType", "assetId", "sessionId")
    where = [is_(name, value) for name in names if (value := asked.text(name))]
    return [*where, *matching("eventMetadata", asked.object("metadata") or {})]


@router.get("/events")
async def list_events(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List events."""
    return paging.listing(account, KIND, "events", _filters(asked))


@router.get("/events/views")
async def count_views(account: Account, paging: Paging, asked: Asked) -> Answer:
    """Count events by day, month or year."""
    span = asked.text("range") or "day"
    if span not in RANGES:
        raise malformed("range must be day, month or year")
    start, end = asked.text("subStartDate") or "", asked.text("endDate") or "9999"
    events = account.documents.every(KIND, _filters(asked))
    wanted = [
        event for event in events if start <= event["createdAt"] and event["createdAt"][: len(end)] <= end
    ]
    rows = _views(wanted, RANGES[span])
    part = rows[paging.offset : paging.offset + paging.per_page]
    return paging.answer("views", part, len(rows))


def _views(events: list[Document], parts: tuple[str, ...]) -> list[dict[str, Any]]:
    moments = [datetime.fromisoformat(event["createdAt"]) for event in events]
    counted = Counter(tuple(getattr(moment, part) for part in parts) for moment in moments)
    rows: list[dict[str, Any]] = []
    total = 0
    for when in sorted(counted):
        total += counted[when]
        rows.append({**dict(zip(parts, when, strict=True)), "views": counted[when], "cumulative": total})
    return rows


@router.get("/report-event")
async def report_event(account: Account, asked: Asked) -> Answer:
    """Remember an event of the newer service, which sends it zipped within the query."""
    try:
        packed = base64.b64decode((asked.text("payload") or "").replace(" ", "+"), validate=False)
        event = json.loads(_unzipped(packed))
    except (ValueError, binascii.Error, OSError, EOFError, zlib.error) as error:
        raise malformed("payload must be base64 of zipped JSON") from error
    if not isinstance(event, dict) or not event.get("eventType"):
        raise malformed("payload: eventType is missing")
    account.documents.add(NEW_KIND, {"event": event})
    return {"message": "ok"}


def _unzipped(packed: bytes) -> bytes:
    if packed.startswith(b"\x1f\x8b"):
        return gzip.decompress(packed)[:LARGEST_EVENT]
    return zlib.decompress(packed)[:LARGEST_EVENT]


@router.get("/events/{event_id}")
async def get_event(account: Account, event_id: str) -> Answer:
    """Read an event."""
    return shown(account.documents.get(KIND, event_id))
