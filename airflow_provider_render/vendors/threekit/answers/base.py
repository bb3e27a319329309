"""What all of Threekit's answers share, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from airflow_provider_render.core.calls import Answer

AnswerT = TypeVar("AnswerT", bound="ThreekitAnswer")
RowT = TypeVar("RowT", bound="ThreekitAnswer")


def _moment(value: Any) -> datetime | None:
    try:
        moment = TypeAdapter(datetime).validate_python(value)
    except ValidationError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


Moment = Annotated[datetime | None, BeforeValidator(_moment)]
"""A moment with time zone; None where the vendor gave none or none that can be read."""

Words = Annotated[tuple[str, ...], BeforeValidator(lambda value: value or ())]
"""A list of texts; null is empty."""

Table = Annotated[dict[str, Any], BeforeValidator(_mapping)]
"""An object; null, and what is none, is empty."""


class ThreekitAnswer(BaseModel):
    """Base of everything that Threekit answers."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        alias_generator=to_camel,
        populate_by_name=True,
        coerce_numbers_to_str=True,
        protected_namespaces=(),
    )


class Record(ThreekitAnswer):
    """Something that Threekit keeps.

    :param id: id of it; some answers call it ``_id``.
    :param deleted_at: when it was deleted, if it was; it may be restored.
    """

    id: str = Field(validation_alias=AliasChoices("id", "_id"))
    org_id: str | None = None
    created_at: Moment = None
    updated_at: Moment = None
    deleted_at: Moment = None
    created_by: str | None = None

    @property
    def age_key(self) -> datetime:
        """When it was made, for sorting; the beginning of time where the vendor does not tell."""
        return self.created_at or datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """One page of a list.

    :param items: what it holds.
    :param page: its number, from 1.
    :param per_page: most that a page holds; None where the vendor does not tell.
    :param count: the vendor's count, of the list or of the page; None where it does not tell.
    """

    items: tuple[RowT, ...]
    page: int = 1
    per_page: int | None = None
    count: int | None = None


def one(kind: type[AnswerT], wrap: str | None = None) -> Callable[[Answer], AnswerT]:
    """Return a parser of an object.

    :param wrap: the field that the object is in, where the service wraps it; without it is read too.
    """

    def parse(answer: Answer) -> AnswerT:
        body = answer.json()
        inner = body.get(wrap) if wrap and isinstance(body, Mapping) else None
        return kind.model_validate(inner if isinstance(inner, Mapping) else body)

    return parse


def maybe(kind: type[AnswerT], wrap: str | None = None) -> Callable[[Answer], AnswerT | None]:
    """Return a parser that gives None where the answer, such as one to a deletion, holds no such object."""

    def parse(answer: Answer) -> AnswerT | None:
        try:
            return one(kind, wrap)(answer)
        except ValueError:
            return None

    return parse


def many(kind: type[RowT], plural: str) -> Callable[[Answer], Page[RowT]]:
    """Return a parser of a list page.

    :param plural: the field that the list is in; a bare list is read too.
    """

    def parse(answer: Answer) -> Page[RowT]:
        body = answer.json()
        head = body if isinstance(body, Mapping) else {plural: body}
        items = head.get(plural)
        if not isinstance(items, list):
            raise ValueError(f"'{plural}' is not a list")  # noqa: TRY004 - what a parser raises by contract
        rows = tuple(kind.model_validate(item) for item in items)
        return Page(rows, _number(head, "page") or 1, _number(head, "perPage"), _number(head, "count"))

    return parse


def raw(answer: Answer) -> Any:
    """Return the answer's JSON as it comes, for answers whose shape is not documented."""
    return answer.json() if answer.body.strip() else None


def nothing(answer: Answer) -> None:
    """Accept any answer, an empty one too."""


def truth(answer: Answer) -> bool:
    """Read the answer to a health check: ``true``, or any answer at all."""
    try:
        return answer.json() is not False
    except ValueError:
        return True


def _number(head: Mapping[str, Any], name: str) -> int | None:
    value = head.get(name)
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isdecimal() else None
