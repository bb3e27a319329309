"""``/api/catalog`` and ``/api/products``: items."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request

from airflow_provider_render.sandbox.threekit import products, spreadsheet
from airflow_provider_render.sandbox.threekit.access import (
    Account,
    Answer,
    Asked,
    Form,
    Paging,
    an_object,
    call_of,
    json_value,
    multipart,
)
from airflow_provider_render.sandbox.threekit.asset_job_routes import import_order, said
from airflow_provider_render.sandbox.threekit.asset_routes import filters
from airflow_provider_render.sandbox.threekit.assumed import CATALOG_IMPORT as CATALOG_IMPORT_PATH
from airflow_provider_render.sandbox.threekit.assumed import PRODUCT_EXPORT
from airflow_provider_render.sandbox.threekit.documents import Document, is_, shown
from airflow_provider_render.sandbox.threekit.errors import ApiError, malformed, missing
from airflow_provider_render.sandbox.threekit.library import KIND
from airflow_provider_render.sandbox.threekit.pipeline import CATALOG_IMPORT
from airflow_provider_render.sandbox.threekit.submissions import Order, Piece, answer, place

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Where
    from airflow_provider_render.sandbox.threekit.double import Threekit

SHOWN = (
    "id",
    "name",
    "description",
    "orgId",
    "proxyId",
    "keywords",
    "tags",
    "metadata",
    "customId",
    "attributes",
)
LARGEST_LIST = 64 << 20

router = APIRouter()

IS_ITEM: Where = is_("type", "item")


def _product(asset: Document) -> Document:
    times = {name: asset[name] for name in ("createdAt", "updatedAt")}
    return {**{name: asset.get(name) for name in SHOWN}, "categories": [], **times}


@router.get("/catalog/products")
async def list_products(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List items with all their data."""
    where = [IS_ITEM, *filters(asked)]
    rows = account.documents.every(
        KIND, where, order=paging.sort, limit=paging.per_page, offset=paging.offset
    )
    return paging.answer("products", [_product(row) for row in rows], account.documents.count(KIND, where))


@router.get("/catalog/products/{product_id}")
async def get_product(account: Account, product_id: str) -> Answer:
    """Read an item."""
    asset = account.library.get(product_id)
    if asset["type"] != "item":
        raise missing("Product", product_id)
    return _product(asset)


@router.post("/catalog/assets/upload")
async def upload_assets(request: Request, account: Account) -> list[dict[str, Any]]:
    """Upload files and import each of them."""
    async with multipart(request) as form:
        records = [await account.files.keep(str(file.filename), file.file) for _, file in form.files]
        texts, sync = form.texts, form.flag("sync")
    if not records:
        raise ApiError(400, "The form carries no file")
    work = {
        "parentFolderId": texts.get("parentFolderId"),
        "targetAssetId": None,
        "settings": an_object("settings", texts.get("settings") or {}),
    }
    jobs = [place(account, import_order(call_of(request), record, dict(texts), work)) for record in records]
    return [{**await answer(account, job_id, sync=sync), "msg": "Import started"} for job_id in jobs]


@router.post(CATALOG_IMPORT_PATH)
async def import_catalog(request: Request, account: Account) -> Answer:
    """Import items from a CSV."""
    async with multipart(request) as form:
        texts = form.texts
        content = await _only_file(form)
    rows = spreadsheet.rows(content, texts.get("delimiter"))
    operation = texts.get("operationType") or texts.get("operation") or "create"
    assets = products.checked(spreadsheet.items(rows, _mappings(texts), operation))
    if texts.get("dryRun", "").lower() == "true":
        return {"dryRun": True, "count": len(assets), "assets": assets}
    return await _import_later(
        request, account, assets, str(texts.get("title") or "Catalog import"), sync=False
    )


def _mappings(texts: dict[str, str]) -> list[dict[str, Any]]:
    found = an_object("mappings", f'{{"mappings": {texts.get("mappings") or "[]"}}}')["mappings"]
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise malformed("mappings must be a list of {column, field}")
    return found


async def _only_file(form: Form) -> bytes:
    if not form.files:
        raise ApiError(400, "The form carries no file")
    file = form.files[0][1]
    if (file.size or 0) > LARGEST_LIST:
        raise ApiError(413)
    return await file.read()


@router.post("/products/import")
async def import_products(request: Request, account: Account) -> Answer:
    """Make or change items, at once or by a job."""
    body = await _product_list(request)
    assets = products.checked(body.get("assets"))
    if not said(body, "sync", default=True):
        return await _import_later(
            request, account, assets, str(body.get("title") or "Product import"), sync=False
        )
    with account.ground.database.transaction():
        items = products.apply(account.library, assets)
    return {"count": len(items), "products": [shown(item) for item in items]}


async def _product_list(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        content, texts = await json_value(request), {}
    else:
        async with multipart(request) as form:
            texts = form.texts
            try:
                content = json.loads(await _only_file(form))
            except (ValueError, RecursionError) as error:
                raise malformed(f"The file is not JSON: {error}") from error
    if isinstance(content, list):
        return {**texts, "assets": content}
    return {**an_object("The list of assets", content), **texts}


async def _import_later(
    request: Request, account: Threekit, assets: list[dict[str, Any]], title: str, *, sync: bool
) -> Answer:
    record = await account.files.keep("catalog-import.json", io.BytesIO(json.dumps(assets).encode()))
    piece = Piece(CATALOG_IMPORT, title, {"fileId": record["id"]})
    label = f"POST {request.url.path}"
    order = Order(call_of(request), label, CATALOG_IMPORT, title, {"count": len(assets)}, [piece])
    return await answer(account, place(account, order), sync=sync)


@router.get(PRODUCT_EXPORT)
async def export_products(account: Account, asked: Asked, form: str) -> list[dict[str, Any]]:
    """Return items in the form that an import takes."""
    if form != "json":
        raise malformed("Only json can be exported")
    found = account.documents.every(KIND, [IS_ITEM, *filters(asked)])
    return [products.exported(item) for item in found]


@router.get("/products/translations")
async def product_translations() -> Answer:
    """Read translations; the double knows none."""
    return {}
