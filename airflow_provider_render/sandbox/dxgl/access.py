"""What the routes ask of a request: whose it is, what it carries, which page it wants."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from airflow_provider_render.sandbox import uploads
from airflow_provider_render.sandbox.dxgl.double import Dxgl
from airflow_provider_render.sandbox.dxgl.errors import ApiError
from airflow_provider_render.sandbox.dxgl.renders import ALWAYS
from airflow_provider_render.sandbox.identity import timestamp

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100
LARGEST_OFFSET = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """Part of a list: so many rows after so many."""

    limit: int
    offset: int

    def answer(self, rows: list[dict[str, Any]], total: int) -> dict[str, Any]:
        """Return the list envelope."""
        meta = {"total": total, "offset": self.offset, "limit": self.limit}
        return {"data": rows, "meta": meta}


def the_account(request: Request) -> Dxgl:
    """Find the account that the app serves."""
    dxgl: Dxgl = request.app.state.dxgl
    return dxgl


def authorize(request: Request) -> None:
    """
    Let only the account's bearer token pass.

    :raises ApiError: ``unauthorized``, or whatever a ``reject`` fault says.
    """
    dxgl = the_account(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secrets.compare_digest(token.strip().encode(), dxgl.token.encode()):
        raise ApiError("unauthorized")
    if fault := dxgl.ground.faults.take("reject", _call(request)):
        raise ApiError(fault.code or "internal")


async def json_body(request: Request) -> dict[str, Any]:
    """
    Read the JSON object of the body; anything else counts as an empty one.

    :raises ApiError: ``invalid_request`` if it is absurdly large.
    """
    try:
        return await uploads.json_object(request)
    except uploads.BodyTooLarge as error:
        raise ApiError("invalid_request", "The body is too large") from error


def page(request: Request) -> Page:
    """Read ``limit`` and ``offset``; what is out of range is brought into it."""
    limit = _whole(request.query_params.get("limit"), DEFAULT_LIMIT)
    offset = _whole(request.query_params.get("offset"), 0)
    return Page(min(max(limit, 1), LARGEST_LIMIT), min(max(offset, 0), LARGEST_OFFSET))


def listed_until(request: Request) -> str:
    """Tell which renders this request may see: those made until then."""
    fault = the_account(request).ground.faults.take("late_listing", _call(request))
    return timestamp(fault.seconds or 0) if fault else ALWAYS


def _call(request: Request) -> str:
    return f"{request.method} {request.scope['path']}"


def _whole(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default


Account = Annotated[Dxgl, Depends(the_account)]
Body = Annotated[dict[str, Any], Depends(json_body)]
Paging = Annotated[Page, Depends(page)]
ListedUntil = Annotated[str, Depends(listed_until)]
Answer = dict[str, Any]
