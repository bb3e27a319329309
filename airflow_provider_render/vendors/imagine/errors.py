"""What Imagine.io's refusals, and those of its storage, mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from airflow_provider_render.core.calls import Answer
from airflow_provider_render.core.errors import (
    NotFoundError,
    OutOfCreditsError,
    RejectedError,
    UnexpectedAnswerError,
    VendorError,
)
from airflow_provider_render.core.refusals import excerpt, happened, kind_of, told
from airflow_provider_render.vendors.imagine.endpoints import CREATE_IMAGES, JOB

PAID_CALLS = frozenset({f"POST {JOB}", f"POST {CREATE_IMAGES}"})
"""Calls whose credit is the price of a render."""

SKU_TAKEN = "sku_taken"
"""Code of the refusal of a product whose stock keeping unit another one has."""

HINTS: Mapping[int, str] = {
    401: " The key may be wrong or revoked, or the connection's extra 'origin' is not a domain registered"
    " for it.",
    403: " The key may lack the scope for this call, or the connection's extra 'origin' is not a domain"
    " registered for it.",
}

_TOO_LARGE = re.compile(r"<Code>\s*EntityTooLarge\s*</Code>")
_STORAGE_CODE = re.compile(r"<Code>\s*(\w{1,60})\s*</Code>")


class NotThereError(NotFoundError):
    """Imagine.io does not know the thing, and says so along with the balance.

    :param credits: what is left.
    """

    credits: Decimal | None = None


def to_error(answer: Answer) -> VendorError:
    """Turn a refusal into an error of the common tree."""
    if not is_api(answer):
        return _elsewhere(answer)
    left = balance(answer)
    kind = _kind(answer.status, left)
    effect = happened(kind)
    message = _said(answer)
    error = kind(
        f"Imagine.io answered {answer.call} with {answer.status}: {message.rstrip('.')}."
        f"{HINTS.get(answer.status, '')}{_cost(answer, effect)}",
        status=answer.status,
        code=SKU_TAKEN if "sku id already exists" in message.lower() else None,
        happened=effect,
    )
    if isinstance(error, NotThereError):
        error.credits = left
    return error


def is_api(answer: Answer) -> bool:
    """Whether an answer came from the API, and not from the storage or the Zapier side."""
    return answer.call.partition(" ")[2].lstrip("/").startswith("v1/")


def balance(answer: Answer) -> Decimal | None:
    """Return the credits that are left, where an answer tells."""
    left = told(answer).get("api_hits_available") if is_api(answer) else None
    return Decimal(left) if isinstance(left, int) and not isinstance(left, bool) else None


def charge(answer: Answer) -> Decimal:
    """Return what a call cost beside a render: the job calls are the price of theirs, unless refused."""
    if not is_api(answer) or answer.status in (401, 429):
        return Decimal(0)
    if answer.status < 300:
        return Decimal(answer.call not in PAID_CALLS)
    return Decimal(balance(answer) is not None)


def _kind(status: int, left: Decimal | None) -> type[VendorError]:
    if status in (402, 403, 429) and left is not None and left <= 0:
        return OutOfCreditsError
    if status == 404:
        return NotThereError
    return kind_of(status)


def _cost(answer: Answer, effect: bool | None) -> str:
    if effect is None:
        paid = answer.call in PAID_CALLS
        return " Whether it was done, and cost its credit, is not known." if paid else ""
    cost = "The call cost 1 credit" if charge(answer) else "Nothing was charged"
    left = balance(answer)
    return f" {cost}." if left is None else f" {cost}, {left} are left."


def _elsewhere(answer: Answer) -> VendorError:
    """Judge a refusal of the storage or of the Zapier side."""
    storage = "://" in answer.call
    text = answer.body[:4096].decode(errors="replace")
    found = _STORAGE_CODE.search(text)
    message = found[1] if found else _said(answer)
    said = f"{answer.call} was answered with {answer.status}: {message.rstrip('.')}."
    if not storage or answer.status >= 500 or answer.status in (404, 408, 429):
        return kind_of(answer.status)(
            said, status=answer.status, happened=None if answer.status >= 500 else False
        )
    if _TOO_LARGE.search(text):
        return RejectedError(f"{said} The file is larger than the storage takes.", status=answer.status)
    return UnexpectedAnswerError(
        f"{said} The permission to upload has probably expired; a retry gets a new one.",
        status=answer.status,
        happened=False,
    )


def _said(answer: Answer) -> str:
    body = told(answer)
    for name in ("message", "error", "detail"):
        if texts := list(_texts(body.get(name))):
            return "; ".join(texts)[:500]
    return excerpt(answer)


def _texts(said: Any, field: str = "") -> Iterator[str]:
    """Flatten a message, which may be a text, or texts by field, with lists and tables in between."""
    if isinstance(said, Mapping):
        for name, inner in said.items():
            yield from _texts(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(said, list):
        for inner in said:
            yield from _texts(inner, field)
    elif said:
        yield f"{field}: {said}" if field else str(said)
