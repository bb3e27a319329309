"""What Threekit's refusals mean. Its pages name statuses only; the body's form is assumed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from airflow_provider_render.core.calls import Answer
from airflow_provider_render.core.errors import (
    AuthError,
    NotFoundError,
    OutOfCreditsError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    VendorError,
)

BY_STATUS: Mapping[int, type[VendorError]] = {
    400: RejectedError,
    401: AuthError,
    402: OutOfCreditsError,
    403: AuthError,
    404: NotFoundError,
    408: UnavailableError,
    410: NotFoundError,
    422: RejectedError,
    429: RateLimitedError,
}
HINTS: Mapping[int, str] = {
    401: " The token is missing or wrong: the connection's password is a private token.",
    403: " A private token of this organisation is needed; public tokens may only read.",
}
PAID_CALL = re.compile(r"POST /api/asset-jobs/(renders|[^/]+/render/\w+/image)$")
"""Calls that use render hours."""

_TOKEN = re.compile(r"(/api/accesstokens/)[^/?\s]+")


def to_error(answer: Answer) -> VendorError:
    """Turn a refusal into an error of the common tree."""
    kind = BY_STATUS.get(answer.status, UnavailableError if answer.status >= 500 else RejectedError)
    happened = None if issubclass(kind, UnavailableError) else False
    call = _TOKEN.sub(r"\g<1>***", answer.call)
    said = _said(answer).rstrip(".")
    return kind(
        f"Threekit answered {call} with {answer.status}: {said}.{HINTS.get(answer.status, '')}"
        f"{_cost(answer.call, happened)}",
        status=answer.status,
        happened=happened,
    )


def _said(answer: Answer) -> str:
    """Return the message; a body in another form is quoted by its beginning."""
    try:
        body = answer.json()
    except ValueError:
        return _excerpt(answer.body)
    if isinstance(body, Mapping):
        for name in ("message", "error", "msg"):
            told = body.get(name)
            inner = told.get("message") if isinstance(told, Mapping) else told
            if isinstance(inner, str) and inner.strip():
                return inner.strip()
    return _excerpt(json.dumps(body).encode())


def _excerpt(body: bytes, length: int = 200) -> str:
    text = " ".join(body[: 4 * length].decode(errors="replace").split())
    return (text[:length] + "...") if len(text) > length else text or "an empty answer"


def _cost(call: str, happened: bool | None) -> str:
    if not PAID_CALL.match(call):
        return ""
    if happened is False:
        return " Nothing is rendered and no render hours are used."
    return " Whether the job was started is not known; a retry looks for it by its name."
