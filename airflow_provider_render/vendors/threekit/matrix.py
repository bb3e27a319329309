"""The body of a render job: assets and stages, each with the values of its attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_render.core.job import Settings
from airflow_provider_render.vendors.threekit.settings import canonical

Values = Mapping[str, Sequence[Any]]
"""Wanted values by attribute; an attribute that is not named keeps all that it has."""


def member(asset_id: str, attributes: Values | None = None) -> dict[str, Any]:
    """Return an asset, or a stage, with the values of its attributes that are wanted."""
    wanted = {
        name: {"values": list(values), "filterMode": "include"} for name, values in (attributes or {}).items()
    }
    return {"assetId": asset_id, "subset": {"attributes": wanted, "uniqueAttrs": "all"}}


def single(configuration: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the values of attributes that select one configuration."""
    return {name: [value] for name, value in configuration.items()}


def output(settings: Settings, format_field: str) -> dict[str, Any]:
    """Return size and format of render settings, as a render job takes them.

    :param format_field: the name under which a format is asked for, which is assumed.
    """
    wanted = canonical(settings)
    asked: dict[str, Any] = {"resolution": {"width": wanted["width"], "height": wanted["height"]}}
    if wanted["format"] != "png":
        asked[format_field] = wanted["format"]
    return {"output": asked}
