"""The scene as arrays: one mesh with attributes per vertex and per triangle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .errors import ModelError
from .normals import face_vectors, unit, welded

if TYPE_CHECKING:
    from .geometry import Piece
    from .material import Material

FINE = 26
MOST_ADDED = 150_000


@dataclass
class Mesh:
    """All pieces of a model, merged.

    :param attributes: per vertex normal (3), both texture coordinates (4), colour (4).
    :param material: per triangle index into ``materials``.
    :param materials: one per combination of material and variants, as shown without a variant.
    :param piece: per triangle index into ``names``.
    :param names: node, mesh and material name of every piece.
    :param closed: per triangle whether its back can never be seen.
    :param variants: in the order of ``materials``, the material by variant name where it is another one.
    """

    points: np.ndarray
    attributes: np.ndarray
    faces: np.ndarray
    material: np.ndarray
    piece: np.ndarray
    materials: list[Material]
    names: list[tuple[str, str, str]]
    closed: np.ndarray
    variants: list[dict[str, Material]] = field(default_factory=list)

    @property
    def normals(self) -> np.ndarray:
        """Unit normal per vertex."""
        return self.attributes[:, :3]

    @property
    def low(self) -> np.ndarray:
        """Smallest corner of the bounding box."""
        result: np.ndarray = self.points.min(0)
        return result

    @property
    def high(self) -> np.ndarray:
        """Largest corner of the bounding box."""
        result: np.ndarray = self.points.max(0)
        return result


def merge(pieces: list[Piece], materials: list[Material]) -> Mesh:
    """Joins pieces into one mesh; large triangles are split so that light can vary across them.

    :param materials: what the pieces' materials are numbers of; the last one is that of pieces without.
    :raises ModelError: the model has no extent.
    """
    counts = [len(piece.points) for piece in pieces]
    offsets = np.cumsum([0, *counts[:-1]])
    points = np.concatenate([piece.points for piece in pieces])
    if not np.ptp(points, axis=0).max() > 0:
        raise ModelError("the model has no extent: all its positions are the same")
    attributes = np.concatenate([np.hstack([p.normals, p.uv, p.colours]) for p in pieces]).astype(np.float32)
    faces = np.concatenate([p.faces + offset for p, offset in zip(pieces, offsets, strict=True)])
    lengths = [len(piece.faces) for piece in pieces]
    label = np.repeat(np.arange(len(pieces), dtype=np.int32), lengths)
    slots = _slots(pieces, len(materials) - 1)
    place = {slot: number for number, slot in enumerate(dict.fromkeys(slots))}
    used = np.array([place[slot] for slot in slots], np.int32)
    points, attributes, faces, label = _split_long(points, attributes, faces, label)
    attributes[:, :3] = unit(attributes[:, :3])
    names = [piece.names for piece in pieces]
    return Mesh(
        points,
        attributes,
        faces,
        used[label],
        label,
        [materials[slot.material] for slot in place],
        names,
        _closed(points, faces, label),
        [{name: materials[number] for name, number in slot.variants} for slot in place],
    )


class _Slot(NamedTuple):
    """What decides which material a piece shows."""

    material: int
    variants: tuple[tuple[str, int], ...]


def _slots(pieces: list[Piece], default: int) -> list[_Slot]:
    return [
        _Slot(p.material if p.material >= 0 else default, tuple(sorted(p.variants.items()))) for p in pieces
    ]


def tangents(mesh: Mesh, channel: int) -> np.ndarray:
    """Per triangle the directions in which u and v grow, ``(faces, 6)``."""
    corners, uv = mesh.points[mesh.faces], mesh.attributes[:, 3 + 2 * channel : 5 + 2 * channel][mesh.faces]
    along, across = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    du, dv = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    area = du[:, 0] * dv[:, 1] - dv[:, 0] * du[:, 1]
    sign = np.where(area < 0, -1, 1).astype(np.float32)[:, None]
    right = (along * dv[:, 1:] - across * du[:, 1:]) * sign
    down = (across * du[:, :1] - along * dv[:, :1]) * sign
    return np.hstack([unit(right), unit(down)]).astype(np.float32)


def texture_density(mesh: Mesh, channel: int) -> np.ndarray:
    """Per triangle the length in texture space of one unit in space."""
    corners = mesh.attributes[:, 3 + 2 * channel : 5 + 2 * channel][mesh.faces]
    du, dv = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    flat = np.abs(du[:, 0] * dv[:, 1] - dv[:, 0] * du[:, 1])
    solid = np.linalg.norm(face_vectors(mesh.points, mesh.faces), axis=1)
    result: np.ndarray = np.sqrt(flat / np.maximum(solid, 1e-30)).astype(np.float32)
    return result


def _split_long(
    points: np.ndarray, attributes: np.ndarray, faces: np.ndarray, label: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    limit = float(np.linalg.norm(np.ptp(points, axis=0))) / FINE
    most = len(faces) + MOST_ADDED
    for _ in range(8):
        ends = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 3, 2)
        long = np.linalg.norm(points[ends[..., 0]] - points[ends[..., 1]], axis=2) > limit
        if not long.any() or len(faces) + long.sum() > most:
            break
        split = long.any(1)
        middle, points, attributes = _midpoints(points, attributes, ends[long])
        place = np.full(long.shape, -1, np.int32)
        place[long] = middle
        parts, owner = _divided(faces[split], place[split])
        faces, label = (
            np.concatenate([faces[~split], parts]),
            np.concatenate([label[~split], label[split][owner]]),
        )
    return points, attributes, faces, label


def _midpoints(
    points: np.ndarray, attributes: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    edges = np.sort(edges, 1)
    _, first, which = np.unique(
        edges[:, 0].astype(np.int64) * len(points) + edges[:, 1], return_index=True, return_inverse=True
    )
    a, b = edges[first].T
    new = (attributes[a] + attributes[b]) * np.float32(0.5)
    middles = (points[a] + points[b]) * np.float32(0.5)
    return (
        (len(points) + which).astype(np.int32),
        np.concatenate([points, middles]),
        np.concatenate([attributes, new]),
    )


def _divided(faces: np.ndarray, middle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Splits triangles at the given midpoints of their edges (-1 for none), without leaving cracks."""
    parts, owners = [], []
    for pattern in range(1, 8):
        chosen = np.flatnonzero(((middle >= 0) @ np.array([1, 2, 4])) == pattern)
        if len(chosen):
            corners = np.concatenate([faces[chosen], middle[chosen]], 1)
            for triangle in _PATTERNS[pattern]:
                parts.append(corners[:, triangle])
                owners.append(chosen)
    return np.concatenate(parts).astype(np.int32), np.concatenate(owners)


_PATTERNS = {
    1: ([0, 3, 2], [3, 1, 2]),
    2: ([0, 1, 4], [0, 4, 2]),
    4: ([0, 1, 5], [5, 1, 2]),
    3: ([3, 1, 4], [0, 3, 4], [0, 4, 2]),
    6: ([4, 2, 5], [0, 1, 4], [0, 4, 5]),
    5: ([0, 3, 5], [3, 1, 5], [1, 2, 5]),
    7: ([0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]),
}


def _closed(points: np.ndarray, faces: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Per triangle whether its piece is a closed surface that looks outwards."""
    place = welded(points)
    corners = place[faces]
    real = (corners != np.roll(corners, 1, axis=1)).all(1)
    start, end = corners[real].ravel(), np.roll(corners[real], -1, axis=1).ravel()
    forth = start * np.int64(len(points)) + end
    back = end * np.int64(len(points)) + start
    lonely = ~np.isin(forth, back)
    pieces = int(label.max()) + 1
    open_edges = np.bincount(np.repeat(label[real], 3), lonely, pieces)
    centre = points.mean(0)
    volume = np.einsum("ij,ij->i", face_vectors(points, faces), points[faces[:, 0]] - centre)
    outward = np.bincount(label, volume, pieces) > 0
    result: np.ndarray = ((open_edges == 0) & outward)[label]
    return result
