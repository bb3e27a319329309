"""Normals of triangles, and of corners where a model brings none."""

from __future__ import annotations

import numpy as np

CREASE = np.cos(np.radians(40)).astype(np.float32)


def unit(vectors: np.ndarray) -> np.ndarray:
    """The vectors at length one; zero vectors stay zero."""
    result: np.ndarray = vectors / np.maximum(
        np.sqrt(np.einsum("...i,...i", vectors, vectors))[..., None], 1e-20
    )
    return result


def face_vectors(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Per triangle the vector along its normal whose length is twice the area."""
    a, b, c = points[faces[:, 0]], points[faces[:, 1]], points[faces[:, 2]]
    return np.cross(b - a, c - a)


def welded(points: np.ndarray) -> np.ndarray:
    """Per vertex a number that vertices at the same place share."""
    low = points.min(0)
    grid = np.round((points - low) / max(float(np.ptp(points, axis=0).max()), 1e-20) * 2_000_000).astype(
        np.int64
    )
    _, group = np.unique(grid @ np.array([1, 1 << 21, 1 << 42]), return_inverse=True)
    return group


def corner_normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Normals of the three corners of every triangle, smooth except over creases, ``(3 * faces, 3)``."""
    flat = face_vectors(points, faces)
    group = welded(points)[faces.ravel()]
    spread = np.repeat(flat, 3, axis=0)
    smooth = np.stack([np.bincount(group, spread[:, axis]) for axis in range(3)], 1)[group]
    smooth, spread = unit(smooth), unit(spread)
    creased = np.einsum("ij,ij->i", smooth, spread) < CREASE
    smooth[creased] = spread[creased]
    return smooth.astype(np.float32)
