"""Dates as the vendor writes them: Indian time, with microseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

INDIA = timezone(timedelta(hours=5, minutes=30))


def written(seconds_ago: float = 0.0) -> str:
    """
    Write the current time like ``2026-02-16T16:39:49.974021+05:30``; such texts sort by time.

    :param seconds_ago: how far back.
    """
    moment = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return moment.astimezone(INDIA).isoformat(timespec="microseconds")


def announced(epoch: float) -> str:
    """
    Write a time like ``2026-02-06 19:42:20.164263``, without its zone.

    :param epoch: seconds.
    """
    moment = datetime.fromtimestamp(epoch, INDIA).replace(tzinfo=None)
    return moment.isoformat(sep=" ", timespec="microseconds")
