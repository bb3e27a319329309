"""Render settings, checked before anything is sent: content of a product alone, or pictures in a scene."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from airflow_provider_render.core.checking import Number, SettingsCheck, Whole, plain_number
from airflow_provider_render.core.job import Settings
from airflow_provider_render.vendors.imagine.endpoints import ORDERS

OTHER_NAMES: Mapping[str, str] = {order["req_type"].lower(): kind for kind, order in ORDERS.items()} | {
    "3d": "viewer",
    "spin": "360",
}
"""Types of content under the vendor's own names, and under others that people use."""

DEFAULT_CONTENT = ["silo"]
DEFAULT_UNITS = "inches"


def _cell(value: Any) -> Any:
    """Read the text of a table's cell as a list: JSON, or parts with commas, semicolons or blanks between."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            raise ValueError("not JSON") from None
    return [part for part in re.split(r"[\s,;]+", text) if part]


def _list(value: Any) -> Any:
    value = _cell(value)
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value


def _types(value: Any) -> Any:
    # The vendor's "Product Image" has a blank, at which a cell would be divided.
    value = [value] if str(value).strip().lower() in OTHER_NAMES else _list(value)
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise ValueError("a list is wanted")  # noqa: TRY004 - pydantic reports ValueError
    names = [str(one).strip().lower() for one in value]
    known = [OTHER_NAMES.get(name, name) for name in names]
    if not known or not ORDERS.keys() >= set(known):
        raise ValueError("not known")
    return sorted(set(known))


def _each_once(value: list[int]) -> list[int]:
    return list(dict.fromkeys(value))


Id = Annotated[Whole, Field(ge=1)]
Vector = Annotated[tuple[Number, Number, Number], BeforeValidator(_cell)]


class ImagineSettings(BaseModel):
    """All settings of Imagine.io. Those of content and those of scenes exclude each other.

    :param content: what to make of the product alone: ``silo`` pictures, a ``360`` spin, a 3D ``viewer``,
        an ``ar`` page; ``silo`` where nothing is given.
    :param scene_id: number of the scene, or template, that the product is put into.
    :param cameras: numbers of the scene's cameras; one picture each, in up to three looks.
    :param position: x, y, z of the product, in ``units``.
    :param rotation: three angles.
    :param material_id: number of the material that it gets.
    :param units: of the position; ``inches`` by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    content: Annotated[list[str], BeforeValidator(_types)] | None = None
    scene_id: Id | None = None
    cameras: (
        Annotated[list[Id], BeforeValidator(_list), AfterValidator(_each_once), Field(min_length=1)] | None
    ) = None
    position: Vector | None = None
    rotation: Vector | None = None
    material_id: Id | None = None
    units: Annotated[str, Field(min_length=1)] | None = None


NAMES = tuple(ImagineSettings.model_fields)
SCENE = frozenset(NAMES) - {"content"}

ALLOWED: Mapping[str, str] = {
    "content": f"one or more of {', '.join(ORDERS)}",
    "scene_id": "a whole number from 1",
    "cameras": "one or more whole numbers from 1",
    "position": "three numbers",
    "rotation": "three numbers",
    "material_id": "a whole number from 1",
    "units": "a text that is not empty",
}

CHECK = SettingsCheck("Imagine.io", ImagineSettings, ALLOWED)


def check(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as JSON values, only what was given; empty cells count as not given.

    :raises SettingsError: names all that is wrong.
    """
    given = {name: value for name, value in raw.items() if not _empty(value)}
    return _given(CHECK.read(given, _contradictions))


def canonical(settings: Settings) -> dict[str, Any]:
    """Return settings with defaults filled in, in an order that makes no difference."""
    if not is_scene(settings):
        return {"content": sorted(settings.get("content") or DEFAULT_CONTENT)}
    plain = {name: _plain(value) for name, value in settings.items() if value is not None}
    return {"units": DEFAULT_UNITS, **plain, "cameras": sorted(settings["cameras"])}


def is_scene(settings: Settings) -> bool:
    """Whether settings ask for pictures in a scene."""
    return settings.get("scene_id") is not None


def placement(sku: str, settings: Settings) -> dict[str, Any]:
    """Return how a product stands in a scene, as the vendor takes it."""
    wanted = ("position", "rotation", "material_id")
    return {"sku_id": sku} | {name: settings[name] for name in wanted if settings.get(name) is not None}


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _given(settings: ImagineSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json", exclude_unset=True)


def _contradictions(settings: ImagineSettings) -> Iterator[str]:
    checked = _given(settings)
    of_scene = ", ".join(name for name in NAMES if name in checked.keys() & SCENE)
    if "content" in checked and of_scene:
        yield (
            f"content: cannot be mixed with {of_scene}; a scene render is an item of its own, such as another"
            " variant"
        )
    elif of_scene:
        for name in ("scene_id", "cameras"):
            if name not in checked:
                yield f"{name}: missing, {of_scene} {'needs' if of_scene in SCENE else 'need'} it"


def _plain(value: Any) -> Any:
    """Return one form for equal values: 6.0 as 6."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return plain_number(value)
