"""Faults that can be armed to see how a client bears them."""

from __future__ import annotations

import math
import random
import re
import time
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal[
    "rate_limit",
    "error_before",
    "error_after",
    "drop_before",
    "drop_after",
    "latency",
    "late_listing",
    "truncate",
    "render_failure",
    "reject",
]

NEEDS = {"rate_limit": "per_second", "latency": "seconds", "late_listing": "seconds", "reject": "code"}


class Fault(BaseModel):
    """
    One fault.

    :param kind: ``rate_limit`` 429 above so many requests a second; ``error_before`` 500, nothing was done;
        ``error_after`` 500 although all was done and charged; ``drop_before`` / ``drop_after`` the connection
        breaks without an answer, before or after the work; ``latency`` waits first; ``late_listing`` fresh
        renders are 404 and missing in lists; ``truncate`` a download breaks off in the middle;
        ``render_failure`` the renders made by the call fail; ``reject`` answers an error code of the vendor.
    :param match: regular expression searched in ``METHOD /vendor/path``; empty matches every call.
    :param next: only the next so many matching calls; None is all of them.
    :param probability: chance that a matching call is hit.
    :param seconds: length of ``latency`` and ``late_listing``; Retry-After of ``rate_limit``, 1 without it.
    :param per_second: how many requests ``rate_limit`` lets through in one second.
    :param retry_after: form of the Retry-After header: a number of seconds, or an HTTP date.
    :param code: the vendor's error code for ``reject``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    match: str = ""
    next: int | None = Field(None, ge=0)
    probability: float = Field(1.0, ge=0, le=1)
    seconds: float | None = Field(None, ge=0)
    per_second: float | None = Field(None, gt=0)
    retry_after: Literal["seconds", "date"] = "seconds"
    code: str | None = None

    @field_validator("match")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        needed = NEEDS.get(self.kind)
        if needed and getattr(self, needed) is None:
            raise ValueError(f"{self.kind} needs {needed}")
        return self

    def retry_after_header(self) -> str:
        """Value of the Retry-After header, at least one second ahead."""
        seconds = math.ceil(self.seconds if self.seconds is not None else 1)
        if self.retry_after == "date":
            return formatdate(time.time() + max(seconds, 1), usegmt=True)
        return str(seconds)


@dataclass
class _Armed:
    fault: Fault
    fired: int = 0
    let_through: deque[float] = field(default_factory=deque)

    def concerns(self, call: str) -> bool:
        left = self.fault.next is None or self.fired < self.fault.next
        return left and re.search(self.fault.match, call) is not None

    def fires(self) -> bool:
        hit = self.fault.probability >= 1 or random.random() < self.fault.probability  # noqa: S311
        self.fired += hit
        return hit

    def is_over_the_limit(self) -> bool:
        now = time.monotonic()
        while self.let_through and now - self.let_through[0] >= 1:
            self.let_through.popleft()
        if len(self.let_through) >= (self.fault.per_second or 0):
            return True
        self.let_through.append(now)
        return False


class FaultBook:
    """
    The faults that are armed now.

    :param faults: those from the start; :meth:`reset` comes back to none.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._armed: list[_Armed] = []
        self.arm(faults)

    def arm(self, faults: Iterable[Fault]) -> None:
        """Replace all faults."""
        self._armed = [_Armed(fault) for fault in faults]

    def reset(self) -> None:
        """Disarm all faults."""
        self._armed = []

    def listing(self) -> list[dict[str, Any]]:
        """Every armed fault, with how often it fired."""
        return [{**armed.fault.model_dump(exclude_none=True), "fired": armed.fired} for armed in self._armed]

    def take(self, kind: Kind, call: str) -> Fault | None:
        """
        Decide whether a fault hits a call, and count it if it does.

        :param kind: which fault.
        :param call: ``METHOD /vendor/path``.
        """
        for armed in self._armed:
            if armed.fault.kind == kind and armed.concerns(call) and armed.fires():
                return armed.fault
        return None

    def throttle(self, call: str) -> Fault | None:
        """
        Decide whether a call is above a rate limit; a refused call does not count towards it.

        :param call: ``METHOD /vendor/path``.
        """
        for armed in self._armed:
            if armed.fault.kind == "rate_limit" and armed.concerns(call) and armed.is_over_the_limit():
                armed.fired += 1
                return armed.fault
        return None
