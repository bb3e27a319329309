"""CSV files: rows of items, and datatables."""

from __future__ import annotations

import csv
import io
from typing import Any

from airflow_provider_render.sandbox.threekit.errors import malformed

PLAIN = ("name", "description", "customId")
LISTS = ("tags", "keywords")
QUERIED = ("id",)


def rows(content: bytes, delimiter: str | None) -> list[dict[str, str]]:
    """
    Read a CSV with a header.

    :param delimiter: one character; a comma when None.
    :raises ApiError: 422.
    """
    try:
        text = content.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter or ",", strict=True)
        found = [
            {str(name): value or "" for name, value in row.items() if name is not None} for row in reader
        ]
        header = reader.fieldnames
    except (UnicodeDecodeError, csv.Error, TypeError) as error:
        raise malformed(f"The CSV cannot be read: {error}") from error
    if not header:
        raise malformed("The CSV is empty")
    return found


def items(
    found: list[dict[str, str]], mappings: list[dict[str, Any]], operation: str
) -> list[dict[str, Any]]:
    """
    Turn rows into the list that an import of items takes.

    :param found: the rows.
    :param mappings: ``{column, field}`` for columns that are not called like their field; what is no field
        of an item is metadata.
    :param operation: ``create`` makes new items; ``update`` finds them by id, customId or name.
    :raises ApiError: 422.
    """
    if operation not in ("create", "update"):
        raise malformed("operationType must be create or update")
    names = {str(each.get("column")): str(each.get("field") or each.get("target")) for each in mappings}
    return [_item({names.get(name, name): value for name, value in row.items()}, operation) for row in found]


def _item(row: dict[str, str], operation: str) -> dict[str, Any]:
    lists = {
        name: [part.strip() for part in row[name].split(";") if part.strip()]
        for name in LISTS
        if row.get(name)
    }
    plain = {name: row[name] for name in PLAIN if row.get(name)}
    others = {
        name.removeprefix("metadata."): value
        for name, value in row.items()
        if name not in (*PLAIN, *LISTS, *QUERIED) and value
    }
    product = {**plain, **lists, "metadata": others}
    if operation == "create":
        return {"product": product}
    key = next((name for name in ("id", "customId", "name") if row.get(name)), None)
    if key is None:
        raise malformed("An update needs an id, customId or name in every row")
    return {"query": {key: row[key]}, "product": product}
