"""The triangles of a GLB file, read piece by piece and thinned out where there are very many."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

MOST_TRIANGLES = 20_000
MOST_BYTES = 64 * 1024 * 1024
MOST_JSON = 16 * 1024 * 1024
MOST_NODES = 20_000
OVERLAP = 2.0
"""How much larger than needed triangles are drawn where others were left out: those left are not even."""

FORMATS = {5120: "b", 5121: "B", 5122: "h", 5123: "H", 5125: "I", 5126: "f"}
SHARES = {5120: 1 / 127, 5121: 1 / 255, 5122: 1 / 32767, 5123: 1 / 65535}
"""Value of one step of a normalised number, by its type."""

BAD_FILE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    struct.error,
)
"""What comes of reading a file that breaks the format's rules."""

GREY = (0.6, 0.6, 0.6)

Vector = tuple[float, float, float]
Matrix = Sequence[float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


class BrokenMeshError(Exception):
    """The file is no GLB, or its triangles cannot be read this way."""


@dataclass(frozen=True, slots=True)
class Triangle:
    """A triangle of the model, where it stands in the scene.

    :param colour: red, green and blue of its material, 0 to 1, linear.
    """

    corners: tuple[Vector, Vector, Vector]
    colour: Vector


def triangles(file: BinaryIO) -> Iterator[Triangle]:
    """Yield the triangles of a GLB, at most some 20,000 of them, grown where others were left out.

    :param file: at its first byte; only JSON, positions and indices are read.
    :raises BrokenMeshError: it is no GLB, is compressed, or is too large.
    """
    try:
        reader = _Reader(file)
        pieces = list(reader.pieces())
        total = sum(piece.count for piece in pieces)
        step = max(1, math.ceil(total / MOST_TRIANGLES))
        for piece in pieces:
            yield from reader.triangles(piece, step)
    except BAD_FILE as error:
        raise BrokenMeshError(f"the triangles cannot be read: {error!r}") from error


@dataclass(frozen=True, slots=True)
class _Piece:
    """One part of a mesh, where it stands."""

    positions: Mapping[str, Any]
    indices: Mapping[str, Any] | None
    matrix: Matrix
    colour: Vector

    @property
    def count(self) -> int:
        return int((self.indices or self.positions)["count"]) // 3


class _Reader:
    """Reads the pieces of one file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        magic, version, _, length, kind = struct.unpack("<4sIII4s", file.read(20))
        if magic != b"glTF" or version != 2 or kind != b"JSON" or length > MOST_JSON:
            raise BrokenMeshError("this is no GLB, or its description is too long")
        self._document = json.loads(file.read(length))
        self._start = 20 + length + 8
        self._left = MOST_BYTES

    def pieces(self) -> Iterator[_Piece]:
        """Yield the parts of all meshes that the scene shows."""
        document, nodes = self._document, self._document.get("nodes", [])
        scenes = document.get("scenes") or [{"nodes": range(len(nodes))}]
        waiting = [(number, IDENTITY) for number in scenes[document.get("scene", 0)].get("nodes", [])]
        for _ in range(MOST_NODES):
            if not waiting or len(waiting) > MOST_NODES:
                break
            number, above = waiting.pop()
            node = nodes[number]
            matrix = _times(above, _matrix(node))
            waiting += [(child, matrix) for child in node.get("children", [])]
            if "mesh" in node:
                yield from self._parts(document["meshes"][node["mesh"]], matrix)
        if waiting:
            raise BrokenMeshError("the scene has too many nodes, or goes in a circle")

    def _parts(self, mesh: Mapping[str, Any], matrix: Matrix) -> Iterator[_Piece]:
        accessors = self._document["accessors"]
        for part in mesh["primitives"]:
            if part.get("mode", 4) == 4:
                indices = part.get("indices")
                yield _Piece(
                    accessors[part["attributes"]["POSITION"]],
                    None if indices is None else accessors[indices],
                    matrix,
                    self._colour(part.get("material")),
                )

    def _colour(self, material: int | None) -> Vector:
        if material is None:
            return GREY
        look = self._document["materials"][material].get("pbrMetallicRoughness", {})
        red, green, blue = look.get("baseColorFactor", (*GREY, 1))[:3]
        return float(red), float(green), float(blue)

    def triangles(self, piece: _Piece, step: int) -> Iterator[Triangle]:
        """Yield every so many triangles of a piece.

        :param step: 1 for all of them.
        """
        corner = self._numbers(piece.positions, 3)
        index = self._numbers(piece.indices, 1) if piece.indices else None
        points: dict[int, Vector] = {}
        grown = OVERLAP * math.sqrt(step)
        for first in range(0, piece.count * 3, 3 * step):
            chosen = (first, first + 1, first + 2)
            numbers = [int(index(at)[0]) for at in chosen] if index else chosen
            for number in numbers:
                if number not in points:
                    points[number] = _moved(piece.matrix, corner(number))
            a, b, c = (points[number] for number in numbers)
            yield Triangle(_grown((a, b, c), grown) if step > 1 else (a, b, c), piece.colour)

    def _numbers(self, accessor: Mapping[str, Any], width: int) -> _Numbers:
        view = self._document["bufferViews"][accessor["bufferView"]]
        kind = FORMATS[accessor["componentType"]]
        size = struct.calcsize(f"<{width}{kind}")
        stride = int(view.get("byteStride") or size)
        length = stride * (int(accessor["count"]) - 1) + size
        if view.get("buffer", 0) != 0 or not 0 < length <= self._left:
            raise BrokenMeshError("the triangles are elsewhere, or too many")
        self._left -= length
        self._file.seek(self._start + int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0)))
        share = SHARES.get(accessor["componentType"], 1.0) if accessor.get("normalized") else 1.0
        return _Numbers(self._file.read(length), struct.Struct(f"<{width}{kind}"), stride, share)


class _Numbers:
    """Values of an accessor by their place."""

    def __init__(self, data: bytes, form: struct.Struct, stride: int, share: float) -> None:
        self._data, self._form, self._stride, self._share = data, form, stride, share

    def __call__(self, place: int) -> Sequence[float]:
        return [value * self._share for value in self._form.unpack_from(self._data, place * self._stride)]


def _matrix(node: Mapping[str, Any]) -> Matrix:
    """Return where a node puts its content, column by column."""
    if "matrix" in node:
        return [float(value) for value in node["matrix"]]
    x, y, z, w = node.get("rotation", (0, 0, 0, 1))
    turned = (
        (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)),
        (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)),
        (2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)),
    )
    scale = node.get("scale", (1, 1, 1))
    columns = [(*(value * size for value in column), 0.0) for column, size in zip(turned, scale, strict=True)]
    return [value for column in (*columns, (*node.get("translation", (0, 0, 0)), 1.0)) for value in column]


def _times(left: Matrix, right: Matrix) -> Matrix:
    return [
        sum(left[4 * k + row] * right[4 * column + k] for k in range(4))
        for column in range(4)
        for row in range(4)
    ]


def _moved(matrix: Matrix, point: Sequence[float]) -> Vector:
    x, y, z = point
    at = [matrix[row] * x + matrix[4 + row] * y + matrix[8 + row] * z + matrix[12 + row] for row in range(3)]
    if not all(map(math.isfinite, at)):
        raise BrokenMeshError("a point lies nowhere")
    return at[0], at[1], at[2]


def _grown(corners: tuple[Vector, Vector, Vector], factor: float) -> tuple[Vector, Vector, Vector]:
    """Return a triangle enlarged around its middle."""
    middle = [sum(values) / 3 for values in zip(*corners, strict=True)]
    a, b, c = (
        tuple(m + (value - m) * factor for value, m in zip(corner, middle, strict=True)) for corner in corners
    )
    return (a[0], a[1], a[2]), (b[0], b[1], b[2]), (c[0], c[1], c[2])
