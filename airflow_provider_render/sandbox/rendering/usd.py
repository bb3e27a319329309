"""Models as USDZ: a USDA layer of meshes and UsdPreviewSurface materials, with its textures beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from .packages import TextureFiles, write_aligned
from .triangles import rows
from .usd_material import Surface

if TYPE_CHECKING:
    from pathlib import Path

    from .document import Document
    from .geometry import Piece

HEAD = """#usda 1.0
(
    defaultPrim = "Root"
    metersPerUnit = 1
    upAxis = "Y"
)

def Xform "Root" (
    kind = "component"
)
{
"""
MESH = """    def Mesh "{name}" (
        prepend apiSchemas = ["MaterialBindingAPI"]
    )
    {{
        uniform bool doubleSided = {double}
        float3[] extent = [{extent}]
        int[] faceVertexCounts = [{counts}]
        int[] faceVertexIndices = [{indices}]
        rel material:binding = <{material}>
        normal3f[] normals = [{normals}] (
            interpolation = "vertex"
        )
        point3f[] points = [{points}]
{primvars}        uniform token subdivisionScheme = "none"
    }}
"""
PRIMVAR = """        {kind}[] primvars:{name} = [{values}] (
            interpolation = "vertex"
        )
"""
THREE = "(%.7g, %.7g, %.7g)"


def write_usdz(path: Path, document: Document, pieces: list[Piece]) -> None:
    """Writes a USDZ.

    :param pieces: of the document, which names every material.
    :raises ModelError: a texture is missing.
    """
    textures = TextureFiles(document)
    tinted = {piece.material for piece in pieces if piece.colours[:, :3].min() < 1}
    names = _Names()
    surfaces = {
        number: Surface(document, number, names.new(entry["name"]), textures, number in tinted)
        for number, entry in enumerate(document.tree.get("materials") or [])
    }
    names = _Names("Materials")
    meshes = [_mesh(piece, names.new(piece.names[0]), surfaces[piece.material]) for piece in pieces]
    used = {piece.material for piece in pieces}
    scope = [surface.text for number, surface in surfaces.items() if number in used]
    layer = [HEAD, *meshes, '    def Scope "Materials"\n    {\n', *scope, "    }\n}\n"]
    write_aligned(path, {"model.usda": "".join(layer).encode(), **textures.files})


class _Names:
    """Gives out names that USD accepts, each once."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)

    def new(self, wanted: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", wanted) or "unnamed"
        plain = f"_{plain}" if plain[0].isdigit() else plain
        name, number = plain, 1
        while name in self._taken:
            number += 1
            name = f"{plain}_{number}"
        self._taken.add(name)
        return name


def _mesh(piece: Piece, name: str, surface: Surface) -> str:
    corners = np.stack([piece.points.min(0), piece.points.max(0)])
    return MESH.format(
        name=name,
        double=int(surface.double_sided),
        extent=rows(THREE, corners, ", "),
        counts=", ".join(["3"] * len(piece.faces)),
        indices=rows("%d, %d, %d", piece.faces, ", "),
        material=surface.path,
        normals=rows("(%.5g, %.5g, %.5g)", piece.normals, ", "),
        points=rows(THREE, piece.points, ", "),
        primvars="".join(_primvars(piece, surface)),
    )


def _primvars(piece: Piece, surface: Surface) -> list[str]:
    texts = []
    if surface.tinted:
        values = rows(THREE, piece.colours[:, :3], ", ")
        texts.append(PRIMVAR.format(kind="color3f", name="displayColor", values=values))
    for placement, name in surface.placements.items():
        u, v = placement.place(piece.uv)
        values = rows("(%.6g, %.6g)", np.stack([u, 1 - v], 1), ", ")
        texts.append(PRIMVAR.format(kind="texCoord2f", name=name, values=values))
    return texts
