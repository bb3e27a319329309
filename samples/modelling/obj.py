"""Writes parts as a zipped Wavefront OBJ with its materials and textures."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from modelling.textures import baked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from modelling.materials import Material
    from modelling.mesh import Part

OLDEST = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the archive, so that the same model gives the same bytes."""


def zipped_obj(name: str, parts: Sequence[Part]) -> bytes:
    """Return a ZIP archive of ``name.obj``, ``name.mtl`` and the colour maps.

    The colour of a material is painted into its map: an MTL has no factor for it.
    """
    materials = {part.material.name: part.material for part in parts}
    files = {f"{name}.obj": "\n".join(_obj_lines(name, parts)).encode() + b"\n"}
    files[f"{name}.mtl"] = "\n".join(_mtl_lines(materials.values())).encode() + b"\n"
    files |= {f"{key}.jpg": painted for key, item in materials.items() if (painted := _painted(item))}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path, OLDEST), data, zipfile.ZIP_DEFLATED, 9)
    return stream.getvalue()


def _obj_lines(name: str, parts: Sequence[Part]) -> Iterator[str]:
    yield f"# {name}, metres, Y up, CC0-1.0"
    yield f"mtllib {name}.mtl"
    start = 1
    for part in parts:
        mesh = part.mesh
        yield f"o {part.name}"
        yield from (f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in mesh.positions)
        yield from (f"vt {u:.3f} {v:.3f}" for u, v in mesh.uvs)
        yield from (f"vn {x:.3f} {y:.3f} {z:.3f}" for x, y, z in mesh.normals)
        yield f"usemtl {part.material.name}"
        for a, b, c in mesh.faces + start:
            yield f"f {a}/{a}/{a} {b}/{b}/{b} {c}/{c}/{c}"
        start += len(mesh.positions)


def _mtl_lines(materials: Iterable[Material]) -> Iterator[str]:
    for material in materials:
        red, green, blue = (1.0, 1.0, 1.0) if material.base else _encoded(material)
        yield f"newmtl {material.name}"
        yield f"Kd {red:.4f} {green:.4f} {blue:.4f}"
        yield "Ks 0.04 0.04 0.04"
        yield f"Ns {min(2 / max(material.roughness, 0.05) ** 4 - 2, 1000):.1f}"
        if material.base:
            yield f"map_Kd {material.name}.jpg"


def _painted(material: Material) -> bytes | None:
    if material.base is None:
        return None
    pixels = np.asarray(Image.open(io.BytesIO(material.base.jpeg)), dtype=np.float64) / 255
    return baked(material.name, pixels * _encoded(material), 86).jpeg


def _encoded(material: Material) -> tuple[float, float, float]:
    red, green, blue = (channel ** (1 / 2.2) for channel in material.colour)
    return red, green, blue
