"""Render settings of Glossi: what there is, and its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from airflow_provider_render.core.checking import Whole
from airflow_provider_render.core.job import Settings


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


Switch = Annotated[bool, BeforeValidator(_trimmed)]
Level = Annotated[Whole, Field(ge=0, le=2)]


class GlossiSettings(BaseModel):
    """All documented render settings of Glossi, and the template that the model is put into.

    Names may be written as ``templateId`` or ``template_id``; numbers and yes or no also as text, as a
    cell of a catalog has them.

    :param template_id: the scene; ``hook.templates.list()`` names those there are.
    :param render_bookmarks: a picture from every camera bookmark of the template.
    :param render_shots: every video shot of the template.
    :param render_variants: every variant of the model.
    :param image_quality: 0 is 720p, 1 is 1080p, 2 is 4K.
    :param video_quality: 0 is the fastest, 1 balanced, 2 the best.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        str_strip_whitespace=True,
    )

    template_id: str = Field(min_length=1)
    render_bookmarks: Switch = True
    render_shots: Switch = True
    render_variants: Switch = True
    image_quality: Level = 1
    video_quality: Level = 1


NAMES = {name: to_camel(name) for name in GlossiSettings.model_fields}
"""The vendor's name of each setting by its snake case name."""

FLAGS = ("renderBookmarks", "renderShots", "renderVariants")

DEFAULTS: Settings = {
    NAMES[name]: field.default
    for name, field in GlossiSettings.model_fields.items()
    if not field.is_required()
}
"""Glossi's own defaults; documented for pipelines, and sent with every render so that they hold."""

TEMPLATE = "templateId"


def canonical(settings: Settings) -> dict[str, Any]:
    """Return settings under the vendor's names, with every default filled in; unknown ones are kept."""
    given = {NAMES.get(name, name): value for name, value in settings.items() if value is not None}
    return {**DEFAULTS, **given}


def order(settings: Settings) -> Mapping[str, Any]:
    """Return the ``settings`` of a render call: all but the template."""
    return {name: value for name, value in canonical(settings).items() if name != TEMPLATE}
