"""Made-up products: small whole GLB models, each with bytes of its own, and their catalog."""

from __future__ import annotations

import json
import struct
from pathlib import Path

_CORNERS = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
_FACES = struct.pack("<3H", 0, 1, 2) + b"\0\0"
_BINARY = _CORNERS + _FACES


def glb(mark: str) -> bytes:
    """Return a triangle as GLB.

    :param mark: goes into the file, so that other marks give other bytes
    """
    document = {
        "asset": {"version": "2.0", "extras": {"mark": mark}},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": 3,
                "type": "VEC3",
                "min": [0, 0, 0],
                "max": [1, 1, 0],
            },
            {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteLength": 36},
            {"buffer": 0, "byteOffset": 36, "byteLength": 6},
        ],
        "buffers": [{"byteLength": len(_BINARY)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 28 + len(text) + len(_BINARY)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(_BINARY), b"BIN\0")
    return struct.pack("<4sII", b"glTF", 2, total) + chunks + _BINARY


def sku(number: int) -> str:
    """Return the SKU of a product."""
    return f"SKU-{number:06d}"


def stock(folder: Path, count: int, mark: str = "") -> Path:
    """Write models and their catalog, and return the catalog's path.

    :param folder: where; made if it is missing
    :param count: how many products
    :param mark: makes the models differ from those with another mark
    """
    models = folder / "models"
    models.mkdir(parents=True)
    rows = ["sku,model"]
    for number in range(count):
        (models / f"{sku(number)}.glb").write_bytes(glb(f"{mark}{number}"))
        rows.append(f"{sku(number)},models/{sku(number)}.glb")
    catalog = folder / "catalog.csv"
    catalog.write_text("\n".join(rows) + "\n")
    return catalog
