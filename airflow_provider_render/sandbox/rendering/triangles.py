"""Triangles as STL, DXF and OBJ, which CAD programs and printers read; the model's units, Y up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from .normals import face_vectors, unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from .geometry import Piece

STL_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
STL_HEAD = b"binary STL, units and axes of the model (glTF: metres, Y up)"
DXF_HEAD = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1009\n0\nENDSEC\n"
# Group codes 10 to 33: a 3DFACE has four corners, and a triangle repeats its last one.
DXF_FACE = "0\n3DFACE\n8\n{}\n" + "".join(
    f"{axis}{corner}\n%.7g\n" for corner in range(4) for axis in (1, 2, 3)
)
LAYER_LETTERS = 31
ROWS = 20_000


def stl(pieces: list[Piece]) -> bytes:
    """A binary STL."""
    corners = np.concatenate([piece.points[piece.faces] for piece in pieces])
    table = np.zeros(len(corners), STL_TRIANGLE)
    table["corners"] = corners
    table["normal"] = unit(np.concatenate([face_vectors(piece.points, piece.faces) for piece in pieces]))
    return STL_HEAD.ljust(80) + len(table).to_bytes(4, "little") + table.tobytes()


def dxf(pieces: list[Piece]) -> bytes:
    """An ASCII DXF of release 12 with one 3DFACE per triangle, on a layer per material."""
    layers = [_layer(piece.names[2]) for piece in pieces]
    parts = [DXF_HEAD, _layer_table(list(dict.fromkeys(layers))), "0\nSECTION\n2\nENTITIES\n"]
    for piece, layer in zip(pieces, layers, strict=True):
        corners = piece.points[piece.faces][:, [0, 1, 2, 2]]
        parts.append(rows(DXF_FACE.format(layer), corners.reshape(len(corners), -1), ""))
    return "".join([*parts, "0\nENDSEC\n0\nEOF\n"]).encode("ascii")


def obj(pieces: list[Piece], coordinates: Callable[[Piece], np.ndarray], library: str | None) -> bytes:
    """An OBJ with normals and texture coordinates.

    :param coordinates: gives a piece's texture coordinates, ``(vertices, 2)``, v downwards.
    :param library: name of the MTL file, null for none.
    """
    parts = [f"mtllib {library}\n"] if library else []
    first = 1
    for piece in pieces:
        uv = coordinates(piece) * (1, -1) + (0, 1)
        parts += [f"o {word(piece.names[0])}\n", rows("v %.7g %.7g %.7g\n", piece.points, "")]
        parts += [rows("vt %.6g %.6g\n", uv, ""), rows("vn %.5g %.5g %.5g\n", piece.normals, "")]
        corners = np.repeat((piece.faces + first).reshape(len(piece.faces), 3), 3, axis=1)
        parts += [f"usemtl {word(piece.names[2])}\n", rows("f %d/%d/%d %d/%d/%d %d/%d/%d\n", corners, "")]
        first += len(piece.points)
    return "".join(parts).encode()


def rows(pattern: str, values: np.ndarray, between: str) -> str:
    """One text per row of numbers, joined; the pattern has a place for each number of a row."""
    parts = [values[start : start + ROWS] for start in range(0, len(values), ROWS)]
    return between.join(between.join([pattern] * len(part)) % tuple(part.ravel().tolist()) for part in parts)


def word(name: str) -> str:
    """The name without blanks, which end a name in OBJ and MTL files."""
    return re.sub(r"\s+", "_", name.strip()) or "unnamed"


def _layer(name: str) -> str:
    return re.sub(r"[^A-Z0-9_$-]+", "_", name.upper())[:LAYER_LETTERS] or "0"


def _layer_table(layers: list[str]) -> str:
    head = f"0\nSECTION\n2\nTABLES\n0\nTABLE\n2\nLAYER\n70\n{len(layers)}\n"
    entry = "0\nLAYER\n2\n{}\n70\n0\n62\n{}\n6\nCONTINUOUS\n"
    entries = [entry.format(layer, number % 255 + 1) for number, layer in enumerate(layers)]
    return "".join([head, *entries, "0\nENDTAB\n0\nENDSEC\n"])
