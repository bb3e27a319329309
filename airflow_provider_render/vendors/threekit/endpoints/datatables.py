"""Tables of data that configurations look up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_render.core.answers import one
from airflow_provider_render.core.calls import ByteSource, Call, Effect, Fetch, Operation
from airflow_provider_render.core.paths import path
from airflow_provider_render.vendors.threekit.answers.base import Page, many, raw
from airflow_provider_render.vendors.threekit.answers.records import Datatable, TableRow
from airflow_provider_render.vendors.threekit.endpoints.base import delete, fetch, part, read, restore, texts
from airflow_provider_render.vendors.threekit.org import Own
from airflow_provider_render.vendors.threekit.paging import PAGE, rows

CSV = ("text/csv", "text/plain", "application/csv", "application/octet-stream")


def create_datatable(
    file: ByteSource, name: str, columns: Sequence[Mapping[str, str]], *, delimiter: str | None = None
) -> Call[Datatable]:
    """Make a table from a CSV file: ``POST /api/datatables``.

    :param columns: each ``{"name": ..., "type": "String" | "Number" | "Asset"}``.
    """
    form = texts({"name": name, "columnInfo": [dict(one) for one in columns], "delimiter": delimiter})
    return Call(
        "POST",
        "/api/datatables",
        one(Datatable),
        Effect.ONCE,
        query={"orgId": Own.ORG},
        form=form,
        files=(part("file", file),),
    )


def list_datatables(
    *, name: str | None = None, deleted: bool | None = None, page: int = 1, per_page: int = PAGE
) -> Call[Page[Datatable]]:
    """Read one page of tables: ``GET /api/datatables``.

    :param deleted: whether deleted ones are listed.
    """
    return read(
        "/api/datatables",
        many(Datatable, "datatables"),
        name=name,
        deleted=deleted,
        page=page,
        perPage=per_page,
    )


def all_datatables(*, name: str | None = None) -> Operation[list[Datatable]]:
    """Read all tables, each once."""
    return (yield from rows(lambda page: list_datatables(name=name, page=page)))


def get_datatable(table_id: str) -> Call[Datatable]:
    """Read a table: ``GET /api/datatables/{id}``."""
    return read(path("/api/datatables/{id}", id=table_id), one(Datatable))


def update_datatable(table_id: str, file: ByteSource) -> Call[Any]:
    """Replace the rows of a table by those of a CSV file: ``PUT /api/datatables/{id}``."""
    where = path("/api/datatables/{id}", id=table_id)
    return Call("PUT", where, raw, files=(part("file", file),))


def delete_datatable(table_id: str) -> Call[Any]:
    """Delete a table: ``DELETE /api/datatables/{id}``."""
    return delete("/api/datatables", table_id)


def restore_datatable(table_id: str) -> Call[Any]:
    """Take the deletion of a table back: ``POST /api/datatables/{id}/restore``."""
    return restore("/api/datatables", table_id)


def datatable_file(table_id: str) -> Fetch:
    """Download a table as CSV: ``GET /api/datatables/{id}/download``."""
    return fetch(path("/api/datatables/{id}/download", id=table_id), CSV)


def find_row(table_id: str, where: Mapping[str, str]) -> Call[TableRow]:
    """Read the row whose cells have these values: ``GET /api/datatables/{id}/row``.

    :param where: value by column.
    """
    wanted = {
        column: {"column": column, "comparator": "=", "value": value} for column, value in where.items()
    }
    return read(path("/api/datatables/{id}/row", id=table_id), one(TableRow), where=wanted)


def list_rows(
    table_id: str,
    *,
    everything: bool = False,
    page: int = 1,
    per_page: int = PAGE,
) -> Call[Page[TableRow]]:
    """Read rows of a table: ``GET /api/datatables/{id}/rows``.

    :param everything: whether they all come at once, whatever the page says.
    """
    where = path("/api/datatables/{id}/rows", id=table_id)
    paged = {} if everything else {"page": page, "perPage": per_page}
    return read(where, many(TableRow, "rows"), all=everything, **paged)


def all_rows(table_id: str) -> Operation[list[TableRow]]:
    """Read all rows of a table, page by page, each once."""
    return (yield from rows(lambda page: list_rows(table_id, page=page)))
