"""How fast calls may follow one another on one connection: a pure calculation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Pacer:
    """Spaces calls evenly and keeps the whole connection quiet while the vendor asks for it.

    :param rate: calls a second at the most; None sets no rate.
    """

    rate: float | None = None
    _next: float = 0.0

    def reserve(self, now: float) -> float:
        """Take the next free moment and return the seconds until then.

        :param now: a monotonic clock, seconds.
        """
        moment = max(now, self._next)
        if self.rate:
            self._next = moment + 1 / self.rate
        return moment - now

    def hold(self, seconds: float, now: float) -> None:
        """Let no call start for the given seconds, as a ``Retry-After`` asks."""
        self._next = max(self._next, now + seconds)
