"""The light: a photo studio with soft boxes, as reflections and as smooth diffuse light.

Directions are in the studio's own frame: the camera looks along -Z, Y is up, X is right.
"""

from __future__ import annotations

import numpy as np

from .normals import unit

ROUGHNESSES = 12
SIDE = 64
# direction, half width, half height (as tangents), brightness, colour
SOFT_BOXES = (
    ((-0.75, 1.0, 0.85), 0.60, 0.60, 5.6, (1.0, 0.985, 0.965)),
    ((1.0, 0.35, 0.55), 0.28, 0.85, 2.1, (0.975, 0.985, 1.0)),
    ((-1.0, 0.25, -0.45), 0.22, 0.90, 2.4, (0.985, 0.99, 1.0)),
    ((0.35, 1.0, -0.75), 0.70, 0.35, 2.6, (1.0, 1.0, 1.0)),
)
CONVOLVED = np.array([1, *[2 / 3] * 3, *[1 / 4] * 5], np.float32)


def radiance(directions: np.ndarray, roughness: float) -> np.ndarray:
    """Light that comes from the unit ``directions``, blurred as a surface of that roughness reflects it."""
    height = directions[:, 1]
    blur = 0.05 + 1.15 * roughness**1.5
    walls = 0.34 + 0.22 * np.tanh(height / (0.25 + blur)) + 0.10 * np.clip(-height, 0, 1)
    light = np.repeat(walls[:, None], 3, axis=1)
    for centre, half_width, half_height, brightness, colour in SOFT_BOXES:
        light += _box(directions, centre, half_width, half_height, blur)[:, None] * np.multiply(
            brightness, colour
        )
    return light.astype(np.float32)


def harmonics(directions: np.ndarray) -> np.ndarray:
    """The nine real spherical harmonics up to the second order, ``(n, 9)``."""
    x, y, z = directions.T
    return np.stack(
        [
            np.full_like(x, 0.282095),
            0.488603 * y,
            0.488603 * z,
            0.488603 * x,
            1.092548 * x * y,
            1.092548 * y * z,
            0.315392 * (3 * z * z - 1),
            1.092548 * x * z,
            0.546274 * (x * x - y * y),
        ],
        axis=1,
    )


def even_directions(count: int) -> np.ndarray:
    """Unit vectors spread evenly over the sphere."""
    k = np.arange(count) + 0.5
    y, turn = 1 - 2 * k / count, k * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - y * y)
    return np.stack([np.cos(turn) * flat, y, np.sin(turn) * flat], 1)


class Studio:
    """The studio's light in tables.

    :param gain: overall brightness; 1 shows a white surface facing the light just below white.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self._directions = even_directions(2048)
        self._light = radiance(self._directions, 0.0)
        facing = irradiance(np.array([[-0.25, 0.45, 0.85]]), self.coefficients(np.eye(3)))
        self.gain = np.float32(gain / facing.mean())
        self._table = self._reflections() * self.gain
        self._light *= self.gain

    def coefficients(self, turn: np.ndarray) -> np.ndarray:
        """Harmonics of the light as seen in another frame, ``(9, 3)``.

        :param turn: rotation from that frame into the studio's.
        """
        basis = harmonics(self._directions @ turn)
        result: np.ndarray = (basis.T @ self._light * (4 * np.pi / len(basis))).astype(np.float32)
        return result

    def reflected(self, directions: np.ndarray, roughness: np.ndarray) -> np.ndarray:
        """Light mirrored by surfaces.

        :param directions: unit vectors in the studio's frame.
        :param roughness: per direction.
        """
        level = (roughness * np.float32(ROUGHNESSES - 1) + np.float32(0.5)).astype(np.int32)
        x, y = _octahedral(directions)
        column, row = x.astype(np.int32), y.astype(np.int32)
        fx, fy = (x - column)[:, None], (y - row)[:, None]
        place = (level * (SIDE + 1) + row) * (SIDE + 1) + column
        # take() of rows is three times as fast as indexing.
        result: np.ndarray = self._table.take(place, 0)
        result += (self._table.take(place + 1, 0) - result) * fx
        below = self._table.take(place + SIDE + 1, 0)
        below += (self._table.take(place + SIDE + 2, 0) - below) * fx
        result += (below - result) * fy
        return result

    def _reflections(self) -> np.ndarray:
        line = np.linspace(-1, 1, SIDE + 1)
        x, y = (grid.ravel() for grid in np.meshgrid(line, line))
        up = 1 - np.abs(x) - np.abs(y)
        folded = up < 0
        bent_x = np.where(folded, (1 - np.abs(y)) * np.where(x < 0, -1, 1), x)
        bent_z = np.where(folded, (1 - np.abs(x)) * np.where(y < 0, -1, 1), y)
        directions = unit(np.stack([bent_x, up, bent_z], 1))
        steps = np.arange(ROUGHNESSES) / (ROUGHNESSES - 1)
        return np.concatenate([radiance(directions, rough) for rough in steps])


def irradiance(normals: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Diffuse light on unoccluded surfaces, relative to a white one, ``(n, 3)``."""
    return harmonics(normals) @ (coefficients * CONVOLVED[:, None])


def _box(
    directions: np.ndarray, centre: tuple[float, float, float], width: float, height: float, blur: float
) -> np.ndarray:
    ahead = unit(np.array(centre))
    right = unit(np.cross((0.0, 1.0, 0.0), ahead))
    forward = directions @ ahead
    depth = np.maximum(forward, 0.05)
    x, y = directions @ right / depth, directions @ np.cross(ahead, right) / depth
    result: np.ndarray = _edge(x, width, blur) * _edge(y, height, blur) * np.clip(forward * 4, 0, 1)
    return result


def _edge(place: np.ndarray, half: float, blur: float) -> np.ndarray:
    return 0.5 * (np.tanh((place + half) / blur) - np.tanh((place - half) / blur))


def _octahedral(directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y, z = np.ascontiguousarray(directions.T)
    one = np.float32(1)
    scale = one / (np.abs(x) + np.abs(y) + np.abs(z) + np.float32(1e-9))
    x, z, below = x * scale, z * scale, y < 0
    bent_x = np.where(below, (one - np.abs(z)) * np.copysign(one, x), x)
    bent_z = np.where(below, (one - np.abs(x)) * np.copysign(one, z), z)
    top = np.float32(SIDE) * np.float32(0.5)
    limit = np.float32(SIDE - 1e-3)
    return np.clip((bent_x + one) * top, 0, limit), np.clip((bent_z + one) * top, 0, limit)
