"""What Glossi's refusals mean."""

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
    401: AuthError,
    402: OutOfCreditsError,
    403: AuthError,
    404: NotFoundError,
    408: UnavailableError,
    429: RateLimitedError,
}
"""Glossi's document has neither error codes nor an error body, so the status alone decides."""

EXPIRED = frozenset({400, 401, 403})
"""How hosts of presigned addresses answer an expired one."""

PAID_CALLS = frozenset(
    {
        "POST /api/v1/renders",
        "POST /api/v1/renders/:id/retry",
        "POST /api/v1/jobs/:id/confirm",
        "POST /api/v1/pipelines",
    }
)
"""Calls that make Glossi render."""

_PAID = re.compile("|".join(re.sub(r":\w+", "[^/ ]+", call) for call in sorted(PAID_CALLS)))


def to_error(answer: Answer) -> VendorError:
    """Turn a refusal into an error of the common tree.

    A presigned host knows nothing of the API key: what it refuses is an address that has expired, not the
    credentials.
    """
    if "://" in answer.call:
        return _upload_refused(answer)
    kind = BY_STATUS.get(answer.status, UnavailableError if answer.status >= 500 else RejectedError)
    happened = None if issubclass(kind, UnavailableError) else False
    return kind(
        f"Glossi answered {answer.call} with {answer.status}: {_said(answer).rstrip('.')}."
        f"{_cost(answer.call, happened)}",
        status=answer.status,
        happened=happened,
    )


def _upload_refused(answer: Answer) -> VendorError:
    if answer.status in EXPIRED:
        return UnavailableError(
            f"{answer.call}: the storage answered {answer.status}, its address has probably expired. Nothing"
            " was rendered; a retry asks for a new one.",
            status=answer.status,
        )
    kind = UnavailableError if answer.status >= 500 else RejectedError
    return kind(
        f"{answer.call}: the storage answered {answer.status}. Nothing was rendered.", status=answer.status
    )


def _said(answer: Answer) -> str:
    """Return the message of a refusal, wherever it is; a foreign body is quoted by its beginning."""
    try:
        body = answer.json()
    except ValueError:
        return _excerpt(answer.body)
    if not isinstance(body, Mapping):
        return _excerpt(answer.body)
    error = body.get("error")
    inner = error.get("message") if isinstance(error, Mapping) else error
    words = [text for text in (inner, body.get("message")) if isinstance(text, str) and text]
    return ": ".join(dict.fromkeys(words)) or _excerpt(json.dumps(body).encode())


def _excerpt(body: bytes, length: int = 200) -> str:
    text = " ".join(body[: 4 * length].decode(errors="replace").split())
    return (text[:length] + "...") if len(text) > length else text or "an empty answer"


def _cost(call: str, happened: bool | None) -> str:
    if not _PAID.fullmatch(call):
        return ""
    if happened is False:
        return " Nothing was rendered or charged."
    return " Whether it renders, and is charged, is not known."
