"""Checking render settings before anything is sent, with messages that say how to put them right."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from airflow_provider_render.core.errors import SettingsError

SettingsT = TypeVar("SettingsT", bound=BaseModel)

EXTRA = "extra_settings"
"""Key under which settings that this package does not know, or forbids, are sent unchecked."""


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number is wanted, not a boolean")  # noqa: TRY004 - pydantic reports ValueError
    return value


Number = Annotated[float, BeforeValidator(_no_boolean)]
"""A number, also as text."""

Whole = Annotated[int, BeforeValidator(_no_boolean)]
"""A whole number, also as text."""


def plain_number(value: Any) -> Any:
    """Return one form for equal numbers, 6.0 as 6; anything else as it is."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return value


def _nothing_more(settings: BaseModel) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class SettingsCheck(Generic[SettingsT]):
    """Checks the render settings of one vendor.

    :param vendor: the vendor's name for people.
    :param declared: its settings, each optional one as ``X | None``; unknown ones are forbidden.
    :param allowed: what a setting takes, by the vendor's name of it; by its declaration where it is missing.
    :param extra: whether what is given under ``extra_settings`` is sent unchecked.
    """

    vendor: str
    declared: type[SettingsT]
    allowed: Mapping[str, str] = field(default_factory=dict)
    extra: bool = False

    @property
    def names(self) -> dict[str, str]:
        """The vendor's name of each setting by its snake case name."""
        return {snake: info.alias or snake for snake, info in self.declared.model_fields.items()}

    def read(
        self, raw: Mapping[str, Any], contradictions: Callable[[SettingsT], Iterable[str]] = _nothing_more
    ) -> SettingsT:
        """Return checked settings; those given as None count as not given.

        :param raw: settings under the vendor's names or in snake case.
        :param contradictions: says what is wrong with settings each of which is right by itself.
        :raises SettingsError: names all that is wrong and what is allowed.
        """
        checked = {name: value for name, value in raw.items() if not (self.extra and name == EXTRA)}
        given = {self.names.get(name, name): value for name, value in checked.items() if value is not None}
        problems = [*self._given_twice(raw), *self._no_table(raw)]
        try:
            settings = self.declared.model_validate(given)
        except ValidationError as error:
            told = [self._problem(detail, given) for detail in error.errors()]
            raise self._error([*problems, *told]) from None
        if problems := [*problems, *contradictions(settings)]:
            raise self._error(problems)
        return settings

    def _given_twice(self, raw: Mapping[str, Any]) -> Iterator[str]:
        for snake, name in self.names.items():
            if snake != name and snake in raw and name in raw:
                yield f"{name}: given twice, also as {snake}"

    def _no_table(self, raw: Mapping[str, Any]) -> Iterator[str]:
        extra = raw.get(EXTRA) or {}
        if self.extra and not isinstance(extra, Mapping):
            yield f"{EXTRA}: a table of settings is wanted, not {extra!r}"

    def _problem(self, detail: ErrorDetails, given: Mapping[str, Any]) -> str:
        name = str(detail["loc"][0])
        if detail["type"] == "extra_forbidden":
            return self._unknown(name)
        if detail["type"] == "missing" and name not in given:
            return f"{name}: every render needs one, {self._takes(name)}"
        return f"{name}: {given[name]!r} is not allowed, use {self._takes(name)}"

    def _unknown(self, name: str) -> str:
        by_lower = {known.lower(): known for known in (*self.names, *self.names.values())}
        near = difflib.get_close_matches(name.lower(), by_lower, n=1)
        hint = f"did you mean {by_lower[near[0]]}?" if near else f"known are {', '.join(self.names.values())}"
        more = f" (what is new at {self.vendor} goes under {EXTRA})" if self.extra else ""
        return f"{name}: unknown, {hint}{more}"

    def _takes(self, name: str) -> str:
        snake = next(snake for snake, known in self.names.items() if known == name)
        return self.allowed.get(name) or takes(self.declared.model_fields[snake])

    def _error(self, problems: Iterable[str]) -> SettingsError:
        unique = "; ".join(dict.fromkeys(problems))
        return SettingsError(f"{self.vendor} render settings: {unique}. Nothing was sent.")


def takes(setting: FieldInfo) -> str:
    """Say what a setting takes, from its declaration."""
    kind = _kind(setting.annotation)
    bounds = {type(bound): bound for bound in setting.metadata}
    if Ge in bounds and Le in bounds:
        number = "a whole number" if kind is int else "a number"
        return f"{number} from {bounds[Ge].ge} to {bounds[Le].le}"
    if choices := get_args(kind):
        return "one of " + ", ".join(choices)
    return "true or false" if kind is bool else "a text that is not empty"


def _kind(annotation: Any) -> Any:
    """Return a type without None and without its validators."""
    kind = get_args(annotation)[0] if NoneType in get_args(annotation) else annotation
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def extra_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given under ``extra_settings``."""
    return dict(raw.get(EXTRA) or {})
