"""What the routes ask of a request: whose it is, and what it carries."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from airflow_provider_render.sandbox import uploads
from airflow_provider_render.sandbox.glossi.double import Glossi
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.identity import timestamp

ALWAYS = "9999"


def the_account(request: Request) -> Glossi:
    """Find the workspace that the app serves."""
    glossi: Glossi = request.app.state.glossi
    return glossi


def authorize(request: Request) -> None:
    """
    Let only the workspace's key pass.

    :raises ApiError: ``UNAUTHORIZED``, or whatever a ``reject`` fault says.
    """
    glossi = the_account(request)
    key = request.headers.get("x-api-key", "")
    if not secrets.compare_digest(key.strip().encode(), glossi.token.encode()):
        raise ApiError("UNAUTHORIZED")
    if fault := glossi.ground.faults.take("reject", _call(request)):
        raise ApiError(fault.code or "INTERNAL_ERROR")


async def json_body(request: Request) -> dict[str, Any]:
    """
    Read the JSON object of the body; no body at all counts as an empty one.

    :raises ApiError: ``INVALID_REQUEST`` if it is something else, or absurdly large.
    """
    try:
        body = await uploads.body(request)
        content = uploads.parsed(body) if body.strip() else {}
    except uploads.BodyTooLarge as error:
        raise ApiError("INVALID_REQUEST", "The body is too large") from error
    except ValueError as error:
        raise ApiError("INVALID_REQUEST", f"The body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ApiError("INVALID_REQUEST", "The body must be a JSON object")
    return content


def listed_until(request: Request) -> str:
    """Tell which objects this request may see: those made until then."""
    fault = the_account(request).ground.faults.take("late_listing", _call(request))
    return timestamp(fault.seconds or 0) if fault else ALWAYS


def _call(request: Request) -> str:
    return f"{request.method} {request.scope['path']}"


Account = Annotated[Glossi, Depends(the_account)]
Body = Annotated[dict[str, Any], Depends(json_body)]
ListedUntil = Annotated[str, Depends(listed_until)]
Answer = dict[str, Any]
