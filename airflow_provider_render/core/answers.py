"""What vendors answer, as typed values: what all of them share, and how it is read.

The models are tolerant: fields that another version of a service adds are kept in ``model_extra``, and
fields that it leaves out are None or empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from airflow_provider_render.core.calls import Answer

T = TypeVar("T")
AnswerT = TypeVar("AnswerT", bound="VendorAnswer")


def _moment(value: Any) -> datetime | None:
    try:
        moment = TypeAdapter(datetime).validate_python(value)
    except ValidationError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime | None, BeforeValidator(_moment)]
"""A moment with time zone; None where the vendor gave none or none that can be read."""

Several = Annotated[tuple[T, ...], BeforeValidator(lambda value: value or ())]
"""A list; null is an empty one."""

Flag = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
"""A yes or no; null is no."""


class VendorAnswer(BaseModel):
    """Base of everything that a vendor answers."""

    model_config = ConfigDict(frozen=True, extra="allow", coerce_numbers_to_str=True, protected_namespaces=())

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Show declared fields only: one that the vendor adds may be a secret or a presigned URL."""
        declared = type(self).model_fields
        return (pair for pair in super().__repr_args__() if pair[0] in declared)


class CamelAnswer(VendorAnswer):
    """Base of answers in camel case; attributes are in snake case, ``fileSize`` is ``file_size``."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


def one(kind: type[AnswerT], under: str = "") -> Callable[[Answer], AnswerT]:
    """Return a parser of one object.

    :param under: name of an envelope that the object may be in; without it is read too.
    """

    def parse(answer: Answer) -> AnswerT:
        body = answer.json()
        inner = body.get(under) if under and isinstance(body, Mapping) else None
        return kind.model_validate(inner if isinstance(inner, Mapping) else body)

    return parse


def many(kind: type[AnswerT], under: str) -> Callable[[Answer], tuple[AnswerT, ...]]:
    """Return a parser of ``{under: [...]}``, or of the list alone; it raises ValueError where none is.

    :param under: name of the field that the list is in.
    """

    def parse(answer: Answer) -> tuple[AnswerT, ...]:
        body = answer.json()
        items = body.get(under) if isinstance(body, Mapping) else body
        if not isinstance(items, list):
            raise ValueError(f"the answer has no list {under!r}")  # noqa: TRY004 - what a parser raises
        return tuple(kind.model_validate(item) for item in items)

    return parse


def nothing(answer: Answer) -> None:
    """Accept any answer, an empty one too."""
