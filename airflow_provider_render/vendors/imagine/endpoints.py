"""Every endpoint of Imagine.io's API, each written once.

A function describes a call; ``resources.py`` groups them and a driver carries them out. Each call of the
API costs 1 credit; posting files to the storage and the Zapier side cost none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from airflow_provider_render.core.answers import nothing, one
from airflow_provider_render.core.calls import ByteSource, Call, Effect, FilePart, Operation
from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.core.model import media_type_of
from airflow_provider_render.core.paths import path
from airflow_provider_render.vendors.imagine import answers
from airflow_provider_render.vendors.imagine.answers import (
    Archived,
    Confirmed,
    ContentStatus,
    NewProduct,
    Page,
    PresignedForm,
    Product,
    ProductState,
    RenderAccepted,
    RenderImage,
    SharedContent,
    ZapierImage,
    ZapierToken,
    ZapierUser,
)
from airflow_provider_render.vendors.imagine.paging import rows

PUBLIC = "public"
"""Credential of calls that only read."""
ZAPIER = "zapier"
"""Credential of the Zapier side, which has a host of its own."""
ZAPIER_SESSION = "zapier-session"
"""No credential: the Zapier side as people see it who are logged in."""

DETAILS = "/v1/product/details/"
JOB = "/v1/product/job/"
CREATE_IMAGES = "/v1/product/create-images/"
RENDER_IMAGES = "/v1/product/render-images/"
ZAPIER_IMAGES = "/rendering-system/api/v3/images-render-detail-zapier/"

ORDERS: Mapping[str, Mapping[str, str]] = {
    "360": {"req_type": "360_degree_spin"},
    "ar": {"req_type": "ar"},
    "silo": {"req_type": "Product Image", "image_type": "silo"},
    "viewer": {"req_type": "3d_model_viewer"},
}
"""What the vendor calls each type of content."""


def create_product(
    file_name: str,
    *,
    name: str | None = None,
    main_asset_name: str | None = None,
    sku_id: str | None = None,
    gtin: str | None = None,
    thumbnail_name: str | None = None,
) -> Call[NewProduct]:
    """Create a product and learn where its files go: ``POST /v1/product/details/``.

    :param file_name: name of the model file, with its extension.
    :param name: name for people.
    :param main_asset_name: name of the 3D asset.
    :param sku_id: stock keeping unit, unique in the account.
    :param gtin: global trade item number, unique in the account.
    :param thumbnail_name: name of a PNG or JPEG file that will be sent too.
    """
    form = {"prop_data_user_file_name": file_name, "thumbnail_name": thumbnail_name}
    form |= _metadata(name, main_asset_name, sku_id, gtin)
    given = {key: value for key, value in form.items() if value is not None}
    return Call("POST", DETAILS, answers.enveloped(NewProduct), Effect.ONCE, form=given)


def send_file(form: PresignedForm, file: ByteSource) -> Call[None]:
    """Post a model or a thumbnail to the storage, without credentials: ``POST`` to the presigned URL.

    :param form: as :func:`create_product` returned it for that file.
    :param file: the file.
    """
    part = FilePart("file", file, media_type_of(file.name))
    return Call("POST", form.url, nothing, form=form.fields, files=(part,))


def mark_uploaded(unicode: str) -> Call[ProductState]:
    """Say that the files of a product are all there: ``PATCH /v1/product/details/{unicode}/``."""
    body = {"action": "mark_upload_success"}
    return Call("PATCH", _product(unicode), answers.enveloped(ProductState), json=body)


def update_product(
    unicode: str,
    *,
    name: str | None = None,
    main_asset_name: str | None = None,
    sku_id: str | None = None,
    gtin: str | None = None,
) -> Call[ProductState]:
    """Change what is given and leave the rest: ``PATCH /v1/product/details/{unicode}/``.

    :param main_asset_name: on products that this package made it holds the mark of the model's bytes.
    :raises RenderInputError: nothing is given.
    """
    given = _metadata(name, main_asset_name, sku_id, gtin)
    form = {key: value for key, value in given.items() if value is not None}
    if not form:
        raise RenderInputError(f"there is nothing to change of product {unicode}: give at least one field")
    return Call("PATCH", _product(unicode), answers.enveloped(ProductState), form=form)


def list_products(
    *,
    unicode: str | None = None,
    gtin: str | None = None,
    sku_id: str | None = None,
    salsify_id: str | None = None,
    search: str | None = None,
    page: int | None = None,
) -> Call[Page[Product]]:
    """Read one page of products: ``GET /v1/product/details/``.

    :param search: part of name or main asset name; all filters can be combined.
    :param page: its number, from 1.
    """
    ids = {"unicode": unicode, "gtin": gtin, "sku_id": sku_id, "salsify_id": salsify_id}
    query = {**ids, "search": search, "page": page}
    return Call("GET", DETAILS, one(Page[Product]), query=query, credential=PUBLIC)


def all_products(
    *,
    gtin: str | None = None,
    sku_id: str | None = None,
    salsify_id: str | None = None,
    search: str | None = None,
) -> Operation[list[Product]]:
    """Read all products, or those that pass the filters; 1 credit for every 20."""
    return rows(list_products(gtin=gtin, sku_id=sku_id, salsify_id=salsify_id, search=search))


def delete_product(unicode: str) -> Call[Confirmed]:
    """Mark a product for deletion after a grace period: ``DELETE /v1/product/details/{unicode}/``."""
    return Call("DELETE", _product(unicode), answers.confirmed(unicode))


def create_job(unicode: str, content: Collection[str]) -> Call[Confirmed]:
    """Have content made of a product: ``POST /v1/product/job/``.

    :param content: types of it: ``silo``, ``360``, ``viewer``, ``ar``.
    """
    body = {"product": unicode, "job_detail_list": [dict(ORDERS[kind]) for kind in content]}
    return Call("POST", JOB, answers.confirmed(unicode), Effect.PAID, json=body)


def get_status(
    *,
    unicode: str | None = None,
    gtin: str | None = None,
    sku_id: str | None = None,
    salsify_id: str | None = None,
    content_type: str | None = None,
) -> Call[ContentStatus]:
    """Ask how far the content of a product has come: ``GET /v1/product/status/``.

    :param unicode: the product; where several ids are given the first one counts.
    :param content_type: only this one, such as ``product_ar_status``.
    """
    ids = {"unicode": unicode, "gtin": gtin, "sku_id": sku_id, "salsify_id": salsify_id}
    query = {**_identified(ids), "content_type": content_type}
    return Call("GET", "/v1/product/status/", one(ContentStatus), query=query, credential=PUBLIC)


def get_shared_content(
    *,
    unicode: str | None = None,
    gtin: str | None = None,
    sku_id: str | None = None,
    salsify_id: str | None = None,
    content_type: str | None = None,
) -> Call[SharedContent]:
    """Read the addresses of finished content: ``GET /v1/product/shared-content/``.

    :param unicode: the product; where several ids are given the first one counts.
    :param content_type: only this one.
    """
    ids = {"unicode": unicode, "gtin": gtin, "sku_id": sku_id, "salsify_id": salsify_id}
    query = {**_identified(ids), "content_type": content_type}
    return Call("GET", "/v1/product/shared-content/", one(SharedContent), query=query, credential=PUBLIC)


def archive_images(unicode: str, ids: Collection[int], *, archive: bool = True) -> Call[Archived]:
    """Hide pictures of a product, or bring them back: ``PATCH /v1/product/render-content/archive/``.

    :param ids: numbers of the pictures.
    :param archive: False to bring them back.
    """
    body = {"ids": list(ids), "is_archive": archive, "unicode": unicode}
    return Call("PATCH", "/v1/product/render-content/archive/", answers.enveloped(Archived), json=body)


def create_images(
    scene_id: int,
    cameras: Sequence[int],
    products: Sequence[Mapping[str, Any]],
    *,
    units: str | None = None,
) -> Call[RenderAccepted]:
    """Have pictures of products in a scene made: ``POST /v1/product/create-images/``.

    :param scene_id: the scene, or template.
    :param cameras: ids of its cameras; one picture each.
    :param products: for each ``sku_id`` and, if wanted, ``position``, ``rotation`` (three numbers) and
        ``material_id``.
    :param units: of the positions; inches without it.
    """
    body = {
        "scene_id": scene_id,
        "cameras_to_render": list(cameras),
        **({"units": units} if units else {}),
        "products": [dict(product) for product in products],
    }
    return Call("POST", CREATE_IMAGES, answers.enveloped(RenderAccepted), Effect.PAID, json=body)


def list_render_images(
    *,
    render_id: str | int | None = None,
    product_id: int | None = None,
    sku_id: str | None = None,
    product_name: str | None = None,
    page: int | None = None,
) -> Call[Page[RenderImage]]:
    """Read one page of scene pictures: ``GET /v1/product/render-images/``.

    :param render_id: as :func:`create_images` returned it.
    :param product_id: number of a product in them.
    :param sku_id: of a product in them.
    :param product_name: part of the name of a product in them, in any case.
    :param page: its number, from 1.
    """
    by_product = {"product_id": product_id, "sku_id": sku_id, "product_name": product_name}
    query = {"render_id": render_id, **by_product, "page": page}
    return Call("GET", RENDER_IMAGES, one(Page[RenderImage]), query=query, credential=PUBLIC)


def all_render_images(
    *,
    render_id: str | int | None = None,
    product_id: int | None = None,
    sku_id: str | None = None,
    product_name: str | None = None,
) -> Operation[list[RenderImage]]:
    """Read all scene pictures of a render or a product; 1 credit for every 20."""
    return rows(
        list_render_images(
            render_id=render_id, product_id=product_id, sku_id=sku_id, product_name=product_name
        )
    )


def get_zapier_token(cookie: str) -> Call[ZapierToken]:
    """Read the token of the Zapier side: ``GET /users/api/v3/zapier/token/``.

    The document has it for people who are logged in to the app, and says nothing of other credentials.

    :param cookie: value of the ``Cookie`` header of such a session.
    """
    parse = answers.enveloped(ZapierToken)
    headers = {"Cookie": cookie}
    return Call("GET", "/users/api/v3/zapier/token/", parse, headers=headers, credential=ZAPIER_SESSION)


def verify_zapier_token() -> Call[ZapierUser]:
    """Ask whose the Zapier token is: ``GET /users/api/v3/token/verify/``."""
    return Call("GET", "/users/api/v3/token/verify/", one(ZapierUser), credential=ZAPIER)


def list_zapier_images(*, page: int | None = None) -> Call[Page[ZapierImage]]:
    """Read one page of all images: ``GET /rendering-system/api/v3/images-render-detail-zapier/``.

    :param page: its number, from 1.
    """
    parse = one(Page[ZapierImage])
    return Call("GET", ZAPIER_IMAGES, parse, query={"page": page}, credential=ZAPIER)


def all_zapier_images() -> Operation[list[ZapierImage]]:
    """Read all images that the account ever rendered; there may be thousands of pages."""
    return rows(list_zapier_images())


def _product(unicode: str) -> str:
    return path("/v1/product/details/{unicode}/", unicode=unicode)


def _metadata(
    name: str | None, main_asset_name: str | None, sku_id: str | None, gtin: str | None
) -> dict[str, str | None]:
    return {"name": name, "main_asset_name": main_asset_name, "sku_id": sku_id, "gtin": gtin}


def _identified(ids: Mapping[str, str | None]) -> Mapping[str, str | None]:
    if not any(ids.values()):
        raise RenderInputError(f"say which product: one of {', '.join(ids)}")
    return ids
