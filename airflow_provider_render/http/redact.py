"""Keeps secrets out of errors and logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

MASK = "***"
HARMLESS_HEADERS = frozenset({"accept", "accept-language", "content-type", "origin", "referer", "user-agent"})
SCHEME_HEADERS = frozenset({"authorization", "proxy-authorization"})
SHORTEST_SECRET = 6
LOOKED_AT = 4096
LONGEST_MESSAGE = 2000

_NAME = r"[\w-]{0,40}(?:signature|token|secret|key|credential|policy|passw|sig|x-amz-)[\w-]{0,40}"
_PATTERNS = (
    re.compile(r"(?i)(\b(?:bearer|basic|token)\s+)[\w.~+/=-]{8,}"),
    re.compile(rf"(?i)({_NAME}=)[^&\s\"'<>\\]+"),
    re.compile(rf"(?i)([\"']{_NAME}[\"']\s*:\s*[\"'])[^\"']*"),
    re.compile(r"(?i)(\b[a-z][a-z0-9+]{1,9}://)[^/\s@\"'<>]{1,200}(?=@)"),
    re.compile(r"(?i)(/(?:access)?tokens?/)[^/?:\s\"'<>]{8,}"),
)


def secrets_of(headers: Mapping[str, str]) -> frozenset[str]:
    """Return the secret parts of a vendor's credential headers, also as they look within a URL.

    The scheme that begins an ``Authorization``, such as ``Bearer``, is none.
    """
    words: set[str] = set()
    for name, value in headers.items():
        if name.lower() not in HARMLESS_HEADERS:
            parts = value.split()
            words.update(parts[1:] if name.lower() in SCHEME_HEADERS and len(parts) > 1 else parts)
    secrets = {word for word in words if len(word) >= SHORTEST_SECRET}
    return frozenset(secrets | {quote(word, safe="") for word in secrets})


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text with tokens, signatures and the given secrets masked.

    :param text: anything, such as the beginning of an answer or a vendor's own message.
    :param secrets: values that must not appear, whatever is around them.
    """
    text = _without(text, secrets)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def message(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """Return the text of an error, redacted; of a very long one begin and end, which tells the cost."""
    text = _without(str(error), secrets)
    if len(text) > LONGEST_MESSAGE:
        # The end begins with a whole word: half a signature has no name before it by which it is found.
        begin, end = text[: LONGEST_MESSAGE * 3 // 4], text[-LONGEST_MESSAGE // 4 :].partition(" ")[2]
        text = f"{begin} ... {end}"
    return redact(text)


def masked(body: bytes, secrets: Iterable[str]) -> bytes:
    """Return an answer with the given secrets masked."""
    for secret in sorted(secrets, key=len, reverse=True):
        body = body.replace(secret.encode(), MASK.encode())
    return body


def excerpt(body: bytes, secrets: Iterable[str] = (), limit: int = 200) -> str:
    """Return the beginning of an answer on one line, redacted.

    :param limit: characters at the most.
    """
    text = redact(masked(body, secrets)[:LOOKED_AT].decode(errors="replace"))
    return " ".join(text.split())[:limit]


def quiet_loggers() -> None:
    """Keep the HTTP libraries from logging URLs and headers.

    httpx logs every URL at INFO with its query, where presigned URLs carry their secret, and httpcore
    logs the headers at DEBUG.
    """
    for name in ("httpx", "httpcore"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
