"""Products by their SKU: found, uploaded, and put aside where their model has changed."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO, Literal

from airflow_provider_render.core.calls import Call, Operation, send
from airflow_provider_render.core.errors import (
    NotFoundError,
    RejectedError,
    RenderInputError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.core.job import RenderRequest
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.core.vendor import Upload
from airflow_provider_render.vendors.imagine import endpoints
from airflow_provider_render.vendors.imagine.answers import NewProduct, Product
from airflow_provider_render.vendors.imagine.assumed import AWAITING_FILES, RETIRED
from airflow_provider_render.vendors.imagine.errors import SKU_TAKEN
from airflow_provider_render.vendors.imagine.thumbnail import thumbnail

Foreign = Literal["fail", "adopt", "replace"]
"""What becomes of a product that has a wanted SKU and was not made by this package."""

LONGEST_NAME = 80
_MARK = re.compile(r"\bsha256:([0-9a-f]{16})$")


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG file in memory."""

    name: str
    content: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.content)

    def open(self) -> BinaryIO:
        """Open a reader at the first byte."""
        return io.BytesIO(self.content)


def sku_of(request: RenderRequest) -> str:
    """Return the SKU of a request's product: its own, or else the name of the model file.

    :raises RenderInputError: it has neither.
    """
    named = PurePosixPath(request.model.name).stem if request.model else ""
    sku = (request.sku or named).strip()
    if not sku:
        raise RenderInputError(f"{request.key}: there is no SKU. Nothing was sent.")
    return sku


def mark_of(model: ModelFile) -> str:
    """Return the name under which a product carries the bytes it was made from."""
    return f"{model.name[-LONGEST_NAME:]} sha256:{model.sha256[:16]}"


def is_marked(product: Product) -> bool:
    """Whether this package made a product."""
    return _MARK.search(product.main_asset_name or "") is not None


def is_made_from(product: Product, model: ModelFile) -> bool:
    """Whether this package made a product from the bytes of a model."""
    found = _MARK.search(product.main_asset_name or "")
    return found is not None and found[1] == model.sha256[:16]


def by_sku(sku: str) -> Operation[Product | None]:
    """Return the product with a SKU: 1 credit."""
    try:
        listed = yield from endpoints.all_products(sku_id=sku)
    except NotFoundError:
        return None
    return next((product for product in listed if product.sku_id == sku), None)


def by_unicode(unicode: str) -> Operation[Product | None]:
    """Return a product by its id: 1 credit."""
    try:
        page = yield from send(endpoints.list_products(unicode=unicode))
    except NotFoundError:
        return None
    return next((product for product in page.results if product.unicode == unicode), None)


def find(request: RenderRequest, foreign: Foreign) -> Operation[Upload | None]:
    """Return the product of a request if it is complete and has the model's bytes.

    Costs 1 credit, and another one where no earlier run noted the product. A product whose upload was cut
    off gives its SKU away, for 1 more: its presigned addresses are lost.

    :raises RenderInputError: a product that this package did not make has the SKU, and ``foreign`` forbids
        to touch it.
    """
    if request.model is None:
        known = (yield from by_unicode(request.model_id)) if request.model_id else None
        return Upload(known.unicode) if known else None
    product = yield from by_sku(sku_of(request))
    if product is None or _has_changed(product, request, foreign):
        return None
    return (yield from _completed(product, request))


def upload(request: RenderRequest, foreign: Foreign) -> Operation[Upload]:
    """Create the product of a request and send its files: 2 credits for a new SKU.

    Reads the model to make a thumbnail of it. A product of another model that has the SKU gives it away and
    is kept under another one, with all that was made of it: 3 credits more.

    :raises ModelFileError: there is no model.
    :raises RenderInputError: as :func:`find`.
    """
    model = request.model_to_upload()
    content = thumbnail(model.source)
    picture = Picture(f"{PurePosixPath(model.name).stem}.png", content) if content else None
    made = yield from _created(request, model, picture, foreign)
    if isinstance(made, Upload):
        return made
    yield from _sent(endpoints.send_file(made.presigned_url_prop_user_file, model.source))
    if picture and made.presigned_url_thumbnail:
        yield from _sent(endpoints.send_file(made.presigned_url_thumbnail, picture))
    yield from send(endpoints.mark_uploaded(made.unicode))
    return Upload(made.unicode)


def _sent(call: Call[None]) -> Operation[None]:
    """Send a file to its presigned form.

    :raises UnavailableError: the form has expired; another try of the whole upload gets a new one.
    """
    try:
        yield from send(call)
    except UnexpectedAnswerError as error:
        raise UnavailableError(str(error), status=error.status, happened=False) from error


def _created(
    request: RenderRequest, model: ModelFile, picture: Picture | None, foreign: Foreign
) -> Operation[NewProduct | Upload]:
    """Create the product; where its SKU is taken see to that first."""
    call = endpoints.create_product(
        model.name,
        name=request.label or sku_of(request),
        main_asset_name=mark_of(model),
        sku_id=sku_of(request),
        thumbnail_name=picture.name if picture else None,
    )
    try:
        return (yield from send(call))
    except RejectedError as error:
        if error.code != SKU_TAKEN:
            raise
        found = yield from _make_room(request, foreign, error)
    return found or (yield from send(call))


def _make_room(request: RenderRequest, foreign: Foreign, error: RejectedError) -> Operation[Upload | None]:
    """Return the product that has the SKU if it is the wanted one; else take the SKU from it."""
    sku = sku_of(request)
    product = yield from by_sku(sku)
    if product is None:
        raise RejectedError(
            f"{request.key}: Imagine.io says that SKU {sku!r} exists, but lists no product with it. It was"
            " probably deleted and keeps the SKU during its grace period; wait until that is over.",
            status=error.status,
            code=error.code,
        ) from error
    if not _has_changed(product, request, foreign):
        return (yield from _completed(product, request))
    yield from _retired(product, sku)
    return None


def _has_changed(product: Product, request: RenderRequest, foreign: Foreign) -> bool:
    """Whether a product has to make room for the model of a request."""
    if is_marked(product):
        return request.model is not None and not is_made_from(product, request.model)
    if product.unicode == request.model_id or foreign == "adopt":
        return False
    if foreign == "replace":
        return True
    raise RenderInputError(
        f"{request.key}: Imagine.io has a product {product.unicode} with SKU {product.sku_id!r} that was not"
        " made by this package, so nobody can tell whether it has this model. Set the connection's extra"
        " existing_products to 'adopt' to render it as it is, or to 'replace' to put it aside under another"
        " SKU and upload the model; or use another SKU. Nothing was changed."
    )


def _completed(product: Product, request: RenderRequest) -> Operation[Upload | None]:
    """Return a product if its files are there; take its SKU if they never came.

    It is not deleted: another task may be about to send them. Only a change tells ``upload_status``: the
    product is given the name it has.
    """
    if product.unicode == request.model_id:
        return Upload(product.unicode)
    name = product.name or sku_of(request)
    try:
        state = yield from send(endpoints.update_product(product.unicode, name=name))
    except NotFoundError:
        return None
    if state.upload_status != AWAITING_FILES:
        return Upload(product.unicode)
    if not is_marked(product):
        raise RenderInputError(
            f"{request.key}: product {product.unicode} with SKU {product.sku_id!r} has no files yet, and was"
            " not made by this package. Complete its upload, or delete it."
        )
    yield from _retired(product, sku_of(request))
    return None


def _retired(product: Product, sku: str) -> Operation[None]:
    """Take a product's SKU, which a deletion alone would not free at once."""
    other = RETIRED.format(sku=sku, start=product.unicode[:8])
    yield from send(endpoints.update_product(product.unicode, sku_id=other))
