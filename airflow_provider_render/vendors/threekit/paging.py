"""Reading lists to their end: Threekit numbers its pages from 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from airflow_provider_render.core.calls import Call, Operation, Rows, send
from airflow_provider_render.vendors.threekit.answers.base import Page, Record

PAGE = 100
"""Most rows that the vendor puts on one page."""

NEWEST_FIRST = "-createdAt"
OLDEST_FIRST = "+createdAt"

Row = TypeVar("Row", bound=Record)
Enough = Callable[[Iterable[str]], bool]
"""Says, by the ids that a page brought, whether to stop."""


def rows(
    list_page: Callable[[int], Call[Page[Row]]], enough: Enough = lambda _: False
) -> Operation[list[Row]]:
    """Read a list page by page.

    Rows that come meanwhile shift the others: a row that is met twice counts once, as it was met last.

    :param list_page: describes the page with a number.
    :param enough: stops the reading early.
    """
    found: dict[str, Row] = {}
    number = read = 0
    while True:
        number += 1
        page = yield from send(list_page(number))
        read += len(page.items)
        fresh = {row.id for row in page.items} - found.keys()
        yield Rows([row for row in page.items if row.id in fresh])
        found.update((row.id, row) for row in page.items)
        if _last(page, read) or not fresh or enough(fresh):
            return list(found.values())


def _last(page: Page[Row], read: int) -> bool:
    """Whether a page is the last; no document says whether ``count`` is of the page or of the list."""
    if page.count is not None and page.count > read:
        return False
    return len(page.items) < (page.per_page or PAGE)
