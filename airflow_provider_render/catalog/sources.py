"""Reading a catalog, row by row, from where it is kept."""

from __future__ import annotations

import csv
import json
import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from importlib import import_module
from io import TextIOWrapper
from itertools import chain
from os import PathLike
from pathlib import PurePosixPath
from typing import Any, NamedTuple, TextIO

from airflow_provider_render.catalog.columns import missing_names
from airflow_provider_render.catalog.items import RESERVED, CatalogItem, ExtraColumns, Row, read_rows
from airflow_provider_render.catalog.queries import is_query, plain, query_base, read_query
from airflow_provider_render.catalog.storage import AnyPath, Place, place, url_of
from airflow_provider_render.core.errors import CatalogError
from airflow_provider_render.core.model import MEDIA_TYPES

FORMATS = (".csv", ".jsonl", ".ndjson", ".json", ".parquet")
_DELIMITERS = ",;\t"
_UNREADABLE = {".gz": "unpack it", ".zip": "unpack it", ".xlsx": "save it as CSV", ".xls": "save it as CSV"}
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"PK": "a ZIP archive or Excel workbook",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_JSON_FORMS = "a .jsonl file has one whole object a line, a .json file one array of objects"
_NOT_ROWS = "a template gives text: pass the rows themselves, as the task returned them (rows(), task.output)"
_LONGEST_CELL = 16 * 1024 * 1024
_ROW_OF_LIST = "row {} of the list".format


class Rows(NamedTuple):
    """The rows of a catalog.

    :param rows: the number of each, and its cells.
    :param where: says of a number where the row stands.
    :param base: folder against which relative model paths count.
    """

    rows: Iterator[Row]
    where: Callable[[int], str]
    base: str | None = None


def read_catalog(
    source: AnyPath | Iterable[Mapping[str, Any]] | Mapping[str, Any],
    *,
    base: AnyPath | None = None,
    conn_id: str | None = None,
    extra_columns: ExtraColumns = "error",
    keep: Callable[[int], bool] | None = None,
    extensions: Collection[str] = (),
) -> Iterator[CatalogItem]:
    """Read a catalog as a stream of items.

    Rows that are wrong are gathered and raised together once all rows have passed, so exhaust the iterator
    before anything is paid.

    :param source: rows as mappings; or a path or URL of a ``.csv`` (comma, semicolon or tab), ``.jsonl``,
        ``.ndjson``, ``.json`` (one array) or ``.parquet`` file; or a folder, in which every model file is an
        item whose SKU is the file's name without extension; or a query, ``{"conn_id": ..., "sql": ...}``, as
        :func:`read_query` takes it.
    :param base: folder or URL against which relative model paths count, by default the catalog's own folder.
    :param conn_id: Airflow connection of the catalog's storage; relative model paths use it too.
    :param extra_columns: whether a column that means nothing here is an error or ignored.
    :param keep: whether an item is wanted, asked with :func:`key_number` of its key; None keeps all. Rows of
        others are only looked at as far as it takes to tell.
    :param extensions: of files in a folder that count as models beside the usual ones.
    :raises CatalogError: the catalog is missing or unreadable, or rows of it are broken.
    """
    found = _rows(source, conn_id, extensions)
    root = found.base if base is None else url_of(base, conn_id)
    return read_rows(found.rows, where=found.where, base=root, extra_columns=extra_columns, keep=keep)


def count_rows(source: Any, extensions: Collection[str] = ()) -> int:
    """Return how many rows a catalog has, whatever is in them.

    :param source: as :func:`read_catalog` takes it, and ``extensions`` too.
    :raises CatalogError: it is missing or unreadable.
    """
    return sum(1 for _ in _rows(source, None, extensions).rows)


def _rows(source: Any, conn_id: str | None, extensions: Collection[str]) -> Rows:
    if is_query(source):
        return Rows(read_query(source), "row {} of the query".format, query_base(source))
    if not isinstance(source, str | PathLike | Place) and not _is_object_path(source):
        return Rows(_mappings(source), _ROW_OF_LIST)
    if isinstance(source, str):
        _check_path(source)
    return _stored(place(source, conn_id), extensions)


def _check_path(text: str) -> None:
    """Refuse text that a template left where a path should be; an empty path would be the working folder."""
    if text.strip() in ("", "None"):
        raise CatalogError(f"catalog: must be a path, a URL or rows, not {text!r}")
    if text.lstrip().startswith(("[", "{")):
        raise CatalogError(f"catalog: rows as text, {text[:60]!r}; {_NOT_ROWS}")


def _is_object_path(source: Any) -> bool:
    return hasattr(source, "protocol") and hasattr(source, "conn_id")


def _mappings(source: Any) -> Iterator[Row]:
    if isinstance(source, Mapping) or not isinstance(source, Iterable):
        raise CatalogError(f"a catalog is a path, a URL or a list of mappings, not {type(source).__name__}")
    return _checked(enumerate(source, 1), _ROW_OF_LIST)


def _checked(rows: Iterable[tuple[int, Any]], where: Callable[[int], str], advice: str = "") -> Iterator[Row]:
    for number, row in rows:
        if not isinstance(row, Mapping):
            kind = type(row).__name__
            raise CatalogError(f"{where(number)} must be a mapping of columns to values, not {kind}{advice}")
        yield number, row


def _stored(there: Place, extensions: Collection[str]) -> Rows:
    """Return the rows of a stored catalog."""
    try:
        entry = there.entry()
        folder = entry.folder if entry is not None else False
    except Exception as error:
        raise CatalogError(f"cannot read the catalog {there}: {error}") from error
    if folder:
        return _folder(there, extensions)
    extension = PurePosixPath(there.path).suffix.lower()
    if entry is None:
        raise CatalogError(f"there is no catalog at {there}")
    if extension not in FORMATS:
        advice = f"; {_UNREADABLE[extension]}" if extension in _UNREADABLE else ""
        raise CatalogError(
            f"{there} is no catalog: it must be a folder or one of {', '.join(FORMATS)}{advice}"
        )
    return Rows(_rows_of(there, extension), _row_in(there), there.parent.url)


def _row_in(there: Place) -> Callable[[int], str]:
    name = there.name
    return lambda number: f"row {number} of {name}"


def _rows_of(there: Place, extension: str) -> Iterator[Row]:
    readers = {".csv": _csv, ".json": _json, ".parquet": _parquet}
    try:
        yield from readers.get(extension, _jsonl)(there)
    except UnicodeDecodeError as error:
        raise CatalogError(f"{there} is not a {extension} file in UTF-8: {_undecodable(error)}") from error
    except OSError as error:
        raise CatalogError(f"cannot read the catalog {there}: {error}") from error


def _undecodable(error: UnicodeDecodeError) -> str:
    found = next((name for magic, name in _MAGIC.items() if error.object.startswith(magic)), None)
    if found:
        return f"it is {found}"
    around = error.object[max(0, error.start - 20) : error.start + 20].decode("cp1252", "replace")
    return f"byte 0x{error.object[error.start]:02x}, in Windows-1252 {around!r}; save it as UTF-8"


def _text(there: Place) -> TextIO:
    return TextIOWrapper(there.open(), encoding="utf-8-sig", newline="")


def _csv(there: Place) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_CELL)
    with _text(there) as file:
        first = file.readline()
        delimiter = max(_DELIMITERS, key=first.count)
        table = _numbered(there, csv.reader(chain([first], file), delimiter=delimiter, strict=True))
        columns = _header(there, next(table, (1, []))[1])
        plain = all(columns)
        for number, cells in table:
            if plain and len(cells) == len(columns) and cells[0].strip():
                yield number, dict(zip(columns, cells, strict=True))
            elif any(cell.strip() for cell in cells):
                yield number, _cells(_row_in(there)(number), columns, cells)


def _numbered(there: Place, table: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for number, cells in enumerate(table, 1):
            yield number, cells
    except csv.Error as error:
        raise CatalogError(
            f"{_row_in(there)(number + 1)} is not CSV: {error}; a quoted cell has to end in a quote, and a"
            " quote within it is written twice"
        ) from error


def _header(there: Place, cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if not any(columns):
        raise CatalogError(
            f"{there} is empty, or its first row is: that must name the columns, sku and model"
        )
    if twice:
        raise CatalogError(f"{there} has more than one column {', '.join(map(repr, twice))}")
    if missing := missing_names(columns):
        single = "; cells are separated by comma, semicolon or tab" if len(columns) == 1 else ""
        raise CatalogError(f"{there} has {missing}{single}")
    return columns


def _cells(where: str, columns: list[str], cells: list[str]) -> dict[str, str]:
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise CatalogError(
            f"{where} has {len(cells)} cells but there are {len(columns)} columns; put a cell that holds the"
            " separator, such as JSON, into quotes"
        )
    return {column: cell for column, cell in zip(columns, cells, strict=False) if column}


def _jsonl(there: Place) -> Iterator[Row]:
    where = _row_in(there)
    with _text(there) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield from _checked([(number, _parsed(where, number, line))], where, f"; {_JSON_FORMS}")


def _json(there: Place) -> Iterator[Row]:
    data = _parsed(lambda _: str(there), 0, there.read().decode("utf-8-sig"))
    if not isinstance(data, list):
        raise CatalogError(f"{there} must hold one JSON array of objects, not {type(data).__name__}")
    yield from _checked(enumerate(data, 1), _row_in(there))


def _parsed(where: Callable[[int], str], number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CatalogError(f"{where(number)} is not JSON: {error}; {_JSON_FORMS}") from error


def _parquet(there: Place) -> Iterator[Row]:
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError as error:
        raise CatalogError(
            f"reading {there} needs the package pyarrow: pip install 'airflow-provider-render[parquet]'"
        ) from error
    number = 0
    try:
        with there.open() as file:
            for batch in parquet.ParquetFile(file).iter_batches(batch_size=1000):
                for row in batch.to_pylist():
                    number += 1
                    yield number, _without_nulls(row)
    except (ValueError, OSError, NotImplementedError) as error:
        raise CatalogError(f"{there} is not a parquet file: {error}") from error


def _without_nulls(value: Any) -> Any:
    """Leave out empty fields: a parquet struct has every field of every row."""
    if not isinstance(value, dict):
        return plain(value)
    return {name: _without_nulls(part) for name, part in value.items() if part is not None}


def _folder(there: Place, extensions: Collection[str]) -> Rows:
    below = map(there.below, there.walk())
    paths = sorted(path for path in below if is_model(path, extensions))
    if not paths:
        looked_for = ", ".join(sorted({*MEDIA_TYPES, *extensions}))
        raise CatalogError(f"there is no model file below {there}; looked for {looked_for}")
    rows = ({"sku": PurePosixPath(path).stem, "model": path} for path in paths)
    return Rows(enumerate(rows), lambda number: f"file {paths[number]}", there.url)


def is_model(path: str, extensions: Collection[str] = ()) -> bool:
    """Whether a file of a folder is a model, by its name; hidden files and what is below ``_render`` are not.

    :param path: relative to the folder.
    :param extensions: of models beside the usual ones.
    """
    parts = path.split("/")
    hidden = parts[0] == RESERVED or any(part.startswith(".") for part in parts)
    extension = posixpath.splitext(path)[1].lower()
    return not hidden and (extension in MEDIA_TYPES or extension in extensions)
