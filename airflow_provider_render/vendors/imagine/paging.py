"""Reading lists to their end: 20 rows a page, and each page costs a credit."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from airflow_provider_render.core.calls import Call, Operation, Rows, send
from airflow_provider_render.core.errors import UnexpectedAnswerError
from airflow_provider_render.vendors.imagine.answers import Page, Row


def rows(first: Call[Page[Row]]) -> Operation[list[Row]]:
    """Read a list from a page to its end by the vendor's own links.

    The links may name another host, so only their query is followed. A row that is met twice, because the
    list has shifted, counts once.

    :param first: describes the first page.
    """
    found: dict[str, Row] = {}
    call = first
    while True:
        page = yield from send(call)
        fresh = [row for row in page.results if row.key not in found]
        yield Rows(fresh)
        found.update((row.key, row) for row in page.results)
        if not page.next_link:
            return list(found.values())
        # Each page costs a credit, and links that lead on and on must not empty the account.
        if not fresh:
            raise UnexpectedAnswerError(f"{first.label}: a page brings nothing that was not read already")
        call = replace(first, query=dict(parse_qsl(urlsplit(page.next_link).query)))
