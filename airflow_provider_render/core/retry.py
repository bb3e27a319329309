"""When a call may be sent again: a pure decision shared by the sync and the async driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from airflow_provider_render.core.calls import Effect
from airflow_provider_render.core.errors import VendorError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patiently one call is repeated.

    :param attempts: sendings at the most, the first included.
    :param first: seconds before the first repeat.
    :param growth: factor from one repeat to the next.
    :param cap: seconds between two sendings at the most, and the longest ``Retry-After`` that is waited
        for; a vendor that asks for more ends the call, and Airflow's own retry takes over.
    """

    attempts: int = 5
    first: float = 0.5
    growth: float = 2.0
    cap: float = 60.0


def retry_delay(
    error: VendorError, effect: Effect, attempt: int, policy: RetryPolicy, jitter: float = 0.0
) -> float | None:
    """Return the seconds to wait before sending a call again, or None when it must not be.

    :param error: how the last sending ended.
    :param effect: what a second sending would do.
    :param attempt: how often the call was sent, from 1.
    :param policy: how patient to be.
    :param jitter: random share of the delay to add, 0 to 1, so that many clients do not return at once.
    """
    if not error.transient or attempt >= policy.attempts:
        return None
    if effect is not Effect.REPEATABLE and error.happened is not False:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= policy.cap else None
    return min(policy.cap, policy.first * policy.growth ** (attempt - 1) * (1 + jitter))


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for, in either of its two forms.

    :param headers: answer headers, names in lower case.
    :param now: the present, with time zone, for the date form.
    :returns: seconds, never negative; None where the header is missing or makes no sense.
    """
    value = headers.get("retry-after", "").strip()
    if value.isdecimal() and value.isascii():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError, LookupError, TypeError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())
