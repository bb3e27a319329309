"""Configurations become pictures by these rules.

A *configuration* of a model asset is an object of attributes; their names are matched in any case.

1. ``Variant`` (or any attribute) whose text is the name of one of the model's ``KHR_materials_variants``
   chooses that variant.
2. An attribute with the name of one of the model's materials changes that material; ``Color``, ``Colour``,
   ``Material``, ``Finish``, ``Fabric``, ``Roughness`` and ``Metallic`` change the main one, which is the
   first in the file, or what a variant puts in its place. ``*`` changes all. Of two attributes for one
   material the later wins, field by field.
3. What it changes to: ``"#aa3344"``, a colour word or ``{"r", "g", "b"}`` (0 to 1, or up to 255) is a colour;
   the name or ``{"assetId"}`` of a material asset (``Oak``, ``Brass`` ...) is that asset's colour, roughness
   and metalness, changed by its own ``configuration`` if one is given; ``{"color", "roughness",
   "metallic"}`` sets just these; a number is what the attribute is called, roughness or metalness.
4. ``Layers`` (or ``Parts``): a name, or a list of names, of nodes, meshes or materials; only these are drawn,
   where they are in the whole picture.
5. Everything else has no visible effect, yet makes another layer.

A *stage configuration* knows ``Background`` (a colour, or ``transparent``), ``Camera`` (``Front``, ``Side``,
``Back``, ``Top``, ``Three Quarter``), ``Azimuth``, ``Elevation`` (degrees), ``Zoom`` and ``Shadows``.
V-Ray pictures have a film's curve of tones; WebGL pictures have the stage's.
"""

from __future__ import annotations

import glob
import re
from typing import TYPE_CHECKING, Any

from PIL import ImageColor

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_render.sandbox.threekit.documents import Document

    FindMaterial = Callable[[str], dict[str, Any] | None]

Look = dict[str, Any]

MAIN = ("color", "colour", "material", "finish", "fabric", "roughness", "metallic")
PART_NAMES = ("layers", "parts")
SURFACE = {"color": (0, 0), "roughness": (0, 1), "metallic": (0, 1)}
CAMERAS: dict[str, dict[str, float]] = {
    "front": {"azimuth": 0},
    "side": {"azimuth": 90},
    "back": {"azimuth": 180},
    "top": {"azimuth": 0, "elevation": 80},
    "three quarter": {"azimuth": 32},
}
ROOM = (4.0, 2.6, 4.0)
HEX = re.compile(r"#[0-9a-fA-F]{6}")


def model_look(asset: Document, configuration: dict[str, Any], find_material: FindMaterial) -> Look:
    """
    Tell the renderer how a configured model looks.

    :param asset: a model asset.
    :param configuration: of that asset.
    :param find_material: finds how a material asset looks, by id or name.
    :return: ``materials``, ``parts`` and ``variant``, as far as they are not the model's own.
    """
    look: Look = {}
    changes: dict[str, dict[str, Any]] = {}
    variants = {name.lower(): name for name in asset.get("_variants", [])}
    for name, value in configuration.items():
        if name.lower() in PART_NAMES:
            look["parts"] = [glob.escape(str(each)) for each in _listed(value)]
        elif isinstance(value, str) and value.lower() in variants:
            look["variant"] = variants[value.lower()]
        else:
            for target in _targets(asset, name.lower()):
                changes.setdefault(target, {}).update(surface(name.lower(), value, find_material))
    if materials := {name: change for name, change in changes.items() if change}:
        look["materials"] = materials
    return {name: value for name, value in look.items() if value}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _targets(asset: Document, name: str) -> list[str]:
    named = [material for material in asset.get("_materials", []) if material.lower() == name]
    if not named and name == "*":
        return ["*"]
    if not named and name in MAIN:
        named = asset.get("_main", [])
        return [glob.escape(material) for material in named] or ["*"]
    return [glob.escape(material) for material in named]


def surface(name: str, value: Any, find_material: FindMaterial) -> dict[str, Any]:
    """
    Read what a value makes of a material.

    :param name: of the attribute, lower case.
    :param value: its value.
    :return: ``color``, ``roughness`` and ``metallic``, as far as they change.
    """
    if isinstance(value, bool) or value is None:
        return {}
    if isinstance(value, int | float):
        return _limited({name: value}) if name in ("roughness", "metallic") else {}
    if isinstance(value, list):
        return surface(name, value[0], find_material) if value else {}
    if isinstance(value, dict) and "assetId" in value:
        return _of_asset(value, find_material)
    if isinstance(value, dict) and not value.keys() & {"r", "g", "b"}:
        return _limited({field.lower(): each for field, each in value.items()})
    if isinstance(value, str) and (look := find_material(value)):
        return _limited(look)
    found = color(value)
    return {"color": found} if found else {}


def _of_asset(value: dict[str, Any], find_material: FindMaterial) -> dict[str, Any]:
    look = find_material(str(value["assetId"])) or {}
    configured = value.get("configuration")
    own = configured if isinstance(configured, dict) else {}
    return _limited({**look, **{field.lower(): each for field, each in own.items()}})


def _limited(look: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, (low, high) in SURFACE.items():
        value = look.get(field)
        if field == "color":
            found[field] = color(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[field] = min(max(float(value), low), high)
    return {field: value for field, value in found.items() if value is not None}


def color(value: Any) -> str | None:
    """Read a colour: ``#rgb`` forms, a word, or an object of red, green and blue; None if it is none."""
    if isinstance(value, dict):
        channels = [value.get(name) for name in "rgb"]
        if not all(isinstance(each, int | float) for each in channels):
            return None
        numbers = [float(each or 0) for each in channels]
        scale = 255 if max(numbers) <= 1 else 1
        return "#" + "".join(f"{min(max(round(each * scale), 0), 255):02x}" for each in numbers)
    try:
        red, green, blue = ImageColor.getrgb(str(value))[:3]
    except ValueError:
        return None
    return f"#{red:02x}{green:02x}{blue:02x}"


def stage_look(stage: Document | None, configuration: dict[str, Any], *, vray: bool, span: float) -> Look:
    """
    Tell the renderer how a configured stage looks.

    :param stage: a stage asset; None is a transparent picture.
    :param configuration: of the stage.
    :param vray: whether V-Ray was asked for.
    :param span: size of the model, which a room must hold.
    """
    look: Look = {"background": None, "shadows": False, **(stage or {}).get("_stage", {})}
    look["camera"] = dict(look.get("camera", {}))
    for name, value in configuration.items():
        _stage_attribute(look, name.lower(), value)
    if vray:
        look["tone"] = "filmic"
    if room := look.get("room"):
        scale = max(1.0, span)
        look["room"] = {**room, "size": [side * scale for side in ROOM]}
    return look


def _stage_attribute(look: Look, name: str, value: Any) -> None:
    if name == "background":
        _background(look, value)
    elif name == "camera":
        look["camera"].update(CAMERAS.get(str(value).lower().replace("-", " "), {}))
    elif name == "shadows" and isinstance(value, bool):
        look["shadows"] = value
    elif name in ("azimuth", "elevation", "zoom") and isinstance(value, int | float):
        low, high = {"azimuth": (-360, 360), "elevation": (-89, 89), "zoom": (0.1, 20)}[name]
        look["camera"][name] = min(max(float(value), low), high)


def _background(look: Look, value: Any) -> None:
    if str(value).lower() in ("transparent", "none"):
        look.pop("room", None)
        look["background"] = None
    elif found := color(value):
        look.pop("room", None)
        look["background"] = found
