"""Descriptions of HTTP calls, free of I/O.

A vendor's endpoint is a function that returns a :class:`Call`. Work that needs several calls is an
:data:`Operation`: a generator that yields calls and is sent their parsed answers. The drivers in
``http/`` carry both out, one synchronously and one in asyncio, so nothing is written twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, BinaryIO, Generic, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Effect(Enum):
    """What a second sending of the same call would do."""

    REPEATABLE = "repeatable"
    """Nothing new: reads, and writes that only set a state."""
    ONCE = "once"
    """Make a second thing that costs nothing."""
    PAID = "paid"
    """Cost money a second time."""


class ByteSource(Protocol):
    """Bytes that can be opened again and again, such as a file in object storage."""

    @property
    def name(self) -> str:
        """File name with its extension."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    def open(self) -> BinaryIO:
        """Open a fresh, seekable reader at the first byte."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file of a multipart form.

    :param field: name of the form field.
    :param source: where the bytes come from.
    :param media_type: content type of the part.
    """

    field: str
    source: ByteSource
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer.

    :param call: label of the call it answers, such as ``GET /v1/renders/x``.
    :param status: HTTP status.
    :param headers: headers, names in lower case.
    :param body: the decoded body.
    """

    call: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON.

        :raises ValueError: the body is not JSON.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """One HTTP call, described.

    :param method: HTTP method.
    :param path: path below the connection's base URL, or an absolute URL. Credentials go along only to
        the connection's own origin.
    :param parse: turns a successful answer into the typed result; ValueError means an unexpected answer.
    :param effect: what a second sending would do; decides what may be retried.
    :param query: query parameters; None values are left out.
    :param json: JSON body.
    :param form: plain fields of a multipart form.
    :param files: files of a multipart form, streamed.
    :param content: raw body, streamed.
    :param headers: extra headers.
    """

    method: str
    path: str
    parse: Callable[[Answer], T_co]
    effect: Effect = Effect.REPEATABLE
    query: Mapping[str, str | int | None] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    files: tuple[FilePart, ...] = ()
    content: ByteSource | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Method and path without the query, safe to log: presigned URLs carry their secret there."""
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class Fetch:
    """A file to download.

    :param path: path below the base URL, or an absolute URL (a presigned host gets no credentials).
    :param query: query parameters.
    :param resumable: whether the server honours ``Range``.
    :param media_types: content types that are right; empty accepts any but HTML and JSON.
    :param size: expected length in bytes, where the vendor tells it.
    """

    path: str
    query: Mapping[str, str | int | None] = field(default_factory=dict)
    resumable: bool = False
    media_types: tuple[str, ...] = ()
    size: int | None = None

    @property
    def label(self) -> str:
        """``GET`` and path without the query, safe to log."""
        return f"GET {self.path.partition('?')[0]}"


Operation: TypeAlias = Generator[Call[Any], Any, T]
"""Work of several calls: yields each call, is sent its parsed answer, returns the result."""


def send(call: Call[T]) -> Operation[T]:
    """Send one call from within an operation: ``answer = yield from send(call)``."""
    answer: T = yield call
    return answer
