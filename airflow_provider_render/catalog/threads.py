"""The same step for many things at the same time, in threads that end with whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

from airflow_provider_render.core.errors import RenderError

K = TypeVar("K")
T = TypeVar("T")


@contextmanager
def threads(count: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Lend threads to a block; what has not begun when it ends, in whatever way, is never done.

    What has begun is waited for, as nothing can end a thread.

    :param count: steps at the same time.
    :param name: what the threads are called.
    """
    pool = ThreadPoolExecutor(count, thread_name_prefix=name)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def at_once(
    step: Callable[[K], T], things: Iterable[K], count: int, name: str
) -> Iterator[tuple[K, T | RenderError]]:
    """Do a step for many things at the same time.

    :param count: steps at the same time.
    :param name: what the threads are called.
    :returns: yields each thing with its result, or with what went wrong, as it comes. Whoever raises or stops
        in between leaves the rest undone; results of steps that were running then are lost.
    """
    with threads(count, name) as pool:
        futures = {pool.submit(step, thing): thing for thing in things}
        for future in as_completed(futures):
            result: T | RenderError = _outcome(future)
            yield futures[future], result


def take_all(
    step: Callable[[K], T],
    things: Iterable[K],
    count: int,
    name: str,
    take: Callable[[K, T | RenderError], None],
) -> list[BaseException]:
    """Do a step for many things at the same time, and take in what each comes to, whatever happens meanwhile.

    :param count: steps at the same time.
    :param name: what the threads are called.
    :param take: told each thing with its result, or with what went wrong, as it comes.
    :returns: what ``take``, a step or the end of the caller raised beside, for the caller to raise.
    """
    errors: list[BaseException] = []
    futures: dict[Future[T], K] = {}
    with threads(count, name) as pool:
        try:
            for thing in things:
                futures[pool.submit(step, thing)] = thing
        except BaseException as error:  # noqa: BLE001 - for the caller
            errors.append(error)
        while futures:
            try:
                for future in as_completed(list(futures)):
                    thing = futures.pop(future)
                    result: T | RenderError = _outcome(future)
                    take(thing, result)
            except BaseException as error:  # noqa: BLE001 - for the caller
                errors.append(error)
    return errors


def _outcome(future: Future[T]) -> T | RenderError:
    try:
        return future.result()
    except RenderError as error:
        return error
