"""Cameras, and how far away they stand to show a whole product."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .studio import even_directions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .mesh import Mesh

MARGIN = 0.10


@dataclass(frozen=True)
class View:
    """A pinhole camera in the model's space.

    :param eye: position.
    :param axes: rows are right, up and forward.
    :param tangent: half the picture's height at distance one.
    :param light: rotation from the model's space into the studio's.
    """

    eye: np.ndarray
    axes: np.ndarray
    tangent: float
    light: np.ndarray

    def project(self, points: np.ndarray, width: float, height: float) -> np.ndarray:
        """Pixel x, y (centres at whole numbers) and depth of points."""
        seen = (points - self.eye.astype(np.float32)) @ self.axes.T.astype(np.float32)
        depth = np.maximum(seen[:, 2], np.float32(1e-30))
        scale = np.float32(height / 2 / self.tangent) / depth
        x = seen[:, 0] * scale + np.float32(width / 2 - 0.5)
        y = np.float32(height / 2 - 0.5) - seen[:, 1] * scale
        return np.stack([x, y, seen[:, 2]], 1)

    def rays(self, x: np.ndarray, y: np.ndarray, width: float, height: float) -> np.ndarray:
        """Directions through pixels, with length one along the viewing axis."""
        scale = 2 * self.tangent / height
        across = np.ones((len(x), 3), np.float32)
        across[:, 0], across[:, 1] = (x + 0.5 - width / 2) * scale, (height / 2 - 0.5 - y) * scale
        result: np.ndarray = across @ self.axes.astype(np.float32)
        return result

    def mirrored(self, ground: float) -> View:
        """The camera that sees what the ground at that height mirrors, at the same place of the picture."""
        flip = np.array([1.0, -1.0, 1.0])
        eye = self.eye * flip + np.array([0, 2 * ground, 0])
        return replace(self, eye=eye, axes=self.axes * flip)

    def closer(self, pivot: np.ndarray, scale: float) -> View:
        """The view in which the model appears scaled about a point."""
        return replace(self, eye=pivot + (self.eye - pivot) / scale)


def around(azimuth: float, elevation: float) -> np.ndarray:
    """Axes of a camera that looks at the origin; degrees."""
    a, e = math.radians(azimuth), math.radians(elevation)
    forward = -np.array([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)])
    right = np.array([math.cos(a), 0.0, -math.sin(a)])
    return np.stack([right, np.cross(right, forward), forward])


def studio_turn(azimuth: float) -> np.ndarray:
    """Rotation that lets the studio follow a camera around the product; degrees."""
    a = math.radians(azimuth)
    return np.array([[math.cos(a), 0, -math.sin(a)], [0, 1, 0], [math.sin(a), 0, math.cos(a)]])


def looking(position: Sequence[float], target: Sequence[float], fov: float) -> View:
    """A camera at a point that looks at another one, upright.

    :param fov: vertical field of view in degrees.
    """
    eye = np.array(position, float)
    ahead = np.array(target, float) - eye
    flat = math.hypot(ahead[0], ahead[2])
    # Straight up or down every azimuth looks the same; 0 keeps +X at the right.
    azimuth = math.degrees(math.atan2(-ahead[0], -ahead[2])) if flat > 1e-9 * abs(ahead[1]) else 0.0
    elevation = math.degrees(math.atan2(-ahead[1], flat))
    tangent = math.tan(math.radians(fov / 2))
    return View(eye, around(azimuth, elevation), tangent, studio_turn(azimuth))


@dataclass(frozen=True)
class Framing:
    """What shows a product whole.

    :param centre: the point that stays in the middle of the turning axis.
    :param shift: how far right and up of it the camera looks, in the model's units.
    :param distance: from the point looked at.
    """

    centre: np.ndarray
    shift: tuple[float, float]
    distance: float
    fov: float

    def view(self, azimuth: float, elevation: float, nearness: float = 1.0, zoom: float = 1.0) -> View:
        """A camera at the framing's distance.

        :param azimuth: degrees.
        :param nearness: multiple of the distance.
        :param zoom: magnification without moving.
        """
        axes = around(azimuth, elevation)
        target = self.centre + self.shift[0] * axes[0] + self.shift[1] * axes[1]
        eye = target - axes[2] * self.distance * nearness
        tangent = math.tan(math.radians(self.fov / 2)) / zoom
        return View(eye, axes, tangent, studio_turn(azimuth))


def frame(
    mesh: Mesh, azimuths: list[float], elevation: float, fov: float, aspect: float, centred: bool
) -> Framing:
    """Finds the closest camera distance that shows the mesh from all azimuths with a margin.

    :param aspect: width / height.
    :param centred: look at the turning axis, not at the middle of what is seen.
    """
    centre = (mesh.low + mesh.high).astype(np.float64) / 2
    points = _outline(mesh) - centre
    seen = np.concatenate([points @ around(azimuth, elevation).T for azimuth in azimuths])
    tangent = math.tan(math.radians(fov / 2)) * (1 - 2 * MARGIN)
    across, far = (0.0, 0.0) if centred else (None, 0.0)
    x, far_x = _balanced(seen[:, 0], seen[:, 2], tangent * aspect, across)
    y, far_y = _balanced(seen[:, 1], seen[:, 2], tangent, None)
    return Framing(centre, (x, y), max(far_x, far_y, far), fov)


def frame_everywhere(mesh: Mesh, fov: float) -> Framing:
    """A framing that shows the mesh from every direction in a square picture."""
    centre = (mesh.low + mesh.high).astype(np.float64) / 2
    radius = float(np.linalg.norm(_outline(mesh) - centre, axis=1).max())
    half = math.atan(math.tan(math.radians(fov / 2)) * (1 - MARGIN))
    return Framing(centre, (0.0, 0.0), radius / math.sin(half), fov)


def _outline(mesh: Mesh) -> np.ndarray:
    directions = even_directions(400).astype(np.float32)
    extreme = {int(np.argmax(mesh.points @ direction)) for direction in directions}
    return mesh.points[sorted(extreme)].astype(np.float64)


def _balanced(
    side: np.ndarray, depth: np.ndarray, tangent: float, fixed: float | None
) -> tuple[float, float]:
    """Where to look, and from how far, so that both ends of ``side`` fit."""

    def needed(middle: float) -> float:
        return float((np.abs(side - middle) / tangent - depth).max())

    if fixed is not None:
        return fixed, needed(fixed)
    low, high = float(side.min()), float(side.max())
    for _ in range(50):
        third = (high - low) / 3
        if needed(low + third) < needed(high - third):
            high -= third
        else:
            low += third
    return low, needed(low)
