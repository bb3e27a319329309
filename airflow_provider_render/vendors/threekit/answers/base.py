"""What all of Threekit's answers share, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic

from pydantic import AliasChoices, BeforeValidator, Field

from airflow_provider_render.core import answers
from airflow_provider_render.core.answers import AnswerT, CamelAnswer, Moment, one
from airflow_provider_render.core.calls import Answer


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


Table = Annotated[dict[str, Any], BeforeValidator(_mapping)]
"""An object; null, and what is none, is empty."""


class Record(CamelAnswer):
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
class Page(Generic[AnswerT]):
    """One page of a list.

    :param items: what it holds.
    :param page: its number, from 1.
    :param per_page: most that a page holds; None where the vendor does not tell.
    :param count: the vendor's count, of the list or of the page; None where it does not tell.
    """

    items: tuple[AnswerT, ...]
    page: int = 1
    per_page: int | None = None
    count: int | None = None


def maybe(kind: type[AnswerT], wrap: str = "") -> Callable[[Answer], AnswerT | None]:
    """Return a parser that gives None where the answer, such as one to a deletion, holds no such object."""

    def parse(answer: Answer) -> AnswerT | None:
        try:
            return one(kind, wrap)(answer)
        except ValueError:
            return None

    return parse


def many(kind: type[AnswerT], plural: str) -> Callable[[Answer], Page[AnswerT]]:
    """Return a parser of a list page.

    :param plural: the field that the list is in; a bare list is read too.
    """

    def parse(answer: Answer) -> Page[AnswerT]:
        rows = answers.many(kind, plural)(answer)
        body = answer.json()
        head = body if isinstance(body, Mapping) else {}
        return Page(rows, _number(head, "page") or 1, _number(head, "perPage"), _number(head, "count"))

    return parse


def raw(answer: Answer) -> Any:
    """Return the answer's JSON as it comes, for answers whose shape is not documented."""
    return answer.json() if answer.body.strip() else None


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
