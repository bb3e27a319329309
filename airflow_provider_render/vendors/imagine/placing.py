"""Orders of scene renders with several products, as users write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_render.core.errors import SettingsError
from airflow_provider_render.vendors.imagine.settings import canonical, check, placement

PLACED = frozenset({"sku_id", "position", "rotation", "material_id"})


def order(
    scene_id: Any, cameras: Any, products: Any, units: str | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Check an order and return its settings and the placed products, as the vendor takes them.

    :param products: SKUs, or mappings with ``sku_id`` and where it stands; also as JSON text.
    :raises SettingsError: names what is wrong.
    """
    scene = {"scene_id": scene_id, "cameras": cameras, "units": units}
    settings = check(scene)
    if "scene_id" not in settings:
        raise SettingsError("Imagine.io render settings: scene_id: missing. Nothing was sent.")
    return canonical(settings), [_placed(scene, product) for product in _listed(products)]


def numbers(name: str, given: Any) -> list[int]:
    """Return numbers of cameras or pictures, also from text.

    :param name: the field, for the message.
    :raises SettingsError: they are none.
    """
    try:
        checked = check({"scene_id": 1, "cameras": given})
    except SettingsError:
        checked = {}
    if "cameras" not in checked:
        raise SettingsError(f"{name}: {given!r} is not allowed, use one or more whole numbers from 1")
    found: list[int] = checked["cameras"]
    return found


def _listed(products: Any) -> Sequence[Any]:
    found = products
    if isinstance(products, str) and products.strip()[:1] in ("[", "{"):
        try:
            found = json.loads(products)
        except ValueError as error:
            raise SettingsError(f"products: not JSON: {error}. Nothing was sent.") from error
    found = [found] if isinstance(found, str | Mapping) else found
    if not isinstance(found, Sequence) or not found:
        raise SettingsError(f"products: {products!r} is not allowed, use a list of SKUs or of mappings")
    return found


def _placed(scene: Mapping[str, Any], product: Any) -> dict[str, Any]:
    given = {"sku_id": product} if isinstance(product, str | int) else product
    if not isinstance(given, Mapping) or not str(given.get("sku_id") or "").strip():
        raise SettingsError(f"products: {product!r} has no sku_id. Nothing was sent.")
    if unknown := given.keys() - PLACED:
        names = ", ".join(sorted(map(str, unknown)))
        raise SettingsError(
            f"products: {names}: unknown, known are {', '.join(sorted(PLACED))}. Nothing was sent."
        )
    where = {name: value for name, value in given.items() if name != "sku_id"}
    return placement(str(given["sku_id"]).strip(), check({**scene, **where}))
