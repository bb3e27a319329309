"""What the routes ask of a request: whose it is, whether it may, and what it carries."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from airflow_provider_render.sandbox import uploads
from airflow_provider_render.sandbox.imagine import assumed, clock
from airflow_provider_render.sandbox.imagine.double import REGISTERED, Imagine
from airflow_provider_render.sandbox.imagine.errors import INVALID_KEY, ApiError

SCHEME = "Imagine-key"
ALWAYS = "9999"
FORM_BYTES = 1 << 20


def the_account(request: Request) -> Imagine:
    """Find the account that the app serves."""
    imagine: Imagine = request.app.state.imagine
    return imagine


def authorize(request: Request) -> None:
    """
    Let only the account's keys pass, from its registered origin; the public key may only read.

    :raises ApiError: 401 or 403, or whatever status a ``reject`` fault has as its code.
    """
    imagine = the_account(request)
    key = credential(request, SCHEME)
    is_secret = _same(key, imagine.secret_key)
    if not is_secret and not _same(key, imagine.public_key):
        raise ApiError(401, INVALID_KEY)
    if _host(request.headers.get("origin", "")) not in {imagine.origin, *REGISTERED}:
        raise ApiError(401, assumed.ORIGIN_REFUSED)
    if not is_secret and request.method != "GET":
        raise ApiError(403, assumed.SCOPE_MISSING)
    _reject_on_purpose(imagine, request)


def credential(request: Request, scheme: str) -> str:
    """Return what follows the scheme in the Authorization header, nothing if it has another scheme."""
    given, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if given == scheme else ""


def _same(given: str, known: str) -> bool:
    return secrets.compare_digest(given.encode(), known.encode())


def _host(origin: str) -> str:
    return origin.strip().lower().rpartition("://")[2].rstrip("/")


def _reject_on_purpose(imagine: Imagine, request: Request) -> None:
    fault = imagine.ground.faults.take("reject", f"{request.method} {request.scope['path']}")
    if fault:
        code = fault.code or ""
        status = int(code) if code.isdecimal() and 400 <= int(code) < 600 else 400
        raise ApiError(status, INVALID_KEY if status == 401 else f"Rejected by the sandbox ({code})")


async def fields(request: Request) -> dict[str, Any]:
    """
    Read the body, JSON or form; what is neither counts as empty.

    :raises ApiError: 400 if it is absurdly large.
    """
    try:
        if not request.headers.get("content-type", "").startswith(
            ("multipart/form-data", "application/x-www-form-urlencoded")
        ):
            return await uploads.json_object(request)
        async with uploads.form(request, FORM_BYTES) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except uploads.BodyTooLarge as error:
        raise ApiError(400, assumed.TOO_LARGE) from error


def listed_until(request: Request) -> str:
    """Tell which images this request may see: those made until then."""
    call = f"{request.method} {request.scope['path']}"
    fault = the_account(request).ground.faults.take("late_listing", call)
    return clock.written(fault.seconds or 0) if fault else ALWAYS


Account = Annotated[Imagine, Depends(the_account)]
Fields = Annotated[dict[str, Any], Depends(fields)]
ListedUntil = Annotated[str, Depends(listed_until)]
Answer = dict[str, Any]
