"""What DXGL answers, as typed values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic

from pydantic import AliasChoices, Field

from airflow_provider_render.core.answers import AnswerT, CamelAnswer, Flag, Moment, Several
from airflow_provider_render.core.calls import Answer


class Render(CamelAnswer):
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


class Model(CamelAnswer):
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
    tags: Several[str] = ()
    file_size: int | None = None
    sha256: str | None = None
    created_at: Moment = None


class ModelDetail(Model):
    """A model with its renders.

    :param renders: all renders of the model; None where the answer leaves them out.
    """

    renders: tuple[Render, ...] | None = None


class UploadedModel(CamelAnswer):
    """What an upload or an ingest led to.

    :param model_id: id of the new or, for known bytes, of the existing model.
    :param render_id: id of the render it started.
    :param duplicate: whether the vendor already had these bytes.
    """

    model_id: str
    render_id: str
    duplicate: Flag = False


class KnownModel(CamelAnswer):
    """Whether DXGL has a model with certain bytes.

    :param exists: whether it does.
    :param model_id: id of that model, if so.
    """

    exists: Flag
    model_id: str | None = None


class Overlay(CamelAnswer):
    """A picture to put behind or before renders.

    :param layer: ``background`` or ``foreground``.
    :param alignment: corner or edge that is kept when the picture is cropped.
    """

    id: str
    layer: str | None = None
    alignment: str | None = None
    name: str | None = None
    description: str | None = None


class AccountInfo(CamelAnswer):
    """The account that a token belongs to.

    :param credits: render credits left.
    """

    id: str
    email: str | None = None
    credits: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[AnswerT]):
    """One page of a list.

    :param items: what it holds.
    :param total: how many there are in all; None where the vendor does not tell.
    :param offset: how many came before this page.
    :param limit: most that a page holds; None where the vendor does not tell.
    """

    items: tuple[AnswerT, ...]
    total: int | None = None
    offset: int = 0
    limit: int | None = None


def one(kind: type[AnswerT]) -> Callable[[Answer], AnswerT]:
    """Return a parser of ``{"data": {...}}``."""

    def parse(answer: Answer) -> AnswerT:
        return kind.model_validate(data(answer))

    return parse


def many(kind: type[AnswerT]) -> Callable[[Answer], tuple[AnswerT, ...]]:
    """Return a parser of ``{"data": [...]}``."""

    def parse(answer: Answer) -> tuple[AnswerT, ...]:
        items = data(answer)
        if not isinstance(items, list):
            raise ValueError("'data' is not a list")  # noqa: TRY004 - what a parser raises by contract
        return tuple(kind.model_validate(item) for item in items)

    return parse


def page(kind: type[AnswerT], offset: int) -> Callable[[Answer], Page[AnswerT]]:
    """Return a parser of a list page, with or without ``meta``.

    :param offset: the offset that was asked for.
    """

    def parse(answer: Answer) -> Page[AnswerT]:
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


def optional(kind: type[AnswerT]) -> Callable[[Answer], AnswerT | None]:
    """Return a parser that gives None where the vendor's answer holds nothing of that kind."""

    def parse(answer: Answer) -> AnswerT | None:
        body = answer.json() if answer.body.strip() else None
        inner = body.get("data") if isinstance(body, Mapping) else None
        return kind.model_validate(inner) if isinstance(inner, Mapping) and "id" in inner else None

    return parse


def _count(meta: Mapping[str, Any], name: str) -> int | None:
    value = meta.get(name)
    return value if isinstance(value, int) and value >= 0 else None
