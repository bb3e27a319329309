"""Small models for tests, whole and broken."""

from __future__ import annotations

import copy
import io
import json
import struct
import zipfile
from typing import Any

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
_POSITIONS = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
_INDICES = struct.pack("<3H", 0, 1, 2) + b"\0\0"
BINARY = _POSITIONS + _INDICES + PNG

TRIANGLE: dict[str, Any] = {
    "asset": {"version": "2.0"},
    "scene": 0,
    "scenes": [{"nodes": [0]}],
    "nodes": [{"children": [1]}, {"mesh": 0}],
    "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
    "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
    "textures": [{"source": 0}],
    "images": [{"bufferView": 2, "mimeType": "image/png"}],
    "accessors": [
        {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
        {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
    ],
    "bufferViews": [
        {"buffer": 0, "byteLength": 36},
        {"buffer": 0, "byteOffset": 36, "byteLength": 6},
        {"buffer": 0, "byteOffset": 44, "byteLength": len(PNG)},
    ],
    "buffers": [{"byteLength": len(BINARY)}],
}

OBJ = b"mtllib chair.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl wood\nf 1 2 3\n"
MTL = b"newmtl wood\nmap_Kd -s 1 1 1 wood grain.png\n"


def document(*path: Any, to: Any) -> dict[str, Any]:
    """Return the triangle with one value changed."""
    changed: Any = copy.deepcopy(TRIANGLE)
    *above, last = path
    inner = changed
    for step in above:
        inner = inner[step]
    inner[last] = to
    return changed


def glb(data: Any = TRIANGLE, binary: bytes = BINARY, version: int = 2) -> bytes:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + len(binary)
    head = struct.pack("<4sII", b"glTF", version, length)
    return (
        head
        + struct.pack("<I4s", len(text), b"JSON")
        + text
        + struct.pack("<I4s", len(binary), b"BIN\0")
        + binary
    )


def zipped(**files: bytes) -> bytes:
    """Return a zip; ``chair__obj`` stands for ``chair.obj``."""
    return zipped_files({name.replace("__", "."): data for name, data in files.items()})


def zipped_files(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()
