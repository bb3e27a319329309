"""Reading lists to their end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from airflow_provider_render.core.calls import Call, Operation, Rows, send
from airflow_provider_render.vendors.dxgl.answers import Model, Page, Render

PAGE = 100
"""Most rows that the vendor puts on one page."""

Row = TypeVar("Row", Model, Render)


class Enough(Protocol):
    """Says after each page whether to stop."""

    def __call__(self, fresh: frozenset[str]) -> bool:
        """Decide by the ids that the last page brought."""


def never(fresh: frozenset[str]) -> bool:
    """Read to the end."""
    return False


def rows(list_page: Callable[[int], Call[Page[Row]]], enough: Enough = never) -> Operation[list[Row]]:
    """Read a list page by page.

    Rows that come or go meanwhile shift the offsets: a row that is met twice counts once, as it was met
    last; a row can be missed.

    :param list_page: describes the page at an offset.
    :param enough: stops the reading early.
    """
    found: dict[str, Row] = {}
    offset = 0
    while True:
        page = yield from send(list_page(offset))
        offset += len(page.items)
        fresh = frozenset(row.id for row in page.items) - found.keys()
        yield Rows([row for row in page.items if row.id in fresh])
        found.update((row.id, row) for row in page.items)
        if _last(page, offset, fresh) or enough(fresh):
            return list(found.values())


def _last(page: Page[Row], read: int, fresh: frozenset[str]) -> bool:
    if not page.items:
        return True
    if page.total is not None:
        return read >= page.total
    return not fresh or len(page.items) < (page.limit or PAGE)
