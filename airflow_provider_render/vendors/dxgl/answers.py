"""What DXGL answers, as typed values.

The models are tolerant: fields that another version of the service adds are kept in ``model_extra``,
and fields that it leaves out are None or empty. Attributes are in snake case, ``fileSize`` is
``file_size``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from airflow_provider_render.core.calls import Answer

ModelT = TypeVar("ModelT", bound="DxglAnswer")


def _moment(value: Any) -> datetime | None:
    try:
        moment = TypeAdapter(datetime).validate_python(value)
    except ValidationError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime | None, BeforeValidator(_moment)]
"""A moment with time zone; None where the vendor gave none or none that can be read."""

Words = Annotated[tuple[str, ...], BeforeValidator(lambda value: value or ())]

Flag = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
"""A yes or no; null is no."""


class DxglAnswer(BaseModel):
    """Base of everything that DXGL answers."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        alias_generator=to_camel,
        populate_by_name=True,
        coerce_numbers_to_str=True,
        protected_namespaces=(),
    )


class Render(DxglAnswer):
    """A render: a video or a dataset made from a model.

    :param id: id of the render.
    :param model_id: id of its model.
    :param status: the vendor's word, such as ``poster-processing``.
    :param render_settings: settings as the vendor keeps them; None where the answer leaves them out.
    :param file_size: size of the video in bytes, once done.
    :param error_message: why it failed.
    :param has_web_variant: whether a lighter video for the web exists.
    :param is_system_preview: whether the vendor made it on its own account to check the model.
    """

    id: str
    model_id: str | None = None
    status: str | None = None
    render_settings: dict[str, Any] | None = None
    file_size: int | None = None
    error_message: str | None = None
    has_web_variant: bool | None = None
    is_system_preview: Flag = Field(
        default=False, validation_alias=AliasChoices("is_system_preview", "isSystemPreview")
    )
    created_at: Moment = None
    updated_at: Moment = None


class Model(DxglAnswer):
    """An uploaded 3D model.

    :param id: id of the model.
    :param original_name: name of the uploaded file.
    :param sku: product code.
    :param file_size: size in bytes.
    :param sha256: hex digest of the file.
    """

    id: str
    original_name: str | None = None
    title: str | None = None
    sku: str | None = None
    tags: Words = ()
    file_size: int | None = None
    sha256: str | None = None
    created_at: Moment = None


class ModelDetail(Model):
    """A model with its renders.

    :param renders: all renders of the model; None where the answer leaves them out.
    """

    renders: tuple[Render, ...] | None = None


class UploadedModel(DxglAnswer):
    """What an upload or an ingest led to.

    :param model_id: id of the new or, for known bytes, of the existing model.
    :param render_id: id of the render it started.
    :param duplicate: whether the vendor already had these bytes.
    """

    model_id: str
    render_id: str
    duplicate: Flag = False


class KnownModel(DxglAnswer):
    """Whether DXGL has a model with certain bytes.

    :param exists: whether it does.
    :param model_id: id of that model, if so.
    """

    exists: Flag
    model_id: str | None = None


class Overlay(DxglAnswer):
    """A picture to put behind or before renders.

    :param layer: ``background`` or ``foreground``.
    :param alignment: corner or edge that is kept when the picture is cropped.
    """

    id: str
    layer: str | None = None
    alignment: str | None = None
    name: str | None = None
    description: str | None = None


class AccountInfo(DxglAnswer):
    """The account that a token belongs to.

    :param credits: render credits left.
    """

    id: str
    email: str | None = None
    credits: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[ModelT]):
    """One page of a list.

    :param items: what it holds.
    :param total: how many there are in all; None where the vendor does not tell.
    :param offset: how many came before this page.
    :param limit: most that a page holds; None where the vendor does not tell.
    """

    items: tuple[ModelT, ...]
    total: int | None = None
    offset: int = 0
    limit: int | None = None


def one(kind: type[ModelT]) -> Callable[[Answer], ModelT]:
    """Return a parser of ``{"data": {...}}``."""

    def parse(answer: Answer) -> ModelT:
        return kind.model_validate(data(answer))

    return parse


def many(kind: type[ModelT]) -> Callable[[Answer], tuple[ModelT, ...]]:
    """Return a parser of ``{"data": [...]}``."""

    def parse(answer: Answer) -> tuple[ModelT, ...]:
        items = data(answer)
        if not isinstance(items, list):
            raise ValueError("'data' is not a list")  # noqa: TRY004 - what a parser raises by contract
        return tuple(kind.model_validate(item) for item in items)

    return parse


def page(kind: type[ModelT], offset: int) -> Callable[[Answer], Page[ModelT]]:
    """Return a parser of a list page, with or without ``meta``.

    :param offset: the offset that was asked for.
    """

    def parse(answer: Answer) -> Page[ModelT]:
        items = many(kind)(answer)
        meta = answer.json().get("meta") or {}
        return Page(items, _count(meta, "total"), _count(meta, "offset") or offset, _count(meta, "limit"))

    return parse


def uploaded(answer: Answer) -> UploadedModel:
    """Read the answer to an upload; ``duplicate`` may stand in ``data`` or beside it."""
    body = answer.json()
    inner = data(answer)
    return UploadedModel.model_validate({"duplicate": bool(body.get("duplicate")), **inner})


def data(answer: Answer) -> Any:
    """Return what an answer holds under ``data``.

    :raises ValueError: the answer has no such envelope.
    """
    body = answer.json()
    if not isinstance(body, Mapping) or "data" not in body:
        raise ValueError("the answer has no 'data'")
    return body["data"]


def nothing(answer: Answer) -> None:
    """Accept any answer, an empty one too."""


def optional(kind: type[ModelT]) -> Callable[[Answer], ModelT | None]:
    """Return a parser that gives None where the vendor's answer holds nothing of that kind."""

    def parse(answer: Answer) -> ModelT | None:
        body = answer.json() if answer.body.strip() else None
        inner = body.get("data") if isinstance(body, Mapping) else None
        return kind.model_validate(inner) if isinstance(inner, Mapping) and "id" in inner else None

    return parse


def _count(meta: Mapping[str, Any], name: str) -> int | None:
    value = meta.get(name)
    return value if isinstance(value, int) and value >= 0 else None
