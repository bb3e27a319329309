"""Bulk renders: the configurations that a subset of attributes spans."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.threekit.assumed import MOST_LAYERS
from airflow_provider_render.sandbox.threekit.errors import malformed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_render.sandbox.threekit.documents import Document

INCLUDE, EXCLUDE = "include", "exclude"


def configurations(asset: Document, subset: Any, base: dict[str, Any]) -> list[dict[str, Any]]:
    """
    Span all combinations of an asset's attributes that have listed values.

    A subset narrows the values of an attribute, or gives values to one that lists none; values that an
    attribute does not list are left out. Its layers make one picture each.

    :param asset: a model, item or stage.
    :param subset: ``{"attributes": {Name: {"values", "filterMode"}}, "layers": {"values", "filterMode"}}``.
    :param base: what all configurations have.
    :raises ApiError: 422.
    """
    given = _object("subset", subset)
    filters = {
        name: _object(name, rule) for name, rule in _object("attributes", given.get("attributes")).items()
    }
    listed = {each["name"]: each["values"] for each in asset.get("attributes", []) if each.get("values")}
    choices = {
        name: _chosen(listed.get(name), filters.get(name))
        for name in {**listed, **filters}
        if name not in base
    }
    found = [{**base, **each} for each in _product(choices)]
    return list(_with_layers(found, _object("layers", given.get("layers"))))


def _object(name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise malformed(f"subset: {name} must be an object")
    return value


def _chosen(listed: list[Any] | None, rule: dict[str, Any] | None) -> list[Any]:
    if rule is None:
        return listed or []
    values, mode = rule.get("values") or [], rule.get("filterMode", INCLUDE)
    if not isinstance(values, list) or mode not in (INCLUDE, EXCLUDE):
        raise malformed("subset: attributes need values and a filterMode of include or exclude")
    if mode == EXCLUDE:
        return [value for value in listed or [] if value not in values]
    return [value for value in values if listed is None or value in listed]


def _product(choices: dict[str, list[Any]]) -> Iterable[dict[str, Any]]:
    total = 1
    for values in choices.values():
        total *= len(values)
    if total > MOST_LAYERS:
        raise malformed(f"subset: more than {MOST_LAYERS} combinations")
    for chosen in itertools.product(*choices.values()):
        yield dict(zip(choices, chosen, strict=True))


def _with_layers(found: list[dict[str, Any]], rule: dict[str, Any]) -> Iterable[dict[str, Any]]:
    values = rule.get("values") or []
    if not isinstance(values, list) or rule.get("filterMode", INCLUDE) != INCLUDE or not values:
        yield from found
        return
    for configuration, value in itertools.product(found, values):
        yield {**configuration, "Layers": [value]}
