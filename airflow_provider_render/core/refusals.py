"""What a refusal means as far as its status tells, and what a vendor says in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

EXCERPT = 200
"""Characters of a foreign body that are quoted."""


def kind_of(status: int) -> type[VendorError]:
    """Return the error of the common tree that a status of 400 and above stands for."""
    return BY_STATUS.get(status, UnavailableError if status >= 500 else RejectedError)


def happened(kind: type[VendorError]) -> bool | None:
    """Say whether a call with such an end had an effect: no, or None where nobody can tell."""
    return None if issubclass(kind, UnavailableError) else False


def told(answer: Answer) -> Mapping[str, Any]:
    """Return the JSON object of a refusal; empty where its body is something else."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def excerpt(answer: Answer) -> str:
    """Return the beginning of a body on one line, for refusals in a form that is not known."""
    text = " ".join(answer.body[: 4 * EXCERPT].decode(errors="replace").split())
    return f"{text[:EXCERPT]}..." if len(text) > EXCERPT else text or "an empty answer"
