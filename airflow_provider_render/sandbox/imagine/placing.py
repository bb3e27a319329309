"""Orders for images: which scene, which cameras, and which product stands where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.imagine import assumed
from airflow_provider_render.sandbox.imagine.errors import ApiError
from airflow_provider_render.sandbox.imagine.scenes import MATERIALS, METRES, SCENES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_render.sandbox.imagine.outputs import Placement
    from airflow_provider_render.sandbox.imagine.products import Product, Products

LARGEST = 1e6
NO_INTEGER, NO_LIST = "A valid integer is required.", "Expected a list of items."
NO_VECTOR = "Expected a list of three numbers."

Problems = dict[str, Any]


@dataclass(frozen=True)
class Order:
    """
    Images that somebody wants.

    :param cameras: ids of cameras of the scene.
    :param products: what is placed, in the order of the request.
    :param placements: where, in metres and degrees.
    """

    scene_id: int
    cameras: list[int]
    products: list[Product]
    placements: list[Placement]


def read(body: dict[str, Any], known: Products) -> Order:
    """
    Read an order from a request.

    :param body: as it was sent.
    :param known: the products of the account.
    :raises ApiError: 400, naming every field that is wrong.
    """
    items = _items(body.get("products"))
    metres = _unit(body.get("units"))
    problems = {
        **_scene_problems(body.get("scene_id"), body.get("cameras_to_render")),
        **({} if metres else {"units": [assumed.CHOICE_UNKNOWN.format(body.get("units"))]}),
        **_product_problems(body.get("products"), items, known),
    }
    if problems:
        raise ApiError(400, problems)
    products = [found for each in items if (found := known.placeable(each["sku_id"]))]
    placements = [_placement(item, product, metres) for item, product in zip(items, products, strict=True)]
    return Order(body["scene_id"], list(dict.fromkeys(body["cameras_to_render"])), products, placements)


def _items(given: object) -> list[dict[str, Any]]:
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def _unit(given: object) -> float:
    return METRES.get(str(given).lower(), 0.0) if given else METRES["inches"]


def _scene_problems(scene_id: Any, cameras: Any) -> Problems:
    problems: Problems = {}
    if not _is_integer(scene_id):
        problems["scene_id"] = [NO_INTEGER if scene_id is not None else assumed.REQUIRED]
    elif scene_id not in SCENES:
        problems["scene_id"] = [f"Room/Scene with id {scene_id} not found or not accessible."]
    if not isinstance(cameras, list) or not cameras:
        problems["cameras_to_render"] = [NO_LIST if cameras else assumed.REQUIRED]
    elif not all(map(_is_integer, cameras)):
        problems["cameras_to_render"] = [NO_INTEGER]
    elif "scene_id" not in problems and (wrong := [c for c in cameras if c not in SCENES[scene_id].cameras]):
        problems["cameras_to_render"] = [f"Invalid camera ID(s) for scene {scene_id}: {wrong}"]
    return problems


def _product_problems(given: Any, items: Sequence[dict[str, Any]], known: Products) -> Problems:
    if not isinstance(given, list) or not given or len(items) != len(given):
        return {"products": [NO_LIST if given else assumed.REQUIRED]}
    problems: Problems = {}
    skus = [each.get("sku_id") for each in items]
    if wrong := [sku for sku in skus if not (isinstance(sku, str) and sku and known.placeable(sku))]:
        problems["sku_id"] = f"Invalid or inaccessible sku_id(s): {wrong}"
    materials = [each.get("material_id") for each in items]
    if wrong := [each for each in materials if each is not None and not _is_material(each)]:
        problems["material_id"] = assumed.MATERIAL_UNKNOWN.format(wrong)
    for name in ("position", "rotation"):
        if not all(_is_vector(each.get(name)) for each in items):
            problems[name] = NO_VECTOR
    return {"products": problems} if problems else {}


def _placement(item: dict[str, Any], product: Product, metres: float) -> Placement:
    position, rotation = item.get("position") or (0, 0, 0), item.get("rotation") or (0, 0, 0)
    return {
        "product_id": product.id,
        "position": [float(each) * metres for each in position],
        "rotation": [float(each) for each in rotation],
        "material_id": item.get("material_id"),
    }


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_material(value: object) -> bool:
    return _is_integer(value) and value in MATERIALS


def _is_vector(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, list) and len(value) == 3 and all(map(_is_coordinate, value))


def _is_coordinate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
