"""Ids, tokens and timestamps in the form the vendors use."""

from __future__ import annotations

import secrets
import string
from datetime import UTC, datetime, timedelta

BASE62 = string.ascii_letters + string.digits


def new_id(length: int = 12) -> str:
    """
    Make a random base-62 id.

    :param length: number of characters.
    """
    return "".join(secrets.choice(BASE62) for _ in range(length))


def timestamp(seconds_ago: float = 0.0) -> str:
    """
    Write the current time like ``2026-02-15T20:00:00.000Z``; such texts sort by time.

    :param seconds_ago: how far back.
    """
    moment = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
