"""Descriptions of HTTP calls, free of I/O.

A vendor's endpoint is a function that returns a :class:`Call`. Work that needs several calls is an
:data:`Operation`: a generator that yields calls and is sent their parsed answers. The drivers in
``http/`` carry both out, one synchronously and one in asyncio, so nothing is written twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from airflow_provider_render.core.job import RenderJob

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


class Secret(str):
    """A text that is sent as it is, and shown as stars."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


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


@dataclass(frozen=True, slots=True, repr=False)
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
    :param credential: which of the vendor's credentials goes along, and so whose host the path is below;
        the main one if empty.
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
    credential: str = ""

    @property
    def label(self) -> str:
        """Method and path without the query, safe to log: presigned URLs carry their secret there."""
        return f"{self.method} {self.path.partition('?')[0]}"

    def __repr__(self) -> str:
        return f"<Call {self.label}>"


@dataclass(frozen=True, slots=True, repr=False)
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

    def __repr__(self) -> str:
        return f"<Fetch {self.label}>"


class Notice:
    """Something that an operation tells on its way, by yielding it; it is sent None."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Rows(Notice, Generic[T_co]):
    """The next rows of a list that an operation reads, for those who need not wait for its end.

    :param items: the rows of a page that were not there before.
    """

    items: Sequence[T_co]


@dataclass(frozen=True, slots=True)
class Milestone(Notice):
    """A point within an operation after which money may be spent, and what is known until then.

    An operation yields it right before its paid call, so that the ids can be written down: a worker that
    finds an intent without a milestone knows that the paid call was never made, and one that finds a
    milestone knows what to ask the vendor for. It is sent None.

    :param jobs: for each request of the operation, in order, the ids by which its render may be found.
    """

    jobs: tuple[RenderJob, ...]


Operation: TypeAlias = Generator[Call[Any] | Notice, Any, T]
"""Work of several calls: yields each call, is sent its parsed answer, returns the result."""


def send(call: Call[T]) -> Operation[T]:
    """Send one call from within an operation: ``answer = yield from send(call)``."""
    answer: T = yield call
    return answer


def noting(operation: Operation[T], note: Callable[[tuple[RenderJob, ...]], None]) -> Operation[T]:
    """Do an operation and have its milestones written down on the way.

    :param note: writes the jobs of a milestone durably; what it raises ends the operation before its paid
        call.
    """

    def noted(step: Call[Any] | Notice) -> Call[Any] | Notice:
        if isinstance(step, Milestone):
            note(step.jobs)
        return step

    return by_step(operation, noted)


def by_step(
    operation: Operation[T], change: Callable[[Call[Any] | Notice], Call[Any] | Notice]
) -> Operation[T]:
    """Do an operation with another step in place of each of its own.

    :param change: returns the step that is done; what it raises ends the operation.
    """
    try:
        step = next(operation)
        while True:
            changed = change(step)
            try:
                answer = yield changed
            except Exception as error:  # noqa: BLE001 - the operation decides what an error means
                step = operation.throw(error)
            else:
                step = operation.send(answer)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        operation.close()
