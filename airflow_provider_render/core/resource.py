"""Typed, grouped access to endpoints: ``hook.renders.get(id)`` and ``await hook.aio.renders.get(id)``.

One class per group of endpoints, generic in :class:`Sync` or :class:`Async`; one line per endpoint::

    class Renders(Resource[Mode]):
        get = endpoint(calls.get_render)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from os import PathLike
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from airflow_provider_render.core.calls import Call, Fetch, Operation

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
