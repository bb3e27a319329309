"""Checking render settings before anything is sent, with messages that say how to put them right."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from annotated_types import Ge, Le
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from airflow_provider_render.core.errors import SettingsError
from airflow_provider_render.core.job import Settings
from airflow_provider_render.vendors.dxgl.settings import AS_DATASET, NAMES, DxglSettings, is_dataset

EXTRA = "extra_settings"
"""Key under which settings that this package does not know, or forbids, are sent unchecked."""


def check(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as they are sent: under the vendor's names, only what was given.

    For a dataset ``effect``, ``output`` and ``datasetQuality`` are all sent, unless one is given as None.
    Settings under ``extra_settings`` are added as they are, for what the vendor adds tomorrow.

    :raises SettingsError: names all that is wrong.
    """
    twice = list(_given_twice(raw))
    given = {NAMES.get(key, key): value for key, value in raw.items() if value is not None and key != EXTRA}
    checked = _validated(given, twice)
    if problems := [*twice, *_contradictions(checked)]:
        raise _error(problems)
    unwanted = {NAMES.get(key, key) for key, value in raw.items() if value is None}
    sent = {key: value for key, value in _as_dataset(checked).items() if key not in unwanted}
    return sent | _extra(raw)


def _validated(given: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    try:
        settings = DxglSettings.model_validate(given)
    except ValidationError as error:
        raise _error(problems + [_problem(detail) for detail in error.errors()]) from None
    return settings.model_dump(by_alias=True, exclude_unset=True)


def _extra(raw: Mapping[str, Any]) -> dict[str, Any]:
    extra = raw.get(EXTRA) or {}
    if not isinstance(extra, Mapping):
        raise _error([f"{EXTRA}: a table of settings is wanted, not {extra!r}"])
    return dict(extra)


def _as_dataset(checked: dict[str, Any]) -> dict[str, Any]:
    if not is_dataset(checked):
        return checked
    return AS_DATASET | {"datasetQuality": "100x800"} | checked


def _given_twice(raw: Mapping[str, Any]) -> Iterator[str]:
    for snake, name in NAMES.items():
        if snake != name and snake in raw and name in raw:
            yield f"{name}: given twice, also as {snake}"


def _contradictions(checked: Settings) -> Iterator[str]:
    if checked.get("output") == "dataset" and checked.get("effect", "dataset") != "dataset":
        yield f"effect: {checked['effect']!r} contradicts output 'dataset'; leave one of them out"
    if not is_dataset(checked):
        for field in checked.keys() & {"datasetQuality", "coverage"}:
            yield f"{field}: only for datasets; add effect 'dataset'"


def _error(problems: list[str]) -> SettingsError:
    return SettingsError(f"DXGL render settings: {'; '.join(problems)}. Nothing was sent.")


def _problem(detail: ErrorDetails) -> str:
    field = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return _unknown(field)
    return f"{field}: {detail['input']!r} is not allowed, use {_allowed(field)}"


def _unknown(field: str) -> str:
    by_lower = {name.lower(): name for name in (*NAMES, *NAMES.values())}
    near = difflib.get_close_matches(field.lower(), by_lower, n=1)
    if near:
        return f"{field}: unknown, did you mean {by_lower[near[0]]}? (what is new at DXGL goes under {EXTRA})"
    return f"{field}: unknown, known are {', '.join(NAMES.values())} (what is new at DXGL goes under {EXTRA})"


def _allowed(field: str) -> str:
    """Say what a field takes, from its declaration."""
    info = DxglSettings.model_fields[next(snake for snake, name in NAMES.items() if name == field)]
    bounds = {type(bound): bound for bound in info.metadata}
    if Ge in bounds and Le in bounds:
        kind = "a whole number" if _whole(info.annotation) else "a number"
        return f"{kind} from {bounds[Ge].ge} to {bounds[Le].le}"
    kind = get_args(info.annotation)[0]
    if choices := get_args(kind):
        return "one of " + ", ".join(choices)
    if kind is bool:
        return "true or false"
    return "# and six hex digits, such as #ff8800" if field == "bgColor" else "a text that is not empty"


def _whole(annotation: Any) -> bool:
    return get_args(get_args(annotation)[0])[0] is int
