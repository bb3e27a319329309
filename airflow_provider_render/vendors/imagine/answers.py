"""What Imagine.io answers, as typed values; presigned URLs and tokens do not appear in a ``repr``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr

from airflow_provider_render.core.answers import AnswerT, Moment, Several, VendorAnswer
from airflow_provider_render.core.calls import Answer

Row = TypeVar("Row", bound="Listed")


def _hits(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _entries(value: Any) -> Any:
    if isinstance(value, str):
        return ({"status": value},)
    return value or ()


Hits = Annotated[int | None, BeforeValidator(_hits)]
"""Credits that are left, one for each call; None where the answer does not tell."""

SignedUrl = Annotated[str | None, Field(repr=False)]
"""An address that carries its own permission and expires after 7 days."""


class ImagineAnswer(VendorAnswer):
    """Base of everything that Imagine.io answers.

    :param api_hits_available: credits that are left after the call.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    api_hits_available: Hits = None


class Listed(ImagineAnswer):
    """Base of what lists hold."""

    @property
    def key(self) -> str:
        """What tells it from others."""
        raise NotImplementedError


class PresignedForm(ImagineAnswer):
    """Where one file may be posted to, for a limited time.

    :param url: address of the storage.
    :param fields: fields of the form, to be sent as they are and before the file.
    """

    url: str = Field(repr=False)
    fields: dict[str, str] = Field(repr=False)


class Product(Listed):
    """A product.

    :param unicode: the vendor's id of it, a UUID.
    :param main_asset_name: name of its 3D asset; products that this package made carry the mark of their
        model's bytes here.
    :param sku_id: stock keeping unit, unique in the account.
    """

    unicode: str
    gtin: str | None = None
    name: str | None = None
    main_asset_name: str | None = None
    sku_id: str | None = None
    created_at: Moment = None

    @property
    def key(self) -> str:
        """The product's UUID."""
        return self.unicode


class ProductState(Product):
    """A product as a change of it returns it.

    :param id: its number, by which render-images finds it.
    :param upload_status: ``1`` awaiting its files, ``2`` complete.
    """

    id: int | None = None
    upload_status: str | None = None
    message: str | None = None


class NewProduct(ProductState):
    """A product that was just created, and where its files go.

    :param presigned_url_prop_user_file: for the model.
    :param presigned_url_thumbnail: for the thumbnail, if one was announced.
    """

    presigned_url_prop_user_file: PresignedForm
    presigned_data_prop_user_file: SignedUrl = None
    presigned_url_thumbnail: PresignedForm | None = None
    presigned_data_thumbnail: SignedUrl = None


class Confirmed(ImagineAnswer):
    """What the vendor says about a product it was asked to work on or to delete.

    :param unicode: the product.
    :param message: such as the date until which a deleted product is kept.
    """

    unicode: str
    message: str | None = None


class Progress(ImagineAnswer):
    """How far one picture or spin has come.

    :param status: the vendor's word, such as ``Processing``.
    """

    id: int | None = None
    name: str | None = None
    status: str | None = None


Entries = Annotated[tuple[Progress, ...], BeforeValidator(_entries)]
"""A list of pictures or spins; null is an empty one, a word alone stands for all."""


class ContentStatus(Product):
    """How far the content of a product has come; None or empty where a type was not asked for."""

    product_ar_status: str | None = None
    product_3d_status: str | None = None
    product_silo_images_status: Entries = ()
    product_threesixty_status: Entries = ()


class SiloImage(ImagineAnswer):
    """A finished picture of a product alone."""

    id: int
    name: str | None = None
    image_url: SignedUrl = None
    thumbnail_url: SignedUrl = None


class SharedContent(Product):
    """Finished content of a product: addresses of pages to embed, and of pictures for 7 days."""

    salsify_id: str | None = None
    thumbnail_url: SignedUrl = None
    product_3d: str | None = None
    product_ar: str | None = None
    product_threesixty: str | None = None
    product_silo_images: Several[SiloImage] = ()


class Archived(ImagineAnswer):
    """Which pictures were hidden or brought back.

    :param updated_count: how many.
    :param ids: which.
    """

    updated_count: int | None = None
    ids: Several[int] = ()
    message: str | None = None


class RenderAccepted(ImagineAnswer):
    """A scene render that was accepted.

    :param render_id: id of it, for render-images.
    :param sku_ids: the products in it.
    """

    render_id: int
    sku_ids: Several[str] = ()
    message: str | None = None


class RenderImage(Listed):
    """What one camera sees; the files are None until it is done.

    :param angle_name: name of the camera.
    :param filmic_file: the picture with filmic tone mapping.
    :param color_pass_file: a flat colour reference of it.
    """

    id: int
    angle_name: str | None = None
    file: SignedUrl = None
    filmic_file: SignedUrl = None
    color_pass_file: SignedUrl = None
    thumbnail: SignedUrl = None
    filmic_thumbnail: SignedUrl = None
    status: str | None = None

    @property
    def key(self) -> str:
        """The image's number."""
        return str(self.id)


class ZapierImage(RenderImage):
    """An image as the Zapier side lists it."""

    image_name: str | None = None
    tags: Several[str] = ()
    updated_at: Moment = None
    created_at: Moment = None


class ZapierToken(ImagineAnswer):
    """The token of the Zapier side."""

    api_key: SecretStr
    message: str | None = None


class ZapierUser(ImagineAnswer):
    """Whose Zapier token it is."""

    id: int
    name: str | None = None


class Page(ImagineAnswer, Generic[Row]):
    """One page of a list.

    :param results: what it holds.
    :param count: how many there are on all pages.
    :param next_link: the next page, on whichever host the vendor names; None on the last one.
    """

    results: tuple[Row, ...]
    count: int | None = None
    total_pages: int | None = None
    current_page_number: int | None = None
    next_link: str | None = None
    previous_link: str | None = None
    first_page_link: str | None = None
    last_page_link: str | None = None
    current_page_link: str | None = None


def enveloped(kind: type[AnswerT]) -> Callable[[Answer], AnswerT]:
    """Return a parser of ``{"status": true, "data": {...}, "message", "api_hits_available"}``."""

    def parse(answer: Answer) -> AnswerT:
        body = answer.json()
        if not isinstance(body, Mapping) or not isinstance(body.get("data"), Mapping):
            raise ValueError("the answer has no 'data'")  # noqa: TRY004 - what a parser raises by contract
        beside = {name: body[name] for name in ("message", "api_hits_available") if name in body}
        return kind.model_validate({**beside, **body["data"]})

    return parse


def confirmed(unicode: str) -> Callable[[Answer], Confirmed]:
    """Return a parser that is content with an empty answer.

    :param unicode: the product that was spoken of.
    """

    def parse(answer: Answer) -> Confirmed:
        return enveloped(Confirmed)(answer) if answer.body.strip() else Confirmed(unicode=unicode)

    return parse
