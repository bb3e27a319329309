"""Deliveries of Glossi's webhook: whether they are genuine, and what they are about."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIGNATURE_HEADER = "X-Glossi-Signature"
"""Header of a delivery that carries its signature."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a delivery says; a hint, Glossi is asked before anything is done.

    :param event: such as ``render.complete``.
    :param job_id: render job, or one-call job, that it is about.
    :param project_id: project that it is about.
    :param model_id: model that it is about.
    :param status: the vendor's word.
    """

    event: str
    job_id: str | None = None
    project_id: str | None = None
    model_id: str | None = None
    status: str | None = None


def verify_signature(body: bytes, signature: str, secret: str) -> bool:
    """Whether a delivery was signed with the webhook's secret; takes equally long for any answer.

    The document's example signs the payload as JavaScript writes it anew, another page says the body: both
    are the same for a compact body, and either is accepted.

    :param body: the body as it came.
    :param signature: the header ``X-Glossi-Signature``: HMAC-SHA256 in hex.
    :param secret: what ``PUT /webhooks`` answered.
    """
    if not secret:
        return False
    given = signature.strip().lower().encode()
    as_it_came = hmac.compare_digest(_hex(body, secret), given)
    written_anew = hmac.compare_digest(_hex(_rewritten(body), secret), given)
    return as_it_came or written_anew


def read_delivery(body: bytes) -> Delivery:
    """Read a delivery; its ids may be at the top, or under ``data``.

    :raises ValueError: it is not a delivery.
    """
    said = json.loads(body)
    if not isinstance(said, Mapping) or not isinstance(said.get("event"), str):
        raise ValueError("a delivery is a JSON object with an event")  # noqa: TRY004 - as for broken JSON
    data = said.get("data")
    fields = {**said, **(data if isinstance(data, Mapping) else {})}
    return Delivery(
        said["event"], *(_text(fields.get(name)) for name in ("jobId", "projectId", "modelId", "status"))
    )


def _hex(body: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def _rewritten(body: bytes) -> bytes:
    """Return a body as ``JSON.stringify`` writes it; one that is not JSON stays as it is."""
    try:
        said = json.loads(body, parse_float=_number)
    except ValueError:
        return body
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
