"""When to look at renders again, and when to stop: pure decisions over (states, now).

The deferrable and the blocking path, and the shared poller of a triggerer, all ask the same
:class:`Watch`, so that they cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from airflow_provider_render.core.errors import AuthError, RejectedError, VendorError
from airflow_provider_render.core.job import RenderState


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """How often renders are looked at; all values in seconds but growth.

    :param first: before the first look.
    :param start: between the first and the second look.
    :param growth: factor from one look to the next while nothing changes.
    :param cap: between two looks at the most.
    :param listing_grace: how long a fresh render may be unknown to the vendor before it counts as lost.
    :param settling: how long after a submit was cut off the vendor may still come to know of it: a request
        that it had received whole goes on without its sender. Longer than a call may last.
    """

    first: float = 5.0
    start: float = 5.0
    growth: float = 1.5
    cap: float = 30.0
    listing_grace: float = 120.0
    settling: float = 90.0

    def override(self, changes: Mapping[str, float]) -> PollPolicy:
        """Return the policy with some of its values changed, by name."""
        return replace(self, **changes)


class Verdict(Enum):
    """What a look at the renders means."""

    WAIT = "wait"
    READY = "ready"
    EXPIRED = "expired"
    HOPELESS = "hopeless"


@dataclass(slots=True)
class Watch:
    """Follows a set of renders until each has ended.

    :param jobs: ids of the renders.
    :param policy: how often to look.
    :param since: when the renders were submitted, seconds since the epoch.
    :param deadline: when to give up, seconds since the epoch; None waits for ever.
    """

    jobs: frozenset[str]
    policy: PollPolicy
    since: float
    deadline: float | None = None
    ended: dict[str, RenderState] = field(default_factory=dict)
    _delay: float = 0.0
    _asked: float = 0.0
    _seen: Mapping[str, RenderState] = field(default_factory=dict)

    @property
    def open(self) -> frozenset[str]:
        """Ids of the renders that have not ended."""
        return self.jobs - self.ended.keys()

    def start(self, now: float) -> float:
        """Return the seconds until the first look; renders submitted long ago are looked at at once."""
        return self._bounded(max(0.0, self.since + self.policy.first - now), now)

    def look(self, states: Mapping[str, RenderState], now: float) -> Verdict:
        """Take in the states of the open renders; ids the vendor does not know are left out of them."""
        self._asked = 0.0
        self.ended.update((job, state) for job, state in states.items() if state.status.terminal)
        changed = any(self._seen.get(job) != state for job, state in states.items())
        self._seen = dict(states)
        self._delay = self.policy.start if changed or not self._delay else self._delay * self.policy.growth
        return self._verdict(self._lost(states, now), now)

    def failed(self, error: VendorError, now: float) -> Verdict:
        """Take in a look that failed: transient trouble is waited out, refusal is not."""
        self._delay = max(self._delay, self.policy.start) * self.policy.growth
        self._asked = error.retry_after or 0.0
        if isinstance(error, AuthError | RejectedError):
            return Verdict.HOPELESS
        return self._verdict(frozenset(), now)

    def delay(self, now: float, jitter: float = 0.0) -> float:
        """Return the seconds until the next look.

        :param jitter: random share to add, 0 to 1, so that many watches do not look at once.
        """
        own = min(self._delay, self.policy.cap) * (1 + jitter)
        return self._bounded(max(own, self._asked), now)

    def _lost(self, states: Mapping[str, RenderState], now: float) -> frozenset[str]:
        if now < self.since + self.policy.listing_grace:
            return frozenset()
        return frozenset(self.open - states.keys())

    def _verdict(self, lost: Iterable[str], now: float) -> Verdict:
        if not self.open - frozenset(lost):
            return Verdict.READY
        if self.deadline is not None and now >= self.deadline:
            return Verdict.EXPIRED
        return Verdict.WAIT

    def _bounded(self, delay: float, now: float) -> float:
        return delay if self.deadline is None else max(0.0, min(delay, self.deadline - now))
