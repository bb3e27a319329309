"""What DXGL's refusals mean."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_render.core.calls import Answer
from airflow_provider_render.core.errors import (
    AuthError,
    NotFoundError,
    OutOfCreditsError,
    QuotaError,
    RejectedError,
    UnavailableError,
    VendorError,
)
from airflow_provider_render.core.refusals import excerpt, happened, kind_of, told

BY_CODE: Mapping[str, type[VendorError]] = {
    "unauthorized": AuthError,
    "token_expired": AuthError,
    "forbidden": AuthError,
    "insufficient_scope": AuthError,
    "no_file": RejectedError,
    "invalid_format": RejectedError,
    "invalid_url": RejectedError,
    "url_required": RejectedError,
    "invalid_settings": RejectedError,
    "model_id_required": RejectedError,
    "file_too_large": RejectedError,
    "no_credits": OutOfCreditsError,
    "model_not_found": NotFoundError,
    "render_not_found": NotFoundError,
    "renders_required": RejectedError,
    "too_many": RejectedError,
    "upload_limit": QuotaError,
    "video_not_found": NotFoundError,
    "poster_not_found": NotFoundError,
    "thumb_not_found": NotFoundError,
    "file_not_found": NotFoundError,
    "sha256_required": RejectedError,
    "timeout": UnavailableError,
    "internal": UnavailableError,
}
"""Every error code of the vendor's document."""

PAID_CALLS = frozenset(
    {"POST /v1/models", "POST /v1/models/ingest", "POST /v1/renders", "POST /v1/renders/batch"}
)


def to_error(answer: Answer) -> VendorError:
    """Turn a refusal into an error of the common tree.

    ``timeout`` is DXGL giving up on the download of an ingest. It is taken like a 5xx, as "cannot tell":
    nobody says that the download ends with DXGL's patience, and a second ingest may be charged again.
    """
    code, message = _said(answer)
    kind = BY_CODE.get(code or "") or kind_of(answer.status)
    effect = happened(kind)
    said = f"{answer.status} {code or ''}".rstrip()
    return kind(
        f"DXGL answered {answer.call} with {said}: {message.rstrip('.')}.{_cost(answer.call, effect)}",
        status=answer.status,
        code=code,
        happened=effect,
    )


def _said(answer: Answer) -> tuple[str | None, str]:
    """Return code and message; an error body that is not DXGL's is quoted by its beginning."""
    error = told(answer).get("error")
    if isinstance(error, str):
        return None, error
    if not isinstance(error, Mapping):
        return None, excerpt(answer)
    code, message = error.get("code"), error.get("message")
    return str(code) if code else None, str(message or "no message")


def _cost(call: str, effect: bool | None) -> str:
    if call not in PAID_CALLS:
        return ""
    return " Nothing was charged." if effect is False else " Whether it was charged is not known."
