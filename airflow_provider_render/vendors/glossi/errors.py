"""What Glossi's refusals mean."""

from __future__ import annotations

import re
from collections.abc import Mapping

from airflow_provider_render.core.calls import Answer
from airflow_provider_render.core.errors import (
    RejectedError,
    UnavailableError,
    UnexpectedAnswerError,
    VendorError,
)
from airflow_provider_render.core.refusals import excerpt, happened, kind_of, told

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
    """Turn a refusal into an error of the common tree, by its status: Glossi documents no codes.

    A presigned host knows nothing of the API key: what it refuses is an address that has expired, not the
    credentials.
    """
    if "://" in answer.call:
        return _upload_refused(answer)
    kind = kind_of(answer.status)
    effect = happened(kind)
    return kind(
        f"Glossi answered {answer.call} with {answer.status}: {_said(answer).rstrip('.')}."
        f"{_cost(answer.call, effect)}",
        status=answer.status,
        happened=effect,
    )


def _upload_refused(answer: Answer) -> VendorError:
    if answer.status in EXPIRED:
        return UnexpectedAnswerError(
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
    body = told(answer)
    error = body.get("error")
    inner = error.get("message") if isinstance(error, Mapping) else error
    words = [text for text in (inner, body.get("message")) if isinstance(text, str) and text]
    return ": ".join(dict.fromkeys(words)) or excerpt(answer)


def _cost(call: str, effect: bool | None) -> str:
    if not _PAID.fullmatch(call):
        return ""
    if effect is False:
        return " Nothing was rendered or charged."
    return " Whether it renders, and is charged, is not known."
