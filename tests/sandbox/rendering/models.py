"""Tiny models made by hand, as glTF trees and GLB bytes."""

from __future__ import annotations

import copy
import io
import json
import struct

import numpy as np
from PIL import Image


def box(size=(1.0, 1.0, 1.0)):
    """Points, normals, texture coordinates and triangles of a box around the origin."""
    points, normals, uv, faces = [], [], [], []
    for axis in range(3):
        for sign in (-1, 1):
            across, along = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
            out = np.eye(3)[axis] * sign
            first = len(points)
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                points.append((out + a * sign * across + b * along) * np.array(size) / 2)
                normals.append(out)
                uv.append(((a + 1) / 2, (b + 1) / 2))
            faces += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    return np.array(points), np.array(normals), np.array(uv), np.array(faces)


def ball(radius=0.5, rings=24):
    """Points, normals, texture coordinates and triangles of a sphere around the origin."""
    down, turn = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, 2 * rings + 1))
    normals = np.stack([np.sin(down) * np.sin(turn), np.cos(down), np.sin(down) * np.cos(turn)], -1).reshape(
        -1, 3
    )
    uv = np.stack([turn / (2 * np.pi), down / np.pi], -1).reshape(-1, 2)
    a = (np.arange(2 * rings)[:, None] * (rings + 1) + np.arange(rings)).ravel()
    b = a + rings + 1
    faces = np.concatenate([np.stack([a, a + 1, b], 1), np.stack([b, a + 1, b + 1], 1)])
    return normals * radius, normals, uv, faces


def picture(colour, size=(4, 4)):
    """A PNG of one colour."""
    target = io.BytesIO()
    Image.new("RGB" if len(colour) == 3 else "RGBA", size, colour).save(target, "PNG")
    return target.getvalue()


class Model:
    """A glTF under construction: ``tree`` is its JSON, ``body`` its binary data."""

    def __init__(self):
        self.tree = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            "nodes": [],
            "meshes": [],
            "materials": [],
            "accessors": [],
            "bufferViews": [],
            "buffers": [{"byteLength": 0}],
        }
        self.body = b""

    def view(self, data):
        self.tree["bufferViews"].append({"buffer": 0, "byteOffset": len(self.body), "byteLength": len(data)})
        self.body += data + bytes(-len(data) % 4)
        self.tree["buffers"][0]["byteLength"] = len(self.body)
        return len(self.tree["bufferViews"]) - 1

    def accessor(self, values, kind):
        values = np.asarray(values)
        code = 5125 if values.dtype.kind in "iu" else 5126
        data = values.astype("<u4" if code == 5125 else "<f4").tobytes()
        self.tree["accessors"].append(
            {"bufferView": self.view(data), "componentType": code, "count": len(values), "type": kind}
        )
        return len(self.tree["accessors"]) - 1

    def texture(self, data):
        images = self.tree.setdefault("images", [])
        images.append({"bufferView": self.view(data), "mimeType": "image/png"})
        self.tree.setdefault("textures", []).append({"source": len(images) - 1})
        return {"index": len(images) - 1}

    def add(self, shape, name="thing", at=(0, 0, 0), normals=True, **material):
        points, directions, uv, faces = shape
        attributes = {"POSITION": self.accessor(points.astype(float), "VEC3")}
        if normals:
            attributes["NORMAL"] = self.accessor(directions.astype(float), "VEC3")
        attributes["TEXCOORD_0"] = self.accessor(uv.astype(float), "VEC2")
        self.tree["materials"].append({"name": name, **material})
        primitive = {
            "attributes": attributes,
            "indices": self.accessor(faces.ravel(), "SCALAR"),
            "material": len(self.tree["materials"]) - 1,
        }
        self.tree["meshes"].append({"name": name, "primitives": [primitive]})
        node = {"name": name, "mesh": len(self.tree["meshes"]) - 1, "translation": list(at)}
        self.tree["nodes"].append(node)
        self.tree["scenes"][0]["nodes"].append(len(self.tree["nodes"]) - 1)
        return self

    def offer(self, name, **variants):
        """Declares variants of the thing of that name: their materials by variant name."""
        mappings = []
        for number, (variant, material) in enumerate(variants.items()):
            self.tree["materials"].append({"name": f"{name} {variant}", **material})
            mappings.append({"material": len(self.tree["materials"]) - 1, "variants": [number]})
        mesh = next(mesh for mesh in self.tree["meshes"] if mesh["name"] == name)
        mesh["primitives"][0]["extensions"] = {"KHR_materials_variants": {"mappings": mappings}}
        declared = {"variants": [{"name": variant} for variant in variants]}
        self.tree["extensions"] = {"KHR_materials_variants": declared}
        self.tree["extensionsUsed"] = ["KHR_materials_variants"]
        return self

    def changed(self, change):
        """A copy whose tree ``change`` has edited."""
        other = Model()
        other.tree, other.body = copy.deepcopy(self.tree), self.body
        change(other.tree)
        return other

    def glb(self):
        text = json.dumps(self.tree).encode()
        text += b" " * (-len(text) % 4)
        parts = struct.pack("<I4s", len(text), b"JSON") + text
        parts += struct.pack("<I4s", len(self.body), b"BIN\0") + self.body
        return b"glTF" + struct.pack("<II", 2, 12 + len(parts)) + parts

    def save(self, path):
        path.write_bytes(self.glb())
        return path


def plain(colour=(0.8, 0.2, 0.1, 1.0), roughness=0.9):
    """Material fields of a plain colour (linear RGBA)."""
    return {
        "pbrMetallicRoughness": {
            "baseColorFactor": list(colour),
            "metallicFactor": 0,
            "roughnessFactor": roughness,
        }
    }
