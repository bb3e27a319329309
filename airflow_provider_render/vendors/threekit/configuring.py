"""Whole configurations: what is asked for, and for every other attribute the asset's own default.

A render job makes all combinations of the attributes that it does not name, and a layer is kept under its
whole configuration. So one picture is asked for, and looked up, with every attribute named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_render.core.calls import Operation, send
from airflow_provider_render.core.errors import RejectedError
from airflow_provider_render.core.job import Settings
from airflow_provider_render.vendors.threekit.answers.assets import Item
from airflow_provider_render.vendors.threekit.endpoints.administration import get_org
from airflow_provider_render.vendors.threekit.endpoints.assets import get_item
from airflow_provider_render.vendors.threekit.settings import canonical


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole configuration of an asset or stage.

    :param values: value of each attribute.
    :param stage_id: the asset's default stage, where it has one.
    """

    values: Mapping[str, Any]
    stage_id: str | None = None


def blank(value: Any) -> bool:
    """Whether a value of an attribute says that nothing is chosen."""
    return value in (None, "", {"assetId": ""})


def equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two configurations show the same: attributes in which nothing is chosen do not count."""
    first, second = (
        {name: value for name, value in configuration.items() if not blank(value)}
        for configuration in (one, other)
    )
    return first == second


def whole(asset_id: str, configuration: Mapping[str, Any]) -> Operation[Whole]:
    """Return a configuration with the asset's defaults; an asset that tells none has none."""
    try:
        item = yield from send(get_item(asset_id))
    except RejectedError:
        return Whole(dict(configuration))
    return Whole({**dict(_defaults(item)), **configuration}, item.default_stage_id)


def stage_of(settings: Settings) -> Operation[tuple[str | None, Mapping[str, Any]]]:
    """Return the stage that settings name, with its whole configuration."""
    wanted = canonical(settings)
    stage_id = wanted.get("stageId")
    if not stage_id:
        return None, {}
    staged = yield from whole(stage_id, wanted["stageConfiguration"])
    return stage_id, staged.values


def default_stages() -> Operation[frozenset[str]]:
    """Return the stages in which the organisation shows assets that have none of their own."""
    try:
        org = yield from send(get_org())
    except RejectedError:
        return frozenset()
    return frozenset(str(stage) for stage in org.player_settings.default_stages.values() if stage)


def stages_meant(asset_id: str) -> Operation[frozenset[str]]:
    """Return the stages that may be meant where none is named; empty stands for none at all."""
    asset = yield from whole(asset_id, {})
    own = frozenset({asset.stage_id}) if asset.stage_id else (yield from default_stages())
    return own | {""}


def _defaults(item: Item) -> Iterator[tuple[str, Any]]:
    """Yield each attribute with its default, or else with the first value that it may have."""
    for attribute in item.attributes if isinstance(item.attributes, list) else ():
        if not isinstance(attribute, Mapping) or not isinstance(attribute.get("name"), str):
            continue
        values = attribute.get("values")
        first = values[0] if isinstance(values, list) and values else None
        default = attribute.get("defaultValue")
        value = first if default is None else default
        if first is not None or not blank(value):
            yield attribute["name"], value
