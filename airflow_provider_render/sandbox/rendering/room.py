"""The room round a product: which wall a pixel shows, and how much light it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .bake import plane_shadow, surface_samples
from .material import linear_colour
from .shadow import SHADOW, darkness_at
from .studio import irradiance

if TYPE_CHECKING:
    from .camera import View
    from .mesh import Mesh
    from .pictures import Room
    from .shadow import PlaneShadow
    from .studio import Studio

NOTHING, FLOOR, CEILING, BACK, LEFT, RIGHT = -1, 0, 1, 2, 3, 4
# Per plane the axis across it, and where its inside lies along that axis.
AXES = np.array([1, 1, 2, 0, 0])
INWARDS = np.array([1, -1, 1, 1, -1])
SKIRTING = 0.03
"""Height of the skirting board as a share of the room's."""
BOUNCE = 0.4
"""Share of the light that a neighbouring wall gives back for what it hides."""
CORNER = 0.3
FALLOFF = 0.35
EVENNESS = 0.65
BRIGHTNESS = 1.32
"""Light on the brightest plane before what corners and distance take; 1 shows its colour as it is."""
FINE = 4
NEAR = 0.7
"""Walls nearer to the product than this share of its size are darkened by it."""


@dataclass
class Walls:
    """What each pixel of a picture shows of a room.

    :param light: linear colour before shadows of the floor and tone curve, ``(height, width, 3)``.
    :param cover: share of the pixel that the room fills.
    :param floor: share of the pixel that its floor fills.
    """

    light: np.ndarray
    cover: np.ndarray
    floor: np.ndarray


class RoomPainter:
    """Paints one room round one mesh.

    :param ground: height of the floor.
    :param revolving: the room stays before the camera while the product turns on the mesh's axis; otherwise
        it stands still in the mesh's space.
    """

    def __init__(self, room: Room, mesh: Mesh, ground: float, studio: Studio, revolving: bool) -> None:
        width, height, depth = room.size
        self.size = np.array(room.size)
        self.low = np.array([-width / 2, ground, -depth / 2])
        self.high = np.array([width / 2, ground + height, depth / 2])
        self.places = np.array([ground, ground + height, -depth / 2, -width / 2, width / 2])
        self.studio, self.revolving = studio, revolving
        self.pivot = ((mesh.low + mesh.high) / 2).astype(np.float64)
        floor, wall = linear_colour(room.floor), linear_colour(room.wall)
        ceiling = wall + (1 - wall) * np.float32(0.5)
        self.colours = np.stack([floor, ceiling, wall, wall, wall])
        self.board = wall + (1 - wall) * np.float32(0.7)
        self.shadows = {} if revolving else self._wall_shadows(mesh)
        self._last: tuple[bytes, Walls] | None = None

    def walls(self, view: View, size: tuple[int, int]) -> Walls:
        """The room as the camera sees it; what a resting camera saw last is kept."""
        eye, axes, light = self._in_room(view)
        key = np.round(np.hstack([eye, axes.ravel(), light.ravel(), view.tangent, size]), 9).tobytes()
        if self._last is None or self._last[0] != key:
            self._last = key, self._painted(eye, axes, light, view.tangent, size)
        return self._last[1]

    def numbers(self, view: View, size: tuple[int, int]) -> np.ndarray:
        """Per pixel 0 for the floor, 1 for walls and ceiling, -1 for neither."""
        eye, axes, _ = self._in_room(view)
        x, y = _centres(size)
        plane, _ = self._hit(eye, _rays(axes, view.tangent, x, y, size))
        result: np.ndarray = np.minimum(plane, 1).reshape(size[::-1])
        return result

    def _in_room(self, view: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Eye and axes of a camera in the room's space, and the rotation from there into the studio's."""
        if not self.revolving:
            return view.eye, view.axes, view.light
        eye = view.light @ (view.eye - self.pivot) + self.pivot
        return eye, view.axes @ view.light.T, np.eye(3)

    def _painted(
        self, eye: np.ndarray, axes: np.ndarray, light: np.ndarray, tangent: float, size: tuple[int, int]
    ) -> Walls:
        x, y = _centres(size)
        ray = _rays(axes, tangent, x, y, size)
        plane, depth = self._hit(eye, ray)
        brightness = self._plane_light(light)
        colour, board = self._coloured(eye, ray, plane, depth, brightness)
        cover, floor = (plane >= 0).astype(np.float32), (plane == FLOOR).astype(np.float32)
        edge = np.flatnonzero(_edges((plane + 8 * board).reshape(size[::-1])))
        offsets = (np.arange(FINE) + 0.5) / FINE - 0.5
        colour[edge], cover[edge], floor[edge] = 0, 0, 0
        for dx, dy in ((dx, dy) for dx in offsets for dy in offsets):
            ray = _rays(axes, tangent, x[edge] + np.float32(dx), y[edge] + np.float32(dy), size)
            plane, depth = self._hit(eye, ray)
            share = np.float32(1 / FINE**2)
            colour[edge] += self._coloured(eye, ray, plane, depth, brightness)[0] * share
            cover[edge] += (plane >= 0) * share
            floor[edge] += (plane == FLOOR) * share
        shape = size[::-1]
        return Walls(colour.reshape(*shape, 3), cover.reshape(shape), floor.reshape(shape))

    def _hit(self, eye: np.ndarray, ray: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Plane that each ray leaves the room through, -1 for none, and how far along the ray."""
        best = np.full(len(ray), NOTHING, np.int8)
        depth = np.full(len(ray), np.inf, np.float32)
        away = self._away(eye)
        for plane in np.flatnonzero(away > 0):
            towards = -ray[:, AXES[plane]] * np.float32(INWARDS[plane])
            far = np.float32(away[plane]) / np.maximum(towards, np.float32(1e-9))
            nearer = np.flatnonzero((towards > 1e-7) & (far < depth))
            best[nearer], depth[nearer] = plane, far[nearer]
        found = np.flatnonzero(best >= 0)
        for axis, (low, high) in enumerate(zip(*self._bounds(eye), strict=True)):
            place = eye[axis] + ray[found, axis] * depth[found]
            best[found[(place < low) | (place > high)]] = NOTHING
        return best, depth

    def _away(self, eye: np.ndarray) -> np.ndarray:
        """How far inside of each plane the eye is; planes that it is outside of are not there."""
        result: np.ndarray = (eye[AXES] - self.places) * INWARDS
        return result

    def _bounds(self, eye: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where floor and walls end: nowhere towards a camera that stands outside of the room."""
        slack = 1e-4 * self.size
        low = np.where(eye < self.low, -np.inf, self.low - slack)
        high = np.where(eye > self.high, np.inf, self.high + slack)
        low[1], high[1] = self.low[1] - slack[1], self.high[1] + slack[1]
        return low, high

    def _plane_light(self, light: np.ndarray) -> np.ndarray:
        normals = np.zeros((5, 3))
        normals[np.arange(5), AXES] = INWARDS
        plain = irradiance(normals, self.studio.coefficients(light))
        # Walls also light each other, so that none is as dark as a product's side turned from the lamps.
        evened = EVENNESS * plain.mean(0) + (1 - EVENNESS) * plain
        result: np.ndarray = (evened * (BRIGHTNESS / evened.mean(1).max())).astype(np.float32)
        return result

    def _coloured(
        self,
        eye: np.ndarray,
        ray: np.ndarray,
        plane: np.ndarray,
        depth: np.ndarray,
        brightness: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Linear colours, and which of them are the skirting board's."""
        colour = np.zeros((len(ray), 3), np.float32)
        board, there = np.zeros(len(ray), bool), self._away(eye) > 0
        for number in range(len(AXES)):
            chosen = np.flatnonzero(plane == number)
            if len(chosen):
                point = eye.astype(np.float32) + ray[chosen] * depth[chosen, None]
                colour[chosen], board[chosen] = self._lit(point, number, brightness[number], there)
        return colour, board

    def _lit(
        self, point: np.ndarray, number: int, light: np.ndarray, there: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        openness = self._openness(point, number, there) * self._nearness(point)
        if number in self.shadows:
            across, along = (0, 1) if AXES[number] == 2 else (1, 2)
            dark = darkness_at(self.shadows[number], point[:, across], point[:, along])
            openness *= 1 - SHADOW * dark
        board = np.zeros(len(point), bool)
        colour = self.colours[number] * light * openness[:, None]
        if number >= BACK:
            height = (point[:, 1] - np.float32(self.low[1])) / np.float32(self.size[1])
            board = height < SKIRTING
            colour[board] = self.board * light * openness[board, None]
        return colour, board

    def _openness(self, point: np.ndarray, number: int, there: np.ndarray) -> np.ndarray:
        """Share of the light left by neighbouring walls: one of height h at distance d hides the share
        (1 - d / sqrt(d^2 + h^2)) / 2 of what comes in. With the walls' real heights all of them would be
        evenly dark; what light bounces between them leaves a shade near the corners."""
        hidden = np.zeros(len(point), np.float32)
        reach = np.float32(CORNER * self.size[AXES[number]])
        for axis, place in zip(AXES[there], self.places[there], strict=True):
            if axis != AXES[number]:
                distance = np.abs(point[:, axis] - np.float32(place))
                hidden += np.float32(0.5) * (1 - distance / np.sqrt(distance**2 + reach**2))
        result: np.ndarray = 1 - np.float32(1 - BOUNCE) * np.minimum(hidden, 1)
        return result

    def _nearness(self, point: np.ndarray) -> np.ndarray:
        """How much more light falls near the lamp, which hangs at the front, left of the middle."""
        lamp = (self.low + self.high) / 2 + self.size * (-0.22, 0.35, 0.30)
        away = ((point - lamp.astype(np.float32)) ** 2).sum(1) / np.float32((self.size**2).mean())
        factor: np.ndarray = np.float32(1 + FALLOFF) / (1 + np.float32(1.6 * FALLOFF) * away)
        np.maximum(factor, np.float32(0.6), out=factor)
        return factor

    def _wall_shadows(self, mesh: Mesh) -> dict[int, PlaneShadow]:
        """Soft shadows on the walls that the product stands close to."""
        size = float((mesh.high - mesh.low).max())
        gaps = {
            BACK: mesh.low[2] - self.low[2],
            LEFT: mesh.low[0] - self.low[0],
            RIGHT: self.high[0] - mesh.high[0],
        }
        near = [number for number, gap in gaps.items() if 0 <= gap < NEAR * size]
        if not near:
            return {}
        samples = surface_samples(mesh, np.ones(len(mesh.faces), bool))
        return {number: self._wall_shadow(samples, number) for number in near}

    def _wall_shadow(self, samples: np.ndarray, number: int) -> PlaneShadow:
        """The samples are turned so that the wall takes the ground's place."""
        height = (samples[:, AXES[number]] - np.float32(self.places[number])) * INWARDS[number]
        across, along = (0, 1) if AXES[number] == 2 else (1, 2)
        return plane_shadow(np.stack([samples[:, across], height, samples[:, along]], 1), 0.0)


def _centres(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.indices(size[::-1], np.float32)
    return x.ravel(), y.ravel()


def _rays(
    axes: np.ndarray, tangent: float, x: np.ndarray, y: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    scale = np.float32(2 * tangent / size[1])
    across = np.ones((len(x), 3), np.float32)
    across[:, 0] = (x + np.float32(0.5 - size[0] / 2)) * scale
    across[:, 1] = (np.float32(size[1] / 2 - 0.5) - y) * scale
    result: np.ndarray = across @ axes.astype(np.float32)
    return result


def _edges(numbers: np.ndarray) -> np.ndarray:
    """Which pixels have a neighbour with another number."""
    edge = np.zeros(numbers.shape, bool)
    for one, other in ((np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1])):
        differs = numbers[one] != numbers[other]
        edge[one] |= differs
        edge[other] |= differs
    return edge
