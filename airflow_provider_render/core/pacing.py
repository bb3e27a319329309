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
    _quiet_until: float = 0.0

    def reserve(self, now: float) -> float:
        """Take the next free moment for a call and return it.

        :param now: a monotonic clock, seconds.
        """
        moment = max(now, self._next, self._quiet_until)
        if self.rate:
            self._next = moment + 1 / self.rate
        return moment

    def holds(self, moment: float) -> bool:
        """Return whether a reserved moment is void, because a hold that covers it came later.

        :param moment: what :meth:`reserve` returned.
        """
        return moment < self._quiet_until

    def hold(self, seconds: float, now: float) -> None:
        """Let no call start for the given seconds, as a ``Retry-After`` asks; none are none."""
        if seconds:
            self._quiet_until = max(self._quiet_until, now + seconds)
