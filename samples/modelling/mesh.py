"""Triangle meshes with normals and texture coordinates, in metres, Y up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelling.materials import Material

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

WELD = 1e-6
"""Vertices nearer than this (metres) share one normal, so texture seams do not show as creases."""


@dataclass(frozen=True)
class Mesh:
    """One surface.

    :param positions: (n, 3) metres.
    :param normals: (n, 3) unit vectors, pointing outwards.
    :param uvs: (n, 2), v upwards.
    :param faces: (m, 3) vertex numbers, counter-clockwise seen from outside.
    """

    positions: Floats
    normals: Floats
    uvs: Floats
    faces: Ints

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
        """Return the mesh shifted by ``x``, ``y``, ``z`` metres."""
        return replace(self, positions=self.positions + np.array([x, y, z]))

    def turned(self, axis: str, degrees: float) -> Mesh:
        """Return the mesh rotated about the origin, right-handed about ``axis`` ("x", "y" or "z")."""
        turn = rotation(axis, degrees)
        return replace(self, positions=self.positions @ turn.T, normals=self.normals @ turn.T)

    def flipped(self) -> Mesh:
        """Return the mesh turned inside out."""
        return replace(self, normals=-self.normals, faces=self.faces[:, ::-1])

    def laid(self, tile: float, right: str, up: str) -> Mesh:
        """Return the mesh with its texture laid flat onto it, as on a sawn board.

        :param tile: metres that one texture covers.
        :param right: the axis, signed like ``+x``, that u follows.
        :param up: the axis that v follows.
        """
        axes = [(int(f"{way[0]}1"), "xyz".index(way[1])) for way in (right, up)]
        uvs = np.stack([sign * self.positions[:, axis] for sign, axis in axes], axis=1)
        return replace(self, uvs=uvs / tile + 0.5)

    def stretched(self, x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Mesh:
        """Return the mesh scaled by positive factors along the axes."""
        factors = np.array([x, y, z])
        return replace(self, positions=self.positions * factors, normals=_unit(self.normals / factors))


@dataclass(frozen=True)
class Part:
    """A named mesh of one material; parts become nodes of the glTF file.

    :param name: unique within its model.
    :param mesh: the surface, already in place.
    :param material: what it is made of.
    :param variants: by variant name, what it is made of instead.
    """

    name: str
    mesh: Mesh
    material: Material
    variants: dict[str, Material] = field(default_factory=dict)


def rotation(axis: str, degrees: float) -> Floats:
    """Return the 3x3 matrix of a right-handed turn about ``axis``."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    turn = np.eye(3)
    turn[j, j], turn[j, k], turn[k, j], turn[k, k] = c, -s, s, c
    return turn


def surface(points: Floats, uvs: Floats) -> Mesh:
    """Make a mesh of a grid of points.

    :param points: (rows, columns, 3); row direction x column direction points outwards.
    :param uvs: (rows, columns, 2).
    """
    rows, columns = points.shape[:2]
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    lower = np.stack([corner, corner + columns, corner + 1], axis=1)
    upper = np.stack([corner + columns, corner + columns + 1, corner + 1], axis=1)
    return smooth(points.reshape(-1, 3), uvs.reshape(-1, 2), np.concatenate([lower, upper]))


def joined(meshes: Sequence[Mesh]) -> Mesh:
    """Make one mesh of several, with normals smoothed where they touch."""
    starts = np.cumsum([0, *(len(mesh.positions) for mesh in meshes[:-1])])
    return smooth(
        np.concatenate([mesh.positions for mesh in meshes]),
        np.concatenate([mesh.uvs for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]),
    )


def smooth(positions: Floats, uvs: Floats, faces: Ints) -> Mesh:
    """Make a mesh with area-weighted normals, without faces that have no area."""
    crosses = _crosses(positions, faces)
    solid = np.linalg.norm(crosses, axis=1) > 1e-13
    faces, crosses = faces[solid], crosses[solid]
    _, place = np.unique(np.round(positions / WELD).astype(np.int64), axis=0, return_inverse=True)
    sums = np.zeros((int(place.max()) + 1, 3))
    for corner in range(3):
        np.add.at(sums, place.ravel()[faces[:, corner]], crosses)
    return _without_loose_vertices(Mesh(positions, _unit(sums)[place.ravel()], uvs, faces))


def grounded(parts: Sequence[Part]) -> list[Part]:
    """Return the parts moved together so that they stand on y=0, centred in x and z."""
    low = np.min([part.mesh.positions.min(axis=0) for part in parts], axis=0)
    high = np.max([part.mesh.positions.max(axis=0) for part in parts], axis=0)
    x, z = -(low + high)[[0, 2]] / 2
    return [replace(part, mesh=part.mesh.moved(x, -low[1], z)) for part in parts]


def _crosses(positions: Floats, faces: Ints) -> Floats:
    a, b, c = (positions[faces[:, corner]] for corner in range(3))
    return np.cross(b - a, c - a)


def _without_loose_vertices(mesh: Mesh) -> Mesh:
    used, faces = np.unique(mesh.faces, return_inverse=True)
    return Mesh(mesh.positions[used], mesh.normals[used], mesh.uvs[used], faces.reshape(-1, 3))


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-20))
