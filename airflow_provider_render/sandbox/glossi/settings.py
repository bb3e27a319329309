"""Render settings: fields, defaults and ranges as documented."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from airflow_provider_render.sandbox.glossi.errors import ApiError


class RenderSettings(BaseModel):
    """What a render shall bring; unknown fields are ignored, null counts as absent."""

    model_config = ConfigDict(
        extra="ignore", strict=True, frozen=True, alias_generator=to_camel, validate_by_name=True
    )

    render_bookmarks: bool = True
    render_shots: bool = True
    render_variants: bool = True
    image_quality: Literal[0, 1, 2] = 1
    video_quality: Literal[0, 1, 2] = 1


def check(sent: object, place: str = "settings") -> RenderSettings:
    """
    Read render settings.

    :param sent: what the client sent, None for nothing.
    :param place: how messages name it.
    :raises ApiError: ``INVALID_SETTINGS``, naming the field.
    """
    given = {} if sent is None else sent
    if not isinstance(given, dict):
        raise ApiError("INVALID_SETTINGS", f"{place} must be an object")
    if wrong := [name for name in ("imageQuality", "videoQuality") if isinstance(given.get(name), bool)]:
        raise ApiError("INVALID_SETTINGS", f"{place}.{wrong[0]} must be 0, 1 or 2")
    try:
        checked = RenderSettings.model_validate(_present(given))
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, [place, *problem["loc"][:1]]))
        raise ApiError("INVALID_SETTINGS", f"{field}: {problem['msg']}") from error
    if not (checked.render_bookmarks or checked.render_shots):
        raise ApiError("INVALID_SETTINGS", f"{place}: without bookmarks and shots nothing is rendered")
    return checked


def shown(settings: RenderSettings) -> dict[str, Any]:
    """Return settings as the API writes them."""
    return settings.model_dump(by_alias=True)


def _present(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
