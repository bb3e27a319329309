"""Products: create, finalize, update, list, delete."""

from __future__ import annotations

import time
import uuid
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request

from airflow_provider_render.sandbox.imagine import assumed, clock, products
from airflow_provider_render.sandbox.imagine.access import Account, Answer, Fields
from airflow_provider_render.sandbox.imagine.errors import ApiError
from airflow_provider_render.sandbox.imagine.objects import plain_name
from airflow_provider_render.sandbox.imagine.paging import PAGE_SIZE, Page

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.imagine.double import Imagine
    from airflow_provider_render.sandbox.imagine.products import Product

FORMATS = (
    ".glb", ".gltf", ".obj", ".fbx", ".blend", ".usdz", ".stl", ".dae", ".ply", ".abc", ".bvh", ".x3d",
    ".wrl", ".3ds", ".max", ".off", ".step", ".stp", ".iges", ".igs", ".brep", ".ifc", ".3mf", ".fcstd",
    ".fcstd1", ".zip",
)  # fmt: skip
PICTURES = (".png", ".jpg", ".jpeg")
WRONG_EXTENSION = f"File must have a valid extension. Supported formats: {', '.join(FORMATS)}"
MARK = "mark_upload_success"
PATH = "/v1/product/details/"

router = APIRouter(prefix="/details")


@router.post("/", status_code=201)
async def create_product(imagine: Account, fields: Fields) -> Answer:
    """Create Product."""
    imagine.remove_what_is_due()
    with imagine.meter.hit(f"POST {PATH}") as hit:
        model, thumbnail = _file_names(fields)
        product = imagine.products.add(_metadata(fields))
        product = imagine.products.change(product, **_keys(product, model, thumbnail))
        hit.concerns(product.unicode)
        return hit.ok({**_with_status(product), **_uploads(imagine, product)}, "Product created successfully")


def _file_names(fields: dict[str, Any]) -> tuple[str, str | None]:
    model, thumbnail = _text(fields, "prop_data_user_file_name"), _text(fields, "thumbnail_name")
    if not model:
        raise ApiError(400, {"prop_data_user_file_name": [assumed.REQUIRED]})
    if PurePosixPath(model).suffix.lower() not in FORMATS:
        raise ApiError(400, WRONG_EXTENSION)
    if thumbnail and PurePosixPath(thumbnail).suffix.lower() not in PICTURES:
        raise ApiError(400, assumed.THUMBNAIL_EXTENSION)
    return plain_name(model), plain_name(thumbnail) if thumbnail else None


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return str(value).strip() or None if isinstance(value, str | int) else None


def _metadata(fields: dict[str, Any]) -> dict[str, str | None]:
    return {name: _text(fields, name) for name in products.METADATA if name in fields}


def _keys(product: Product, model: str, thumbnail: str | None) -> dict[str, str | None]:
    folder = "media/private/product"
    return {
        "model_key": f"{folder}/prop_data_user_file/{product.id}/0/prop_data_{model}",
        "thumbnail_key": f"{folder}/thumbnail/{product.id}/0/thumbnail_{thumbnail}" if thumbnail else None,
    }


def _with_status(product: Product) -> Answer:
    return {**product.answer(), "upload_status": product.upload_status}


def _uploads(imagine: Imagine, product: Product) -> Answer:
    links, thumbnail = imagine.links, product.thumbnail_key
    return {
        "presigned_url_prop_user_file": links.form(product.model_key),
        "presigned_data_prop_user_file": links.path(product.model_key),
        "presigned_url_thumbnail": links.form(thumbnail) if thumbnail else None,
        "presigned_data_thumbnail": links.path(thumbnail) if thumbnail else None,
    }


@router.patch("/{unicode}/")
async def change_product(imagine: Account, unicode: str, fields: Fields) -> Answer:
    """Mark Upload Success, and Update Product Details."""
    imagine.remove_what_is_due()
    with imagine.meter.hit(f"PATCH {PATH}{{unicode}}/") as hit:
        product = imagine.products.get(unicode)
        hit.concerns(product.unicode)
        if "action" in fields:
            return hit.ok(_marked(imagine, product, fields), "Product marked as upload successful")
        changed = imagine.products.change(product, **_metadata(fields))
        return hit.ok(_with_status(changed), "Product updated successfully")


def _marked(imagine: Imagine, product: Product, fields: dict[str, Any]) -> Answer:
    if fields["action"] != MARK:
        raise ApiError(400, {"action": [assumed.ACTION_UNKNOWN]})
    if imagine.objects.find(product.model_key) is None:
        raise ApiError(400, assumed.MODEL_MISSING)
    changed = imagine.products.change(product, upload_status=products.COMPLETE)
    return {"id": changed.id, **_with_status(changed)}


@router.get("/")
async def list_products(imagine: Account, request: Request) -> Answer:
    """Get / List Products."""
    with imagine.meter.hit(f"GET {PATH}") as hit:
        filters = dict(request.query_params)
        page = Page(request, imagine.products.count(filters))
        found = imagine.products.page(filters, page.offset, PAGE_SIZE)
        return {**page.answer([each.answer() for each in found]), **hit.plain()}


@router.delete("/{unicode}/")
async def delete_product(imagine: Account, unicode: str) -> Answer:
    """Delete Product."""
    with imagine.meter.hit(f"DELETE {PATH}{{unicode}}/") as hit:
        product = imagine.products.get(unicode)
        removed_at = time.time() + assumed.GRACE_SECONDS / imagine.ground.options.speed
        imagine.products.change(product, removed_at=removed_at)
        hit.concerns(product.unicode)
        date = clock.announced(removed_at)
        return hit.ok(
            {"unicode": product.unicode}, f"Successfully marked for deletion. Will be deleted on {date}"
        )


def is_uuid(text: object) -> bool:
    """Whether a text is a UUID."""
    try:
        uuid.UUID(str(text))
    except ValueError:
        return False
    return True
