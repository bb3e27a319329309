"""What visitors did, and the alpha services on hosts of their own."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any, Literal

from airflow_provider_render.core.answers import nothing, one
from airflow_provider_render.core.calls import Call, Effect, Fetch, Operation
from airflow_provider_render.core.paths import AssumedPath, path
from airflow_provider_render.vendors.threekit.answers.base import Page, many, maybe, raw
from airflow_provider_render.vendors.threekit.answers.records import Event, Views
from airflow_provider_render.vendors.threekit.endpoints.base import given, post, read, texts
from airflow_provider_render.vendors.threekit.org import TOKEN_FIELD, Own
from airflow_provider_render.vendors.threekit.paging import PAGE, rows
from airflow_provider_render.vendors.threekit.paths import ASSUMED

Table = Mapping[str, Any]
EventType = Literal[
    "product download",
    "product session start",
    "product session end",
    "product configuration start",
    "product configuration attribute set",
    "product cart-add",
    "product ordered",
    "product social share",
    "product AR not available",
    "product AR offered",
    "product AR download",
    "product AR mobile transition offered",
    "product AR mobile transition completed",
]
GLB = ("model/gltf-binary", "application/octet-stream")


def create_event(
    event_type: EventType,
    *,
    metadata: Table | None = None,
    asset_id: str | None = None,
    user_id: str | None = None,
    session_id: str | None = None,
    configuration_id: str | None = None,
    configuration: Table | None = None,
    device: str | None = None,
    metric: float = 1,
) -> Call[Event | None]:
    """Report something that a visitor did: ``POST /api/analytics/events``.

    :param metric: how often.
    """
    body = given(
        eventType=event_type,
        eventMetadata=dict(metadata or {}),
        orgId=Own.ORG,
        assetId=asset_id,
        userId=user_id,
        sessionId=session_id,
        configId=configuration_id,
        configuration=configuration,
        device=device,
        metric=metric,
    )
    return post("/api/analytics/events", maybe(Event), body)


def list_events(
    *,
    metadata: Table | None = None,
    device: str | None = None,
    referer: str | None = None,
    page: int = 1,
    per_page: int = PAGE,
) -> Call[Page[Event]]:
    """Read one page of events: ``GET /api/analytics/events``."""
    return read(
        "/api/analytics/events",
        many(Event, "events"),
        metadata=metadata,
        device=device,
        referer=referer,
        page=page,
        perPage=per_page,
    )


def all_events(**query: Any) -> Operation[list[Event]]:
    """Read all events that a query names, each once.

    :param query: as :func:`list_events` takes it.
    """
    return (yield from rows(lambda page: list_events(page=page, **query)))


def get_event(event_id: str) -> Call[Event]:
    """Read an event: ``GET /api/analytics/events/{id}``."""
    return read(path("/api/analytics/events/{id}", id=event_id), one(Event))


def list_views(
    *,
    range: Literal["day", "month", "year"] | None = None,  # noqa: A002 - the vendor's name
    event_type: EventType | None = None,
    start: str | None = None,
    end: str | None = None,
    metadata: Table | None = None,
    device: str | None = None,
    referer: str | None = None,
) -> Call[Page[Views]]:
    """Read how often something happened: ``GET /api/analytics/events/views``.

    :param range: what is counted together.
    :param start: first day, ISO.
    :param end: last day, ISO.
    """
    return read(
        "/api/analytics/events/views",
        many(Views, "views"),
        range=range,
        eventType=event_type,
        subStartDate=start,
        endDate=end,
        metadata=metadata,
        device=device,
        referer=referer,
    )


def report_event(event: Table) -> Call[None]:
    """Report an event to the new analytics service: ``GET /api/analytics/report-event``.

    It lives on a host of its own and may move: the connection extra ``analytics_url`` corrects it. It gets
    no token.

    :param event: with its ``eventType``, such as ``load`` or ``add_to_cart``, and ``orgId``.
    """
    packed = gzip.compress(json.dumps(dict(event)).encode(), mtime=0)
    query = {"payload": base64.b64encode(packed).decode(), "payloadVersion": "1"}
    return Call("GET", AssumedPath(ASSUMED, "analytics_url"), nothing, Effect.ONCE, query=query)


def export_glb(
    asset_id: str, *, configuration: Table | None = None, cache: bool = True, settings: Table | None = None
) -> Call[Any]:
    """Write an asset as GLB without a job, on an alpha service: ``GET /api/glb/export``.

    It lives on a host of its own, which is given the token as it wants it, and may move: the connection
    extra ``glb_export_url`` corrects it.

    :returns: the vendor's answer as it comes: ``fileId`` and ``url``.
    """
    query = _alpha(asset_id, configuration, cache, settings) | {"response": "json"}
    return Call("GET", AssumedPath(ASSUMED, "glb_export_url"), raw, query=query)


def optimized_glb(source_url: str, **options: Any) -> Fetch:
    """Download a smaller form of a GLB file, from an alpha service: ``GET /api/glb/optimize``.

    It may move: the connection extra ``glb_optimize_url`` corrects it. It gets no token.

    :param source_url: public address of the file.
    :param options: in the vendor's names, such as ``meshCompression`` or ``textureSize``.
    """
    query = texts({"sourceUrl": source_url, **options})
    return Fetch(AssumedPath(ASSUMED, "glb_optimize_url"), query, media_types=GLB)


def exported_glb(
    asset_id: str, *, configuration: Table | None = None, cache: bool = True, settings: Table | None = None
) -> Fetch:
    """Download an asset as GLB, from an alpha service: ``GET /api/exporter/export``.

    It lives on a host of its own, which is given the token as it wants it, and may move: the connection
    extra ``exporter_url`` corrects it.
    """
    query = _alpha(asset_id, configuration, cache, settings)
    return Fetch(AssumedPath(ASSUMED, "exporter_url"), query, media_types=GLB)


def _alpha(
    asset_id: str, configuration: Table | None, cache: bool, settings: Table | None
) -> dict[str, str | int | None]:
    own = {"environment": Own.ENVIRONMENT, "orgId": Own.ORG, TOKEN_FIELD: Own.TOKEN}
    asked = {"configuration": dict(configuration or {}), "cache": cache, "settings": settings}
    return {**own, "assetId": asset_id, **texts(asked)}
