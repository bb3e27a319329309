"""Render settings: checked before anything is sent, compared without regard to named defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from airflow_provider_render.core.checking import SettingsCheck, Whole
from airflow_provider_render.core.job import Settings

DEFAULT_SIZE = 1024
"""Pixels of the longer side where none are given; what Threekit would take is not documented."""

Renderer = Literal["webgl", "vray"]
Format = Literal["png", "jpeg", "webp"]


def _table(value: Any) -> Any:
    """Read a configuration; a cell of a catalog gives it as JSON text."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.strip() else {}


def _identity(value: Any) -> Any:
    return str(UUID(value)) if isinstance(value, str) and value.strip() else value


def _format(value: Any) -> Any:
    word = value.strip().lower() if isinstance(value, str) else value
    return "jpeg" if word == "jpg" else word


Table = Annotated[dict[str, Any], BeforeValidator(_table)]


class ThreekitSettings(BaseModel):
    """All render settings; names may be written as ``stageId`` or ``stage_id``.

    :param stage_id: id of the stage: lights, background and camera; the asset's own if None.
    :param configuration: value of each attribute of the asset.
    :param stage_configuration: value of each attribute of the stage, such as its camera.
    :param type: ``webgl``, fast, or ``vray``, photographic.
    :param width: pixels, 16 to 8192.
    :param height: pixels, 16 to 8192; the width if None.
    :param format: of the file.
    :param render_missing_layers: whether Threekit leaves out pictures that it has already. No part of what
        makes two renders the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    stage_id: Annotated[str, BeforeValidator(_identity)] | None = None
    configuration: Table | None = None
    stage_configuration: Table | None = None
    type: Renderer | None = None
    width: Whole | None = Field(default=None, ge=16, le=8192)
    height: Whole | None = Field(default=None, ge=16, le=8192)
    format: Annotated[Format, BeforeValidator(_format)] | None = None
    render_missing_layers: bool | None = None


NAMES = {name: to_camel(name) for name in ThreekitSettings.model_fields}
"""The vendor's name of each setting by its snake case name."""

ALLOWED = {
    "stageId": "the id of a stage, a UUID",
    "configuration": "a table of attributes with their values, also as JSON text",
    "stageConfiguration": "a table of attributes with their values, also as JSON text",
}
DEFAULTS: Mapping[str, Any] = {
    "configuration": {},
    "stageConfiguration": {},
    "type": "webgl",
    "format": "png",
}


CHECK = SettingsCheck("Threekit", ThreekitSettings, ALLOWED)


def check(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as JSON values under the vendor's names; empty cells count as not given.

    :raises SettingsError: names all that is wrong.
    """
    given = {name: value for name, value in raw.items() if value != ""}
    return CHECK.read(given, _contradictions).model_dump(by_alias=True, exclude_none=True)


def canonical(settings: Settings) -> dict[str, Any]:
    """Return settings with every default filled in, without what makes no other picture."""
    given = {NAMES.get(key, key): value for key, value in settings.items() if value is not None}
    given.pop("renderMissingLayers", None)
    width = given.get("width") or given.get("height") or DEFAULT_SIZE
    return {**DEFAULTS, "width": width, "height": given.get("height") or width, **given}


def skips_existing(settings: Settings) -> bool:
    """Whether Threekit leaves out pictures that it has already."""
    return settings.get("renderMissingLayers") is not False


def _contradictions(settings: ThreekitSettings) -> Iterator[str]:
    if settings.stage_configuration and not settings.stage_id:
        yield "stageConfiguration: there is no stageId that it could be of"
