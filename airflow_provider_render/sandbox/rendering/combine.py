"""The models of a scene as one glTF file."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .assembly import placing
from .convert import append, load_document
from .edits import Gltf, edit
from .listing import VARIANTS, variant_names
from .spec import PlacedModel

LISTS = ("accessors", "bufferViews", "images", "materials", "meshes", "nodes", "samplers", "textures")


def combined(placed: list[PlacedModel]) -> Gltf:
    """One file that shows all models in their places; of several, animations, skins, lights and cameras go.

    :raises ModelError: a model is broken, or what is asked of it is not there.
    """
    if len(placed) == 1 and placed[0] == PlacedModel(model=placed[0].model):
        return Gltf.of(load_document(Path(placed[0].model)))
    whole = Gltf(
        {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}], **{kind: [] for kind in LISTS}},
        bytearray(),
    )
    for model in placed:
        one = Gltf.of(load_document(Path(model.model)))
        edit(one, model)
        _add(whole, one, model)
    whole.tree = {key: value for key, value in whole.tree.items() if value != []}
    return whole


def _add(whole: Gltf, one: Gltf, model: PlacedModel) -> None:
    tree, first = whole.tree, {kind: len(whole.tree[kind]) for kind in LISTS}
    start = append(whole.body, one.body)
    numbers = _merged_variants(tree, variant_names(one.tree))
    move: dict[str, Callable[[Any], Any]] = {
        "accessors": lambda entry: _accessor(entry, first),
        "bufferViews": lambda entry: {**entry, "byteOffset": entry.get("byteOffset", 0) + start},
        "images": lambda entry: _shifted(entry, {"bufferView": first["bufferViews"]}),
        "materials": lambda entry: _material(entry, first["textures"]),
        "meshes": lambda entry: _mesh(entry, first, numbers),
        "nodes": lambda entry: _node(entry, first),
        "samplers": lambda entry: entry,
        "textures": lambda entry: _texture(entry, first),
    }
    for kind in LISTS:
        tree[kind] += [move[kind](copy.deepcopy(entry)) for entry in one.tree.get(kind) or []]
    roots = [first["nodes"] + root for root in _roots(one.tree)]
    name = Path(model.model).stem
    tree["nodes"].append({"name": name, "children": roots, "matrix": placing(model).T.ravel().tolist()})
    tree["scenes"][0]["nodes"].append(len(tree["nodes"]) - 1)
    _merge_extensions(tree, one.tree)


def _roots(tree: dict[str, Any]) -> list[int]:
    if tree.get("scenes"):
        return list(tree["scenes"][tree.get("scene", 0)].get("nodes") or [])
    children = {child for node in tree["nodes"] for child in node.get("children") or []}
    return [index for index in range(len(tree["nodes"])) if index not in children]


def _merged_variants(tree: dict[str, Any], names: list[str]) -> list[int]:
    """Number in the whole of every variant of one file; variants of the same name become one."""
    if not names:
        return []
    declared = tree.setdefault("extensions", {}).setdefault(VARIANTS, {"variants": []})["variants"]
    known = [entry["name"] for entry in declared]
    declared += [{"name": name} for name in dict.fromkeys(names) if name not in known]
    known = [entry["name"] for entry in declared]
    return [known.index(name) for name in names]


def _merge_extensions(tree: dict[str, Any], other: dict[str, Any]) -> None:
    for key in ("extensionsUsed", "extensionsRequired"):
        mine, more = tree.get(key) or [], other.get(key) or []
        if more:
            tree[key] = list(dict.fromkeys([*mine, *more]))


def _shifted(entry: dict[str, Any], by: dict[str, int]) -> dict[str, Any]:
    return {**entry, **{key: entry[key] + offset for key, offset in by.items() if key in entry}}


def _accessor(entry: dict[str, Any], first: dict[str, int]) -> dict[str, Any]:
    by = {"bufferView": first["bufferViews"]}
    if "sparse" in entry:
        sparse = entry["sparse"]
        entry["sparse"] = {**sparse, **{key: _shifted(sparse[key], by) for key in ("indices", "values")}}
    return _shifted(entry, by)


def _material(entry: Any, first: int) -> Any:
    """Moves the texture numbers of a material, wherever its extensions may hide them."""
    if not isinstance(entry, dict):
        return entry
    moved = {key: _material(value, first) for key, value in entry.items()}
    return {
        key: _shifted(value, {"index": first})
        if key.endswith("Texture") and isinstance(value, dict)
        else value
        for key, value in moved.items()
    }


def _texture(entry: dict[str, Any], first: dict[str, int]) -> dict[str, Any]:
    for more in (entry.get("extensions") or {}).values():
        if "source" in more:
            more["source"] += first["images"]
    return _shifted(entry, {"sampler": first["samplers"], "source": first["images"]})


def _mesh(entry: dict[str, Any], first: dict[str, int], numbers: list[int]) -> dict[str, Any]:
    primitives = [_primitive(primitive, first, numbers) for primitive in entry["primitives"]]
    return {"name": entry["name"], "primitives": primitives}


def _primitive(primitive: dict[str, Any], first: dict[str, int], numbers: list[int]) -> dict[str, Any]:
    attributes = {key: value + first["accessors"] for key, value in primitive["attributes"].items()}
    moved = _shifted(primitive, {"indices": first["accessors"], "material": first["materials"]})
    more = (primitive.get("extensions") or {}).get(VARIANTS)
    for mapping in (more or {}).get("mappings") or []:
        mapping["material"] += first["materials"]
        mapping["variants"] = [numbers[number] for number in mapping["variants"]]
    kept: dict[str, Any] = {key: moved[key] for key in ("indices", "material", "mode") if key in moved}
    if more:
        kept["extensions"] = {VARIANTS: more}
    return {"attributes": attributes, **kept}


def _node(entry: dict[str, Any], first: dict[str, int]) -> dict[str, Any]:
    moved = _shifted(entry, {"mesh": first["meshes"]})
    if "children" in moved:
        moved["children"] = [first["nodes"] + child for child in moved["children"]]
    return {
        key: value for key, value in moved.items() if key not in ("camera", "skin", "weights", "extensions")
    }
