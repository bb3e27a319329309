"""The present, as the state and the reports write it."""

from __future__ import annotations

from datetime import UTC, datetime


def utcnow() -> str:
    """Return the present as ISO text, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
