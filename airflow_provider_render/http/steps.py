"""What a conversation asks of a driver; conversations are generators that do no I/O themselves."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock
from typing import Any, Protocol, TypeAlias, TypeVar

from airflow_provider_render.core.calls import Call, Effect
from airflow_provider_render.core.errors import RenderError
from airflow_provider_render.core.vendor import RenderVendor
from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.http.redact import secrets_of

T = TypeVar("T")


class Sink(Protocol):
    """Takes the body of an answer as it comes."""

    def begin(self, status: int, headers: Mapping[str, str], /) -> bool:
        """Look at the head of an answer and say whether its body is wanted."""

    def write(self, chunk: bytes, /) -> None:
        """Take the next bytes."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Send one request; the reply is an :class:`Answer` or the error that kept it from coming.

    :param label: the call, safe to log.
    :param url: absolute URL, maybe with secrets in its query.
    :param headers: all headers of ours, credentials included where they may go.
    :param call: the call whose body is sent along, if it has one.
    :param sink: where the body of the answer goes; None keeps it in memory.
    """

    label: str
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    call: Call[Any] | None = field(default=None, repr=False)
    sink: Sink | None = None

    @property
    def effect(self) -> Effect:
        """What a second sending would do."""
        return self.call.effect if self.call else Effect.REPEATABLE


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait; no reply.

    :param seconds: how long.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Blocking:
    """Run a function that blocks on the disk; the reply is its result or the error it raised."""

    function: Callable[[], Any]


Step: TypeAlias = Attempt | Pause | Blocking
Talk: TypeAlias = Generator[Step, Any, T]
"""A conversation: yields steps, is sent a reply to each, returns the result."""


class Meter:
    """Counts what the calls of one connection cost, beside the renders in them; any thread may add."""

    def __init__(self) -> None:
        self.credits = Decimal(0)
        self._lock = Lock()

    def add(self, cost: Decimal) -> None:
        """Count a call."""
        with self._lock:
            self.credits += cost


class Tally:
    """Adds up the meters of the drivers that one hook has used; any thread may add.

    Those of dropped drivers count on, since calls by them may be under way.
    """

    def __init__(self) -> None:
        self._meters: set[Meter] = set()

    def add(self, meter: Meter) -> None:
        """Count a meter, once."""
        self._meters.add(meter)

    @property
    def credits(self) -> Decimal:
        """What all calls have cost so far."""
        return sum((meter.credits for meter in tuple(self._meters)), Decimal(0))


@dataclass(frozen=True, slots=True)
class Terms:
    """What every conversation of one connection shares.

    :param vendor: whom to talk to.
    :param options: how.
    :param meter: counts what calls cost.
    :param clock: the present, with time zone.
    :param jitter: random numbers from 0 to 1.
    """

    vendor: RenderVendor
    options: HttpOptions
    meter: Meter = field(default_factory=Meter)
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    jitter: Callable[[], float] = random.random

    @property
    def secrets(self) -> frozenset[str]:
        """Values that must not appear in any message."""
        headers = [self.vendor.headers(credential) for credential in self.vendor.credentials]
        return frozenset().union(*map(secrets_of, headers))


def ask(step: Step) -> Talk[Any]:
    """Have a step done and return its result.

    :raises RenderError: the step failed.
    """
    reply = yield step
    if isinstance(reply, RenderError):
        raise reply
    return reply
