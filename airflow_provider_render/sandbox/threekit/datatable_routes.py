"""``/api/datatables``: tables from CSV files."""

from __future__ import annotations

import json
import operator
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from airflow_provider_render.sandbox.threekit import spreadsheet
from airflow_provider_render.sandbox.threekit.access import (
    Account,
    Answer,
    Asked,
    Paging,
    json_value,
    multipart,
)
from airflow_provider_render.sandbox.threekit.documents import ALIVE, DELETED, Document, is_, of_parent, shown
from airflow_provider_render.sandbox.threekit.errors import ApiError, malformed

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.access import Form
    from airflow_provider_render.sandbox.threekit.double import Threekit

KIND, ROW = "datatable", "datatable-row"
COLUMN_TYPES = ("Asset", "String", "Number")
COMPARATORS = {"=": operator.eq, "!=": operator.ne}

router = APIRouter(prefix="/datatables")


@router.post("")
async def create_datatable(request: Request, account: Account) -> Answer:
    """Make a table from a CSV."""
    async with multipart(request) as form:
        if not form.files or not form.texts.get("name"):
            raise malformed("name and file are needed")
        fields, rows = await _read(account, form, [])
    with account.ground.database.transaction():
        table = account.documents.add(KIND, {"name": form.texts["name"], **fields})
        _fill(account, table["id"], rows)
    return shown(table)


async def _read(
    account: Threekit, form: Form, columns: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    file = form.files[0][1]
    delimiter = form.texts.get("delimiter") or None
    found = spreadsheet.rows(await file.read(), delimiter)
    record = await account.files.keep(str(file.filename), file.file)
    info = _columns(form.texts.get("columnInfo"), columns or _usual_columns(found))
    types = {column["name"]: column["type"] for column in info}
    rows = [{name: _value(name, value, types.get(name)) for name, value in row.items()} for row in found]
    return {"delimiter": delimiter, "columnInfo": info, "_fileId": record["id"]}, rows


def _usual_columns(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{"name": name, "type": "String"} for name in (rows[0] if rows else {})]


def _columns(text: str | None, usual: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not text:
        return usual
    try:
        found = json.loads(text)
    except ValueError as error:
        raise malformed("columnInfo is not JSON") from error
    if not isinstance(found, list) or not all(
        isinstance(each, dict) and each.get("name") and each.get("type") in COLUMN_TYPES for each in found
    ):
        raise malformed(f"columnInfo must be a list of name and type ({', '.join(COLUMN_TYPES)})")
    return found


def _value(name: str, text: str, kind: str | None) -> str | float:
    if kind != "Number" or text == "":
        return text
    try:
        number = float(text)
    except ValueError as error:
        raise malformed(f"Column {name} is a number, {text!r} is not") from error
    return int(number) if number.is_integer() else number


def _fill(account: Threekit, table_id: str, rows: list[dict[str, Any]]) -> None:
    account.documents.purge(ROW, table_id)
    for row in rows:
        account.documents.add(ROW, {"tableId": table_id, "value": row}, parent=table_id)


@router.get("")
async def list_datatables(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List tables; their columns are shown by the table itself only."""
    where = [DELETED if asked.flag("deleted") else ALIVE]
    if name := asked.text("name"):
        where.append(is_("name", name))
    answer = paging.listing(account, KIND, "datatables", where)
    return {**answer, "datatables": [{**table, "columnInfo": table["id"]} for table in answer["datatables"]]}


@router.get("/{table_id}")
async def get_datatable(account: Account, table_id: str) -> Answer:
    """Read a table without its rows."""
    return shown(account.documents.get(KIND, table_id))


@router.put("/{table_id}")
async def change_datatable(request: Request, account: Account, table_id: str) -> Answer:
    """Replace a table's rows by those of a CSV, or rename it."""
    table = account.documents.get(KIND, table_id)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with multipart(request) as form:
            if not form.files:
                raise ApiError(400, "The form carries no file")
            fields, rows = await _read(account, form, table["columnInfo"])
        with account.ground.database.transaction():
            account.documents.change(table_id, **fields)
            _fill(account, table_id, rows)
    elif isinstance(body := await json_value(request), dict) and isinstance(body.get("name"), str):
        account.documents.change(table_id, name=body["name"])
    return shown(account.documents.get(KIND, table_id))


@router.delete("/{table_id}")
async def delete_datatable(account: Account, table_id: str) -> Answer:
    """Delete a table; it can be restored."""
    account.documents.get(KIND, table_id)
    account.documents.delete(table_id)
    return {"message": "ok"}


@router.post("/{table_id}/restore")
async def restore_datatable(account: Account, table_id: str) -> Answer:
    """Take a table's deletion back."""
    account.documents.get(KIND, table_id, deleted=None)
    account.documents.restore(table_id)
    return shown(account.documents.get(KIND, table_id))


@router.get("/{table_id}/download", response_class=Response)
async def download_datatable(account: Account, table_id: str) -> Response:
    """Send the CSV as it was uploaded."""
    record = account.files.get(account.documents.get(KIND, table_id)["_fileId"])
    return FileResponse(account.files.path(record), media_type="text/csv", filename=record["filename"])


@router.get("/{table_id}/rows")
async def list_rows(account: Account, paging: Paging, asked: Asked, table_id: str) -> Answer:
    """List a table's rows, a page of them or all."""
    account.documents.get(KIND, table_id)
    if not asked.flag("all"):
        return paging.listing(account, ROW, "rows", [of_parent(table_id)])
    rows = account.documents.every(ROW, [of_parent(table_id)], order=paging.sort)
    return {**paging.answer("rows", rows, len(rows)), "page": 1, "perPage": len(rows)}


@router.get("/{table_id}/row")
async def find_row(account: Account, asked: Asked, table_id: str) -> Answer:
    """Find the first row that fulfils the conditions."""
    account.documents.get(KIND, table_id)
    where = (asked.object("where") or {}).values()
    for row in account.documents.every(ROW, [of_parent(table_id)]):
        if all(_fulfils(row, condition) for condition in where):
            return shown(row)
    raise ApiError(404, "No row fulfils the conditions")


def _fulfils(row: Document, condition: Any) -> bool:
    if not isinstance(condition, dict) or condition.get("comparator") not in COMPARATORS:
        raise malformed("where must hold objects of column, comparator (= or !=) and value")
    compare = COMPARATORS[condition["comparator"]]
    return bool(compare(str(row["value"].get(condition.get("column"))), str(condition.get("value"))))
