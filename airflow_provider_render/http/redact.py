"""Keeps secrets out of errors and logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping

MASK = "***"
HARMLESS_HEADERS = frozenset({"accept", "accept-language", "content-type", "origin", "referer", "user-agent"})
SHORTEST_SECRET = 6
LOOKED_AT = 4096

_NAME = r"[\w-]{0,40}(?:signature|token|secret|key|credential|policy|passw|sig|x-amz-)[\w-]{0,40}"
_PATTERNS = (
    re.compile(r"(?i)(\b(?:bearer|basic|token)\s+)[\w.~+/=-]{8,}"),
    re.compile(rf"(?i)({_NAME}=)[^&\s\"'<>\\]+"),
    re.compile(rf"(?i)([\"']{_NAME}[\"']\s*:\s*[\"'])[^\"']*"),
    re.compile(r"(?i)(\b[a-z][a-z0-9+]{1,9}://)[^/\s@\"'<>]{1,200}(?=@)"),
)


def secrets_of(headers: Mapping[str, str]) -> frozenset[str]:
    """Return the secret parts of a vendor's credential headers."""
    words = {
        word
        for name, value in headers.items()
        if name.lower() not in HARMLESS_HEADERS
        for word in value.split()
    }
    return frozenset(word for word in words if len(word) >= SHORTEST_SECRET)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text with tokens, signatures and the given secrets masked.

    :param text: anything, such as the beginning of an answer or a vendor's own message.
    :param secrets: values that must not appear, whatever is around them.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def excerpt(body: bytes, secrets: Iterable[str] = (), limit: int = 200) -> str:
    """Return the beginning of an answer on one line, redacted.

    :param limit: characters at the most.
    """
    text = redact(body[:LOOKED_AT].decode(errors="replace"), secrets)
    return " ".join(text.split())[:limit]


def quiet_loggers() -> None:
    """Keep the HTTP libraries from logging URLs and headers.

    httpx logs every URL at INFO with its query, where presigned URLs carry their secret, and httpcore
    logs the headers at DEBUG.
    """
    for name in ("httpx", "httpcore"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
