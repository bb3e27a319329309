"""Soft shadows on planes: how dark the places are that a picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .camera import View

SHADOW = 0.64


@dataclass
class PlaneShadow:
    """Darkness of a plane, 0 to 1, on a square grid.

    :param dark: rows along the second axis of the plane, columns along the first.
    :param low: first corner, on both axes.
    :param side: length of the grid's side.
    """

    dark: np.ndarray
    low: np.ndarray
    side: float


def darkness_at(shadow: PlaneShadow, across: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Darkness at places of the plane, given along its two axes."""
    places = [
        (place - np.float32(low)) / np.float32(shadow.side)
        for place, low in zip((across, along), shadow.low, strict=True)
    ]
    return _lookup(shadow.dark, *places)


def ground_darkness(
    shadow: PlaneShadow, ground: float, view: View, x: np.ndarray, y: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Shadow on the ground at the pixels of rows and columns; cameras never roll, so that each row of pixels
    meets the ground at one distance."""
    across = view.rays(x[[0, -1]], y[[0, 0]], *size)[:, [0, 2]]
    ray = view.rays(np.full(len(y), x[0]), y, *size)
    hit = np.flatnonzero(ray[:, 1] < -1e-5)
    far = np.float32(ground - view.eye[1]) / ray[hit, 1] / np.float32(shadow.side)
    start = ray[hit][:, [0, 2]] * far[:, None]
    start += ((view.eye[[0, 2]] - shadow.low) / shadow.side).astype(np.float32)
    steps = (x - x[0]).astype(np.float32)
    step = (across[1] - across[0]) / np.float32(max(len(x) - 1, 1))
    places = [start[:, [k]] + (far * step[k])[:, None] * steps for k in (0, 1)]
    dark = np.zeros((len(y), len(x)), np.float32)
    dark[hit] = _lookup(shadow.dark, *places)
    return dark


def _lookup(grid: np.ndarray, across: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Bilinear samples; the grid's border is dark nowhere, and so is what lies outside."""
    side = grid.shape[0]
    x, y = across * np.float32(side) - np.float32(0.5), along * np.float32(side) - np.float32(0.5)
    np.clip(x, 0, side - np.float32(1.001), out=x)
    np.clip(y, 0, side - np.float32(1.001), out=y)
    column, row = x.astype(np.int32), y.astype(np.int32)
    x -= column
    y -= row
    first, flat = row * side + column, grid.ravel()
    top, below = flat.take(first), flat.take(first + side)
    top += (flat.take(first + 1) - top) * x
    below += (flat.take(first + side + 1) - below) * x
    result: np.ndarray = top + (below - top) * y
    return result
