"""Lists of twenty, and the links between their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from airflow_provider_render.sandbox.imagine import assumed
from airflow_provider_render.sandbox.imagine.errors import ApiError

if TYPE_CHECKING:
    from starlette.requests import Request

PAGE_SIZE = 20


class Page:
    """
    One page of a list.

    :param request: asks for it with ``page``.
    :param count: rows of the whole list.
    :raises ApiError: 404 if there is no such page.
    """

    def __init__(self, request: Request, count: int) -> None:
        self._request = request
        self.count = count
        self.total = max(-(-count // PAGE_SIZE), 1)
        self.number = self._wanted(request.query_params.get("page") or "1")
        self.offset = (self.number - 1) * PAGE_SIZE

    def _wanted(self, text: str) -> int:
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
        if not 1 <= number <= self.total:
            raise ApiError(404, assumed.INVALID_PAGE)
        return number

    def answer(self, results: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the list envelope."""
        return {
            "next_link": self._link(self.number + 1) if self.number < self.total else None,
            "previous_link": self._link(self.number - 1) if self.number > 1 else None,
            "last_page_link": self._link(self.total),
            "first_page_link": self._link(1),
            "current_page_link": self._link(self.number),
            "current_page_number": self.number,
            "count": self.count,
            "total_pages": self.total,
            "results": results,
        }

    def _link(self, number: int) -> str:
        given = self._request.query_params.multi_items()
        kept = [(name, value) for name, value in given if value and name != "page"]
        return str(self._request.url.replace(query=urlencode([*kept, ("page", number)])))
