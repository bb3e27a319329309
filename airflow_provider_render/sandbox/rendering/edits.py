"""Changes to a glTF file itself, for exports: its variant, its materials and its parts.

A :class:`Gltf` is edited in place; what the edits leave unused stays in its buffer.
"""

from __future__ import annotations

import fnmatch
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from .assembly import chosen, known_variant
from .convert import add_view, self_contained
from .document import Document
from .geometry import variant_materials
from .listing import VARIANTS, variant_names
from .material import DEFAULT, GREY, linear_colour, texture_source
from .srgb import LINEAR, encoded
from .textures import read_image

if TYPE_CHECKING:
    from .spec import MaterialChange, ModelExport, PlacedModel

LARGEST_SIDE = 4096


@dataclass
class Gltf:
    """A glTF file with a single buffer."""

    tree: dict[str, Any]
    body: bytearray

    @classmethod
    def of(cls, document: Document) -> Gltf:
        """A copy of the document in which everything has a name, as messages and ``parts`` use it."""
        tree, body = self_contained(document)
        for kind, word in (("nodes", "node"), ("meshes", "mesh"), ("materials", "material")):
            for number, entry in enumerate(tree.get(kind) or []):
                entry["name"] = str(entry.get("name") or f"{word} {number}")
        _name_default(tree)
        return cls(tree, body)

    @property
    def document(self) -> Document:
        """The file as it can be read now."""
        self.tree["buffers"] = [{"byteLength": len(self.body)}]
        return Document(self.tree, memoryview(bytes(self.body)), None)


def edit(gltf: Gltf, wanted: PlacedModel | ModelExport) -> None:
    """Applies variant, materials and parts, in this order.

    :raises ModelError: a variant or part is not there.
    """
    if wanted.parts is not None:
        _keep_parts(gltf.tree, wanted.parts)
    if wanted.variant is not None:
        _show_variant(gltf, wanted.variant)
    for material in gltf.tree.get("materials") or []:
        for pattern, change in wanted.materials.items():
            if fnmatch.fnmatchcase(material["name"], pattern):
                _change(gltf, material, change)


def without_variants(tree: dict[str, Any]) -> None:
    """Takes the choice away; what is shown stays."""
    for primitive in _primitives(tree):
        _drop_extension(primitive, VARIANTS)
    _drop_extension(tree, VARIANTS)
    if VARIANTS in (tree.get("extensionsUsed") or []):
        tree["extensionsUsed"].remove(VARIANTS)
    if not tree.get("extensionsUsed"):
        tree.pop("extensionsUsed", None)


def _name_default(tree: dict[str, Any]) -> None:
    bare = [primitive for primitive in _primitives(tree) if "material" not in primitive]
    if bare:
        surface = {"metallicFactor": DEFAULT.metallic, "roughnessFactor": DEFAULT.roughness}
        colour = {"baseColorFactor": DEFAULT.base.tolist()}
        materials = tree.setdefault("materials", [])
        materials.append({"name": DEFAULT.name, "pbrMetallicRoughness": {**colour, **surface}})
    for primitive in bare:
        primitive["material"] = len(tree["materials"]) - 1


def _primitives(tree: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for mesh in tree.get("meshes") or [] for one in mesh.get("primitives") or []]


def _drop_extension(entry: dict[str, Any], name: str) -> None:
    more = entry.get("extensions") or {}
    more.pop(name, None)
    if not more:
        entry.pop("extensions", None)


def _show_variant(gltf: Gltf, name: str) -> None:
    known_variant(name, variant_names(gltf.tree))
    document = gltf.document
    for primitive in _primitives(gltf.tree):
        others = variant_materials(document, primitive, "a mesh")
        if name in others:
            primitive["material"] = others[name]


def _keep_parts(tree: dict[str, Any], parts: list[str]) -> None:
    shown = [(node, tree["meshes"][node["mesh"]]) for node in tree.get("nodes") or [] if "mesh" in node]
    names = [
        (node["name"], mesh["name"], tree["materials"][primitive["material"]]["name"])
        for node, mesh in shown
        for primitive in mesh["primitives"]
    ]
    kept = iter(chosen(names, parts))
    for node, mesh in shown:
        primitives = [primitive for primitive in mesh["primitives"] if next(kept)]
        if not primitives:
            node.pop("mesh")
            node.pop("skin", None)
        elif len(primitives) < len(mesh["primitives"]):
            tree["meshes"].append({**mesh, "primitives": primitives})
            node["mesh"] = len(tree["meshes"]) - 1


def _change(gltf: Gltf, material: dict[str, Any], change: MaterialChange) -> None:
    surface = material.setdefault("pbrMetallicRoughness", {})
    if change.color is not None:
        wanted = linear_colour(change.color)
        lift = 1.0
        if "baseColorTexture" in surface:
            lift = _grey_texture(gltf, surface, 1 / max(float(wanted.max()), 1e-3))
        alpha = surface.get("baseColorFactor", (1, 1, 1, 1))[3]
        surface["baseColorFactor"] = [*np.minimum(wanted * lift, 1).tolist(), alpha]
    if change.roughness is not None or change.metallic is not None:
        surface.pop("metallicRoughnessTexture", None)
    for key, value in (("roughnessFactor", change.roughness), ("metallicFactor", change.metallic)):
        if value is not None:
            surface[key] = value


def _grey_texture(gltf: Gltf, surface: dict[str, Any], most: float) -> float:
    """Puts a grey picture in place of the base colour's, of mean one when lifted by what is returned."""
    texture = gltf.tree["textures"][surface["baseColorTexture"]["index"]]
    picture = read_image(gltf.document, texture_source(texture), LARGEST_SIDE, "a base colour")
    raw = np.asarray(picture.convert("RGBA"))
    grey = LINEAR[raw[..., :3]] @ GREY
    grey /= max(float(grey.mean()), 1e-4)
    lift = min(max(float(grey.max()), 1e-3), most)
    layers = [np.repeat(encoded(grey / np.float32(lift))[..., None], 3, 2)]
    layers += [raw[..., 3:]] if picture.mode == "RGBA" else []
    view = add_view(gltf.tree, gltf.body, _png(np.concatenate(layers, 2)))
    gltf.tree["images"].append({"bufferView": view, "mimeType": "image/png"})
    sampler = {"sampler": texture["sampler"]} if "sampler" in texture else {}
    gltf.tree["textures"].append({**sampler, "source": len(gltf.tree["images"]) - 1})
    surface["baseColorTexture"] = {
        **surface["baseColorTexture"],
        "index": len(gltf.tree["textures"]) - 1,
    }
    return lift


def _png(pixels: np.ndarray) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG", compress_level=6)
    return target.getvalue()
