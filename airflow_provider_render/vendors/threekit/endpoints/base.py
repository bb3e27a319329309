"""How Threekit wants values: what is no text goes as JSON, into queries and forms alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, Literal, TypeVar, get_args

from airflow_provider_render.core.calls import Answer, ByteSource, Call, Effect, Fetch, FilePart
from airflow_provider_render.core.model import media_type_of
from airflow_provider_render.core.paths import path
from airflow_provider_render.vendors.threekit.answers import base as answers
from airflow_provider_render.vendors.threekit.org import Own

T = TypeVar("T")

Service = Literal[
    "accesstokens",
    "analytics",
    "apps",
    "asset-jobs",
    "assets",
    "cas",
    "catalog",
    "catalog/products",
    "configurations",
    "fast-compositor",
    "files",
    "images",
    "orders",
    "pdf",
    "products",
    "users",
    "webhooks",
]
"""Services that have a health check."""

TABLE_TYPES = {".csv": "text/csv", ".json": "application/json"}
PICTURES = ("image/png", "image/jpeg", "image/webp")


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return values as texts: a text as it is, anything else as JSON; None is left out."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None
    }


def given(**values: Any) -> dict[str, Any]:
    """Return the values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def read(where: str, parse: Callable[[Answer], T], /, **query: Any) -> Call[T]:
    """Describe a GET, which always names the organisation."""
    return Call("GET", where, parse, query={"orgId": Own.ORG, **texts(query)})


def fetch(where: str, media_types: tuple[str, ...] = (), /, **query: Any) -> Fetch:
    """Describe a download, which always names the organisation."""
    return Fetch(where, {"orgId": Own.ORG, **texts(query)}, resumable=True, media_types=media_types)


def post(where: str, parse: Callable[[Answer], T], body: Any, effect: Effect = Effect.ONCE) -> Call[T]:
    """Describe a POST of JSON."""
    return Call("POST", where, parse, effect, json=body)


def restore(where: str, record_id: str) -> Call[Any]:
    """Describe taking a deletion back.

    :param where: path of the service.
    """
    return Call("POST", path(where + "/{id}/restore", id=record_id), answers.raw, Effect.REPEATABLE)


def delete(where: str, record_id: str) -> Call[Any]:
    """Describe a deletion; most records can be restored.

    :param where: path of the service.
    """
    return Call("DELETE", path(where + "/{id}", id=record_id), answers.raw)


def part(field: str, file: ByteSource) -> FilePart:
    """Return one file of a form."""
    suffix = PurePosixPath(file.name).suffix.lower()
    return FilePart(field, file, TABLE_TYPES.get(suffix) or media_type_of(file.name))


def healthcheck(service: Service) -> Call[bool]:
    """Ask whether a service is up: ``GET /api/{service}/healthcheck``.

    :raises ValueError: the service has no health check.
    """
    if service not in get_args(Service):
        raise ValueError(f"{service!r} has no health check; these have: {', '.join(get_args(Service))}")
    return Call("GET", f"/api/{service}/healthcheck", answers.truth)
