"""Checking render settings before anything is sent, with messages that say how to put them right."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from airflow_provider_render.core.errors import SettingsError
from airflow_provider_render.vendors.glossi.settings import FLAGS, NAMES, TEMPLATE, GlossiSettings

EXTRA = "extra_settings"
"""Key under which settings that this package does not know are sent unchecked."""

ALLOWED: Mapping[str, str] = {
    TEMPLATE: "the id of a template",
    **dict.fromkeys(FLAGS, "true or false"),
    "imageQuality": "0 (720p), 1 (1080p) or 2 (4K)",
    "videoQuality": "0 (fastest), 1 (balanced) or 2 (best)",
}
"""What a setting takes, by its name."""


def check(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as they are sent: under the vendor's names, every one of them.

    Settings under ``extra_settings`` are added as they are, for what the vendor adds tomorrow.

    :raises SettingsError: names all that is wrong.
    """
    problems = [
        f"{name}: given twice, also as {snake}"
        for snake, name in NAMES.items()
        if {snake, name} <= raw.keys()
    ]
    given = {NAMES.get(key, key): value for key, value in raw.items() if value is not None and key != EXTRA}
    sent: dict[str, Any] = {}
    try:
        sent = GlossiSettings.model_validate(given).model_dump(by_alias=True)
        problems += _idle(sent)
    except ValidationError as error:
        problems += [_problem(detail) for detail in error.errors()]
    extra = raw.get(EXTRA) or {}
    if not isinstance(extra, Mapping):
        problems.append(f"{EXTRA}: a table of settings is wanted, not {extra!r}")
    if problems:
        raise SettingsError(f"Glossi render settings: {'; '.join(problems)}. Nothing was sent.")
    return sent | dict(extra)


def _idle(sent: Mapping[str, Any]) -> Iterator[str]:
    if not any(sent[flag] for flag in FLAGS):
        yield f"{', '.join(FLAGS)}: all are false, so nothing would be rendered; set one of them"


def _problem(detail: ErrorDetails) -> str:
    field = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return _unknown(field)
    if field == TEMPLATE:
        return (
            "templateId: every render needs one; GlossiHook().templates.list() names the templates of the"
            " workspace and the public ones"
        )
    return f"{field}: {detail['input']!r} is not allowed, use {ALLOWED[field]}"


def _unknown(field: str) -> str:
    by_lower = {name.lower(): name for name in (*NAMES, *NAMES.values())}
    near = difflib.get_close_matches(field.lower(), by_lower, n=1)
    if near:
        return (
            f"{field}: unknown, did you mean {by_lower[near[0]]}? (what is new at Glossi goes under {EXTRA})"
        )
    return (
        f"{field}: unknown, known are {', '.join(NAMES.values())} (what is new at Glossi goes under {EXTRA})"
    )
