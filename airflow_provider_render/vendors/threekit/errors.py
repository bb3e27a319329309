"""What Threekit's refusals mean. Its pages name statuses only; the body's form is assumed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from airflow_provider_render.core.calls import Answer
from airflow_provider_render.core.errors import NotFoundError, VendorError
from airflow_provider_render.core.refusals import excerpt, happened, kind_of, told

GONE = 410
"""Status of what was deleted."""
HINTS: Mapping[int, str] = {
    401: " The token is missing or wrong: the connection's password is a private token.",
    403: " A private token of this organisation is needed; public tokens may only read.",
}
PAID_CALL = re.compile(r"POST /api/asset-jobs/(renders|[^/]+/render/\w+/image)$")
"""Calls that use render hours."""

_TOKEN = re.compile(r"(/api/accesstokens/)[^/?\s]+")


def to_error(answer: Answer) -> VendorError:
    """Turn a refusal into an error of the common tree."""
    kind = NotFoundError if answer.status == GONE else kind_of(answer.status)
    effect = happened(kind)
    call = _TOKEN.sub(r"\g<1>***", answer.call)
    said = _said(answer).rstrip(".")
    return kind(
        f"Threekit answered {call} with {answer.status}: {said}.{HINTS.get(answer.status, '')}"
        f"{_cost(answer.call, effect)}",
        status=answer.status,
        happened=effect,
    )


def _said(answer: Answer) -> str:
    """Return the message; a body in another form is quoted by its beginning."""
    body = told(answer)
    for name in ("message", "error", "msg"):
        said = body.get(name)
        inner = said.get("message") if isinstance(said, Mapping) else said
        if isinstance(inner, str) and inner.strip():
            return inner.strip()
    return excerpt(answer)


def _cost(call: str, effect: bool | None) -> str:
    if not PAID_CALL.match(call):
        return ""
    if effect is False:
        return " Nothing is rendered and no render hours are used."
    return " Whether the job was started is not known; a retry looks for it by its name."
