"""Models as packages of several files: USDZ, and OBJ with its materials in a ZIP."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from .dataset import STAMP
from .material import placement, texture_source
from .textures import image_bytes
from .triangles import obj, word

if TYPE_CHECKING:
    from pathlib import Path

    from .document import Document
    from .geometry import Piece

ALIGNMENT = 64
# The extra field that carries the padding: id, size, then zeros.
FIELD = struct.Struct("<HH")
HEADER_BYTES = 30
PADDING_ID = 0x1986


class TextureFiles:
    """The pictures that go beside a model, equal ones once; formats other than PNG and JPEG become PNG."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.files: dict[str, bytes] = {}
        self._names: dict[Any, str] = {}
        self._known: dict[bytes, str] = {}

    def name(self, info: dict[str, Any], user: str) -> str:
        """Name of the file for a material's reference to a texture.

        :raises ModelError: the picture is missing.
        """
        source = texture_source(self.document.entry("textures", info.get("index"), user))
        if source not in self._names:
            data, _ = image_bytes(self.document, source, user)
            self._names[source] = self._added(source, data)
        return self._names[source]

    def _added(self, source: Any, data: bytes) -> str:
        digest = hashlib.sha256(data).digest()
        if digest in self._known:
            return self._known[digest]
        jpeg = data[:2] == b"\xff\xd8"
        name = self._known[digest] = f"textures/{source}.{'jpg' if jpeg else 'png'}"
        self.files[name] = data if jpeg or data[:4] == b"\x89PNG" else _as_png(data)
        return name


def write_aligned(path: Path, files: dict[str, bytes]) -> None:
    """Writes a ZIP as USDZ wants it: stored, and every file's data at a multiple of 64 bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, STAMP)
            start = archive.start_dir + HEADER_BYTES + len(name.encode()) + FIELD.size
            padding = -start % ALIGNMENT
            info.extra = FIELD.pack(PADDING_ID, padding) + bytes(padding)
            archive.writestr(info, data)


def write_obj_package(path: Path, document: Document, pieces: list[Piece]) -> None:
    """Writes a ZIP with ``model.obj``, ``model.mtl`` and the textures they name."""
    textures = TextureFiles(document)
    materials = document.tree.get("materials") or []
    library = "\n".join(_mtl(entry, textures) for entry in materials)
    geometry = obj(pieces, lambda piece: base_coordinates(document, piece), "model.mtl")
    files = {"model.obj": geometry, "model.mtl": library.encode(), **textures.files}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, STAMP), data, zipfile.ZIP_DEFLATED)


def base_coordinates(document: Document, piece: Piece) -> np.ndarray:
    """Where the corners of a piece lie in the picture of its base colour, ``(vertices, 2)``."""
    entry = document.entry("materials", piece.material, "a mesh")
    info = (entry.get("pbrMetallicRoughness") or {}).get("baseColorTexture")
    if not info:
        return piece.uv[:, :2]
    texture = document.entry("textures", info.get("index"), "a material")
    return np.stack(placement(document, info, texture, "a material").place(piece.uv), 1)


def _mtl(entry: dict[str, Any], textures: TextureFiles) -> str:
    surface, user = entry.get("pbrMetallicRoughness") or {}, f"material {entry['name']!r}"
    red, green, blue, alpha = surface.get("baseColorFactor", (1, 1, 1, 1))
    rough = max(float(surface.get("roughnessFactor", 1)), 0.2)
    lines = [
        f"newmtl {word(entry['name'])}",
        f"Kd {red:.6g} {green:.6g} {blue:.6g}",
        "Ke {:.6g} {:.6g} {:.6g}".format(*entry.get("emissiveFactor", (0, 0, 0))),
        f"d {alpha if entry.get('alphaMode', 'OPAQUE') == 'BLEND' else 1:.6g}",
        f"Ns {2 / rough**4 - 2:.6g}",
        f"Pr {surface.get('roughnessFactor', 1):.6g}",
        f"Pm {surface.get('metallicFactor', 1):.6g}",
    ]
    maps = {"map_Kd": surface.get("baseColorTexture"), "norm": entry.get("normalTexture")}
    maps["map_Ke"] = entry.get("emissiveTexture")
    lines += [f"{key} {textures.name(info, user)}" for key, info in maps.items() if info]
    return "\n".join(lines) + "\n"


def _as_png(data: bytes) -> bytes:
    target = io.BytesIO()
    with Image.open(io.BytesIO(data)) as picture:
        picture.save(target, "PNG", compress_level=6)
    return target.getvalue()
