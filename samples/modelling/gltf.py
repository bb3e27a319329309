"""Writes parts as one binary glTF 2.0 file."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from modelling.materials import Material
    from modelling.mesh import Part
    from modelling.textures import Texture

JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
COMPONENT = {"float32": 5126, "uint16": 5123, "uint32": 5125}
VARIANTS = "KHR_materials_variants"
SHAPE = {1: "SCALAR", 2: "VEC2", 3: "VEC3"}


def glb(title: str, parts: Sequence[Part]) -> bytes:
    """Return the file's bytes.

    :param title: name of the scene.
    :param parts: become one node, one mesh and one primitive each.
    """
    return _File(title, parts).packed()


class _File:
    """Collects the JSON document and the binary chunk of one file."""

    def __init__(self, title: str, parts: Sequence[Part]) -> None:
        self._binary = bytearray()
        self._materials: dict[str, int] = {}
        self._images: dict[str, int] = {}
        self._document: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "make_models.py", "copyright": "CC0-1.0"},
            "scene": 0,
            "scenes": [{"name": title, "nodes": list(range(len(parts)))}],
            "nodes": [{"name": part.name, "mesh": number} for number, part in enumerate(parts)],
            **{key: [] for key in ("meshes", "materials", "textures", "images", "accessors", "bufferViews")},
            "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}],
        }
        self._variants = list(dict.fromkeys(name for part in parts for name in part.variants))
        self._document["meshes"] = [self._mesh(part) for part in parts]
        if self._variants:
            declared = {VARIANTS: {"variants": [{"name": name} for name in self._variants]}}
            self._document |= {"extensionsUsed": [VARIANTS], "extensions": declared}

    def packed(self) -> bytes:
        document = {key: value for key, value in self._document.items() if value != []}
        document["buffers"] = [{"byteLength": len(self._binary)}]
        text = json.dumps(document, separators=(",", ":")).encode()
        chunks = _chunk(JSON_CHUNK, text, b" ") + _chunk(BINARY_CHUNK, bytes(self._binary), b"\0")
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

    def _mesh(self, part: Part) -> dict[str, Any]:
        mesh = part.mesh
        uvs = mesh.uvs * (1, -1) + (0, 1)
        attributes = {
            "POSITION": self._accessor(mesh.positions.astype(np.float32), limits=True),
            "NORMAL": self._accessor(mesh.normals.astype(np.float32)),
            "TEXCOORD_0": self._accessor(uvs.astype(np.float32)),
        }
        narrow = np.uint16 if len(mesh.positions) < 65536 else np.uint32
        indices = self._accessor(mesh.faces.astype(narrow).reshape(-1, 1), ELEMENT_ARRAY_BUFFER)
        primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": indices,
            "material": self._material(part.material),
        }
        if part.variants:
            primitive["extensions"] = {VARIANTS: {"mappings": self._mappings(part)}}
        return {"name": part.name, "primitives": [primitive]}

    def _mappings(self, part: Part) -> list[dict[str, Any]]:
        return [
            {"material": self._material(material), "variants": [self._variants.index(name)]}
            for name, material in part.variants.items()
        ]

    def _accessor(self, values: NDArray[Any], target: int = ARRAY_BUFFER, *, limits: bool = False) -> int:
        view = self._view(values.tobytes(), target)
        kind = {"componentType": COMPONENT[values.dtype.name], "type": SHAPE[values.shape[1]]}
        accessor = {"bufferView": view, "count": len(values), **kind}
        if limits:
            accessor |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        return self._added("accessors", accessor)

    def _view(self, data: bytes, target: int | None = None) -> int:
        self._binary += b"\0" * (-len(self._binary) % 4)
        view = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(data)}
        self._binary += data
        return self._added("bufferViews", view if target is None else {**view, "target": target})

    def _material(self, material: Material) -> int:
        if material.name not in self._materials:
            self._materials[material.name] = self._added("materials", self._described(material))
        return self._materials[material.name]

    def _described(self, material: Material) -> dict[str, Any]:
        metallic_roughness = {
            "baseColorFactor": [*(round(channel, 6) for channel in material.colour), 1.0],
            "metallicFactor": material.metallic,
            "roughnessFactor": round(material.roughness, 4),
            **self._reference("baseColorTexture", material.base),
            **self._reference("metallicRoughnessTexture", material.surface),
        }
        described: dict[str, Any] = {"name": material.name, "pbrMetallicRoughness": metallic_roughness}
        described |= self._reference("normalTexture", material.normal)
        if any(material.glow):
            described["emissiveFactor"] = list(material.glow)
            described |= self._reference("emissiveTexture", material.glow_map)
        return {**described, "doubleSided": True} if material.both_sides else described

    def _reference(self, key: str, texture: Texture | None) -> dict[str, Any]:
        if texture is None:
            return {}
        if texture.name not in self._images:
            image = {"name": texture.name, "mimeType": "image/jpeg", "bufferView": self._view(texture.jpeg)}
            source = self._added("images", image)
            self._images[texture.name] = self._added("textures", {"sampler": 0, "source": source})
        return {key: {"index": self._images[texture.name]}}

    def _added(self, collection: str, item: dict[str, Any]) -> int:
        self._document[collection].append(item)
        return len(self._document[collection]) - 1


def _chunk(kind: int, data: bytes, filler: bytes) -> bytes:
    data += filler * (-len(data) % 4)
    return struct.pack("<II", len(data), kind) + data
