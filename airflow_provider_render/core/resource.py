"""Typed, grouped access to endpoints: ``hook.renders.get(id)`` and ``await hook.aio.renders.get(id)``.

One class per group of endpoints, generic in :class:`Sync` or :class:`Async`; one line per endpoint::

    class Renders(Resource[Mode]):
        get = endpoint(calls.get_render)
        each = listing(calls.all_renders)
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from airflow_provider_render.core.calls import Call, Fetch, Notice, Operation, Rows
from airflow_provider_render.core.errors import RenderError

P = ParamSpec("P")
T = TypeVar("T")


class Sync:
    """Marks a resource whose methods return results."""


class Async:
    """Marks a resource whose methods return awaitables."""


Mode = TypeVar("Mode", Sync, Async)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that arrived whole.

    :param path: where it is.
    :param size: length in bytes.
    :param sha256: hex digest of its bytes.
    :param media_type: content type the server gave, without parameters.
    """

    path: str
    size: int
    sha256: str
    media_type: str


class Driver(Protocol):
    """Carries out calls; the async driver returns awaitables from both methods."""

    def run(self, work: Call[Any] | Operation[Any], /) -> Any:
        """Carry out a call or an operation."""

    def download(self, fetch: Fetch, to: str | PathLike[str], /) -> Any:
        """Download a file."""


class Resource(Generic[Mode]):
    """A group of endpoints bound to a driver."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver


class endpoint(Generic[P, T]):  # noqa: N801 - reads as a keyword where it is used
    """Publish a function that describes a call as a method that carries it out."""

    def __init__(self, describe: Callable[P, Call[T] | Operation[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, owner: Resource[Sync], cls: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, owner: Resource[Async], cls: Any = None) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, owner: Any, cls: Any = None) -> Any:
        """Bind the endpoint to the driver of its resource."""
        describe = self._describe

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return owner._driver.run(describe(*args, **kwargs))

        call.__doc__ = self.__doc__
        return call


class listing(Generic[P, T]):  # noqa: N801 - reads as a keyword where it is used
    """Publish an operation that reads a list as something to iterate over; pages are read as they are
    needed.
    """

    def __init__(self, describe: Callable[P, Operation[list[T]]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, owner: Resource[Sync], cls: Any = None) -> Callable[P, Iterable[T]]: ...
    @overload
    def __get__(self, owner: Resource[Async], cls: Any = None) -> Callable[P, AsyncIterable[T]]: ...
    def __get__(self, owner: Any, cls: Any = None) -> Any:
        """Bind the list to the driver of its resource."""
        describe = self._describe

        def each(*args: P.args, **kwargs: P.kwargs) -> Any:
            return _Reading(owner._driver, lambda: describe(*args, **kwargs))

        each.__doc__ = self.__doc__
        return each


class _Reading(Generic[T]):
    """A list to iterate over, with ``for`` or ``async for`` as its driver is.

    :param driver: carries the calls out.
    :param begin: starts to read from the beginning.
    """

    def __init__(self, driver: Driver, begin: Callable[[], Operation[list[T]]]) -> None:
        self._driver = driver
        self._begin = begin

    def __iter__(self) -> Iterator[T]:
        operation, answer = self._begin(), None
        while (step := _advance(operation, answer)) is not None:
            answer = None
            if isinstance(step, Rows):
                yield from step.items
            elif isinstance(step, Call):
                try:
                    answer = self._driver.run(step)
                except RenderError as error:
                    answer = error

    async def __aiter__(self) -> AsyncIterator[T]:
        operation, answer = self._begin(), None
        while (step := _advance(operation, answer)) is not None:
            answer = None
            if isinstance(step, Rows):
                for row in step.items:
                    yield row
            elif isinstance(step, Call):
                try:
                    answer = await self._driver.run(step)
                except RenderError as error:
                    answer = error


def _advance(operation: Operation[Any], answer: Any) -> Call[Any] | Notice | None:
    """Give an operation its answer, or the error it met, and return what it asks next; None at its end."""
    try:
        return operation.throw(answer) if isinstance(answer, RenderError) else operation.send(answer)
    except StopIteration:
        return None


class download(Generic[P]):  # noqa: N801 - reads as a keyword where it is used
    """Publish a function that describes a file as a method that downloads it; its first argument is the
    path to write to.
    """

    def __init__(self, describe: Callable[P, Fetch]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(
        self, owner: Resource[Sync], cls: Any = None
    ) -> Callable[Concatenate[str | PathLike[str], P], Fetched]: ...
    @overload
    def __get__(
        self, owner: Resource[Async], cls: Any = None
    ) -> Callable[Concatenate[str | PathLike[str], P], Awaitable[Fetched]]: ...
    def __get__(self, owner: Any, cls: Any = None) -> Any:
        """Bind the download to the driver of its resource."""
        describe = self._describe

        def fetch(to: str | PathLike[str], *args: P.args, **kwargs: P.kwargs) -> Any:
            return owner._driver.download(describe(*args, **kwargs), to)

        fetch.__doc__ = self.__doc__
        return fetch
