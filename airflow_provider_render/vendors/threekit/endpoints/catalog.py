"""The catalog, and items in and out as JSON or CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from airflow_provider_render.core.answers import one
from airflow_provider_render.core.calls import ByteSource, Call, Effect, Operation
from airflow_provider_render.core.paths import AssumedPath, path
from airflow_provider_render.vendors.threekit.answers.assets import CatalogProduct
from airflow_provider_render.vendors.threekit.answers.base import Page, many, raw
from airflow_provider_render.vendors.threekit.answers.jobs import UploadedAsset, uploaded_assets
from airflow_provider_render.vendors.threekit.endpoints.base import part, read, texts
from airflow_provider_render.vendors.threekit.org import Own
from airflow_provider_render.vendors.threekit.paging import PAGE, rows
from airflow_provider_render.vendors.threekit.paths import ASSUMED

Table = Mapping[str, Any]


def list_products(
    *,
    name: str | None = None,
    name_like: str | None = None,
    metadata: Table | None = None,
    tags: Sequence[str] | None = None,
    keywords: Sequence[str] | None = None,
    public_share: str | None = None,
    page: int = 1,
    per_page: int = PAGE,
) -> Call[Page[CatalogProduct]]:
    """Read one page of the catalog's items: ``GET /api/catalog/products``.

    :param metadata: only items with these values, such as ``{"SKU": "CHR-1"}``.
    """
    return read(
        "/api/catalog/products",
        many(CatalogProduct, "products"),
        name=name,
        nameLike=name_like,
        metadata=metadata,
        tags=tags,
        keywords=keywords,
        publicShare=public_share,
        page=page,
        perPage=per_page,
    )


def all_products(**query: Any) -> Operation[list[CatalogProduct]]:
    """Read all items that a query names, each once.

    :param query: as :func:`list_products` takes it.
    """
    return (yield from rows(lambda page: list_products(page=page, **query)))


def get_product(product_id: str) -> Call[CatalogProduct]:
    """Read an item of the catalog: ``GET /api/catalog/products/{id}``."""
    return read(path("/api/catalog/products/{id}", id=product_id), one(CatalogProduct))


def upload_assets(files: Sequence[ByteSource], *, sync: bool = False) -> Call[tuple[UploadedAsset, ...]]:
    """Upload files and import each, in one call: ``POST /api/catalog/assets/upload``.

    :param sync: whether the call lasts until the jobs have ended.
    """
    return Call(
        "POST",
        "/api/catalog/assets/upload",
        uploaded_assets,
        Effect.ONCE,
        form=texts({"orgId": Own.ORG, "sync": sync}),
        files=tuple(part("files", file) for file in files),
    )


def import_csv(
    file: ByteSource,
    operation: str,
    *,
    mappings: Sequence[Table] = (),
    delimiter: str | None = None,
    dry_run: bool = False,
) -> Call[Any]:
    """Make or change many items from a CSV file: ``POST /api/catalog/import``.

    Path and names of the fields are assumed; the connection extra ``catalog_import_path`` corrects the path.

    :param operation: the kind of operation, in the vendor's words.
    :param mappings: which column goes where.
    :param dry_run: whether it is only checked.
    """
    form = texts(
        {
            "orgId": Own.ORG,
            "operation": operation,
            "dryRun": dry_run,
            "mappings": [dict(one) for one in mappings] or None,
            "delimiter": delimiter,
        }
    )
    where = AssumedPath(ASSUMED, "catalog_import_path")
    return Call("POST", where, raw, Effect.ONCE, form=form, files=(part("file", file),))


def import_products(products: Sequence[Table], *, sync: bool = False) -> Call[Any]:
    """Make or change items: ``POST /api/products/import``.

    With a ``query`` in each entry a repeat changes the same items again, so it may be repeated.

    :param products: each ``{"product": {...}, "query": {"id" | "name" | "metadata": ...}}``; without a query
        a new item is made.
    :param sync: whether the call lasts until the job has ended.
    :returns: the vendor's answer as it comes; without ``sync`` it names a job.
    """
    body = {"sync": str(sync).lower(), "assets": [dict(product) for product in products]}
    return Call(
        "POST",
        "/api/products/import",
        raw,
        Effect.REPEATABLE if all(product.get("query") for product in products) else Effect.ONCE,
        query={"orgId": Own.ORG},
        json=body,
    )


def import_products_file(file: ByteSource, *, sync: bool = False) -> Call[Any]:
    """Make or change items from a JSON file: ``POST /api/products/import``.

    :param file: holds the list of entries alone.
    :param sync: whether the call lasts until the job has ended.
    """
    return Call(
        "POST",
        "/api/products/import",
        raw,
        Effect.ONCE,
        query={"orgId": Own.ORG},
        form=texts({"sync": sync}),
        files=(part("files", file),),
    )


def export_products(
    *,
    format: Literal["json"] = "json",  # noqa: A002 - the vendor's name
    tags: Sequence[str] | None = None,
    keywords: Sequence[str] | None = None,
) -> Call[Any]:
    """Read items in the form that the import takes: ``GET /api/products/export/{format}``.

    The path is assumed; the connection extra ``products_export_path`` corrects it.
    """
    where = AssumedPath(ASSUMED, "products_export_path", format=format)
    return read(where, raw, tags=tags, keywords=keywords)


def product_translations(*, asset_id: str | None = None) -> Call[Any]:
    """Read the translations of items: ``GET /api/products/translations``."""
    return read("/api/products/translations", raw, assetId=asset_id)
