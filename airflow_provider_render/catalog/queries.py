"""The rows of a SQL query as a catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from importlib import import_module
from math import isfinite, nan
from typing import Any

from airflow_provider_render.catalog.columns import missing_names
from airflow_provider_render.catalog.databases import may_pass, sql_hook
from airflow_provider_render.core.errors import CatalogError, RenderInputError

FETCH = 1000
"""Rows that are asked of the database at a time."""

_NEEDED = frozenset({"conn_id", "sql"})
_TAKEN = _NEEDED | {"parameters", "base"}


def is_query(source: Any) -> bool:
    """Whether a catalog is a query: a mapping with ``conn_id`` or ``sql``."""
    return isinstance(source, Mapping) and bool(source.keys() & _NEEDED)


def query_base(query: Mapping[str, Any]) -> str | None:
    """Return the folder against which relative model paths of a query count, if it names one."""
    return str(query["base"]) if query.get("base") else None


def read_query(query: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Read the rows of a query as they come; the result is never held as a whole.

    :param query: ``conn_id``, an Airflow connection of a database; ``sql``; optionally ``parameters`` of the
        statement, and ``base``, the folder or URL against which relative model paths count.
    :returns: yields the number of each row from 1, and its cells by column; columns that a database tells
        in capitals are in small letters.
    :raises CatalogError: a part is missing or unknown, there is no such connection, a provider is missing,
        the statement is wrong, or the result lacks the column ``sku``. What may pass, such as a connection
        that broke, is raised as the driver raised it.
    """
    _check(query)
    return _read(query)


def _check(query: Mapping[str, Any]) -> None:
    if missing := sorted(part for part in _NEEDED if not str(query.get(part) or "").strip()):
        raise CatalogError(f"catalog: a query needs {' and '.join(missing)}")
    if unknown := sorted(map(str, query.keys() - _TAKEN)):
        raise CatalogError(
            f"catalog: a query takes {', '.join(sorted(_TAKEN))}, not {', '.join(map(repr, unknown))}"
        )


def _read(query: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    conn_id = str(query["conn_id"])
    try:
        hook = sql_hook(conn_id)
    except RenderInputError as error:
        raise CatalogError(f"catalog: {error}") from error
    try:
        with closing(hook.get_conn()) as connection, closing(_cursor(connection)) as cursor:
            _execute(cursor, query)
            yield from _numbered(cursor, conn_id)
    except (RenderInputError, GeneratorExit):
        raise
    except Exception as error:
        if may_pass(error):
            error.add_note(f"while reading the catalog by the query on connection {conn_id!r}")
            raise
        raise CatalogError(f"catalog: the query on connection {conn_id!r} failed: {error}") from error


def _cursor(connection: Any) -> Any:
    """Return a cursor that leaves the result at the server, for drivers that would fetch it whole."""
    driver = type(connection).__module__.partition(".")[0]
    if driver in ("psycopg", "psycopg2"):
        return connection.cursor(name="render_catalog")
    if driver == "MySQLdb":
        return connection.cursor(import_module("MySQLdb.cursors").SSCursor)
    return connection.cursor()


def _execute(cursor: Any, query: Mapping[str, Any]) -> None:
    statement = str(query["sql"]).strip().rstrip(";")
    if query.get("parameters"):
        cursor.execute(statement, query["parameters"])
    else:
        cursor.execute(statement)


def _numbered(cursor: Any, conn_id: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    number = 0
    columns: list[str] = []
    while True:
        rows = cursor.fetchmany(FETCH)
        # A server-side cursor tells its columns only once it was asked for rows.
        columns = columns or _columns(cursor.description, conn_id)
        if not rows:
            return
        for row in rows:
            number += 1
            yield number, {name: plain(cell) for name, cell in zip(columns, row, strict=True)}


def _columns(description: Any, conn_id: str) -> list[str]:
    if not description:
        raise CatalogError(f"catalog: the statement on connection {conn_id!r} returns no rows; use a SELECT")
    told = [str(column[0]) for column in description]
    columns = [name.lower() if name.isupper() else name for name in told]
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise CatalogError(f"catalog: the query returns more than one column {', '.join(map(repr, twice))}")
    if missing := missing_names(columns):
        raise CatalogError(
            f"catalog: the query on connection {conn_id!r} returns {missing}. Name columns by AS"
        )
    return columns


def plain(cell: Any) -> Any:
    """Return a cell in a type that JSON knows, as far as there is one."""
    if isinstance(cell, Decimal):
        return _number(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return cell


def _number(cell: Decimal) -> int | float:
    """Return a decimal as a number of Python; one beyond all floats is infinite, which no column takes."""
    if cell.is_nan():
        return nan
    near = float(cell)
    return int(cell) if isfinite(near) and cell == cell.to_integral_value() else near
