"""One picture: product, reflection and ground shadow over nothing, as premultiplied linear RGBA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .raster import Visible, rasterise
from .room import RoomPainter
from .shade import Hits, Shader
from .shadow import SHADOW, ground_darkness
from .tone import CURVES

if TYPE_CHECKING:
    from .bake import Baked
    from .camera import View
    from .material import Material
    from .mesh import Mesh
    from .pictures import Room
    from .room import Walls
    from .studio import Studio

PEELS = 4
REFLECTION = 0.30
INDOORS = np.float32(1.3)
"""How much darker shadows are in a room, where less light comes from the sides."""


@dataclass(frozen=True)
class Look:
    """What of the mesh is drawn, and how.

    :param materials: in the order of the mesh's.
    :param faces: triangles to draw.
    :param revolving: the product turns before the camera, so that the room keeps still in the picture.
    """

    materials: list[Material]
    faces: np.ndarray
    shadows: bool = True
    reflector: bool = False
    tone: str = "standard"
    room: Room | None = None
    revolving: bool = False


@dataclass(frozen=True)
class _Window:
    """The part of a picture that a pass covers, with ``grid`` x ``grid`` samples per pixel."""

    left: int
    top: int
    width: int
    height: int
    grid: int

    @property
    def part(self) -> tuple[slice, slice]:
        """The window as rows and columns of the picture."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    def samples(self, screen: np.ndarray) -> np.ndarray:
        """Screen positions in samples of the window; samples lie at whole numbers."""
        result = screen.copy()
        result[:, 0] = (screen[:, 0] - np.float32(self.left - 0.5)) * self.grid - np.float32(0.5)
        result[:, 1] = (screen[:, 1] - np.float32(self.top - 0.5)) * self.grid - np.float32(0.5)
        return result

    def hits(self, visible: Visible, chosen: np.ndarray) -> Hits:
        """Samples as places of the picture."""
        row, column = np.divmod(chosen.astype(np.int32), np.int32(self.width * self.grid))
        scale = np.float32(1 / self.grid)
        x = (column.astype(np.float32) + np.float32(0.5)) * scale + np.float32(self.left - 0.5)
        y = (row.astype(np.float32) + np.float32(0.5)) * scale + np.float32(self.top - 0.5)
        return Hits(visible.face[chosen].astype(np.intp), x, y, visible.nearness[chosen])

    def pixels(self, chosen: np.ndarray) -> np.ndarray:
        """Pixel of the window that samples belong to."""
        row, column = np.divmod(chosen.astype(np.int32), np.int32(self.width * self.grid))
        result: np.ndarray = (row // self.grid) * self.width + column // self.grid
        return result


class Renderer:
    """Draws one mesh from any camera."""

    def __init__(self, mesh: Mesh, baked: Baked, studio: Studio) -> None:
        self.mesh = mesh
        self.baked = baked
        self.shader = Shader(mesh, baked, studio)
        self.ground = float(mesh.low[1])
        self.tallness = float(mesh.high[1] - mesh.low[1])
        self._painters: dict[tuple[Room, bool], RoomPainter] = {}
        first = mesh.points[mesh.faces[:, 0]]
        self._plane = np.einsum("ij,ij->i", self.shader.face_normals, first)

    def draw(
        self, view: View, size: tuple[int, int], look: Look, grid: int = 2, stage: View | None = None
    ) -> np.ndarray:
        """The picture, ``(height, width, 4)``.

        :param size: width and height in pixels.
        :param grid: samples per pixel along each side.
        :param stage: the camera that sees the room, where the product's differs because it is shown scaled.
        """
        self.shader.light_up(view)
        picture = np.zeros((size[1], size[0], 4), np.float32)
        if look.room:
            walls = self._painter(look.room, look.revolving).walls(stage or view, size)
            self._add_room(picture, walls, view, look)
        elif look.shadows and view.eye[1] > self.ground:
            self._add_shadow(picture, view)
        if look.reflector and view.eye[1] > self.ground:
            self._add_product(picture, view.mirrored(self.ground), look, grid, REFLECTION)
        self._add_product(picture, view, look, grid, None)
        return picture

    def surface(self, view: View, size: tuple[int, int], look: Look) -> tuple[np.ndarray, np.ndarray]:
        """Depth (0 where there is nothing) and world normals at the centres of the pixels."""
        window = _Window(0, 0, *size, 1)
        samples = window.samples(view.project(self.mesh.points, *size))
        visible = rasterise(samples, *self._drawn(view, look.faces), size)
        hit = np.flatnonzero(visible.face >= 0)
        depth, normals = np.zeros(len(visible.face), np.float32), np.zeros((len(visible.face), 3), np.float32)
        depth[hit] = 1 / visible.nearness[hit]
        normals[hit] = self.shader.normals_at(window.hits(visible, hit), view, size)
        return depth.reshape(size[::-1]), normals.reshape(*size[::-1], 3)

    def numbers(self, view: View, size: tuple[int, int], look: Look) -> np.ndarray:
        """Which of the look's materials is nearest at the centre of every pixel, -1 for none; the room's
        floor and its walls count as two more."""
        window = _Window(0, 0, *size, 1)
        samples = window.samples(view.project(self.mesh.points, *size))
        visible = rasterise(samples, *self._drawn(view, look.faces), size)
        result: np.ndarray = np.full(size[::-1], -1)
        if look.room:
            walls = self._painter(look.room, look.revolving).numbers(view, size)
            result = np.where(walls >= 0, walls + len(look.materials), -1)
        face = visible.face.reshape(size[::-1])
        return np.where(face >= 0, self.mesh.material[face], result)

    def _drawn(self, view: View, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        normals, plane = self.shader.face_normals.take(faces, 0), self._plane.take(faces)
        front = normals @ view.eye.astype(np.float32) > plane
        kept = faces[front | ~self.mesh.closed[faces]]
        return self.mesh.faces.take(kept, 0), kept

    def _add_product(
        self, picture: np.ndarray, view: View, look: Look, grid: int, fading: float | None
    ) -> None:
        size = (picture.shape[1], picture.shape[0])
        screen = view.project(self.mesh.points, *size)
        window = _window(screen, size, grid)
        if window is None:
            return
        samples, wide = window.samples(screen), (window.width * grid, window.height * grid)
        layered = np.array([material.layered for material in look.materials])[self.mesh.material[look.faces]]
        solid = rasterise(samples, *self._drawn(view, look.faces[~layered]), wide)
        front = [solid]
        if layered.any():
            front = self._peel(samples, look.faces[layered], wide, solid) + front
        target = picture[window.part]
        for visible in reversed(front):
            layer = self._shaded(visible, window, view, size, look, fading)
            target *= 1 - layer[..., 3:]
            target += layer

    def _peel(
        self, samples: np.ndarray, faces: np.ndarray, wide: tuple[int, int], solid: Visible
    ) -> list[Visible]:
        layers: list[Visible] = []
        beyond = None
        for _ in range(PEELS):
            layer = rasterise(samples, self.mesh.faces[faces], faces, wide, solid.nearness, beyond)
            if not (layer.face >= 0).any():
                break
            layers.append(layer)
            beyond = np.where(layer.face >= 0, layer.nearness * np.float32(1 - 1e-4), 0)
        return layers

    def _shaded(
        self,
        visible: Visible,
        window: _Window,
        view: View,
        size: tuple[int, int],
        look: Look,
        fading: float | None,
    ) -> np.ndarray:
        """Colours of one layer of triangles, averaged per pixel; smooth pixels are shaded once."""
        whole, single = self._smooth_pixels(visible, window)
        loose = np.flatnonzero((visible.face >= 0) & ~whole)
        chosen = np.concatenate([single, loose])
        hits = window.hits(visible, chosen)
        colours = self.shader.colours(hits, view, size, look.materials, CURVES[look.tone])
        if fading is not None:
            colours *= self._fade(hits, view, size, fading)[:, None]
        layer = np.zeros((window.width * window.height, 4), np.float32)
        layer[window.pixels(single)] = colours[: len(single)]
        edges = window.pixels(loose)
        for channel in range(4):
            weights = colours[len(single) :, channel]
            layer[:, channel] += np.bincount(edges, weights, len(layer)) / np.float32(window.grid**2)
        return layer.reshape(window.height, window.width, 4)

    def _smooth_pixels(self, visible: Visible, window: _Window) -> tuple[np.ndarray, np.ndarray]:
        """Which samples lie in pixels that show one smooth surface, and one sample of each such pixel."""
        grid, shape = window.grid, (window.height, window.grid, window.width, window.grid)
        if grid == 1:
            return np.zeros(len(visible.face), bool), np.zeros(0, np.int64)
        face, near = visible.face.reshape(shape), visible.nearness.reshape(shape)
        low, high = near[:, 0, :, 0], near[:, 0, :, 0]
        for row, column in np.ndindex(grid, grid):
            low, high = np.minimum(low, near[:, row, :, column]), np.maximum(high, near[:, row, :, column])
        rows, columns = np.nonzero((low > 0) & (high - low < np.float32(0.02) * high))
        one, two = face[rows, 0, columns, 0], face[rows, -1, columns, -1]
        three, four = face[rows, 0, columns, -1], face[rows, -1, columns, 0]
        alike = self._alike(one, two) & self._alike(three, four)
        rows, columns = rows[alike], columns[alike]
        whole = np.zeros((window.height, window.width), bool)
        whole[rows, columns] = True
        middle = grid // 2 if grid % 2 else 0
        single = (rows * grid + middle) * (window.width * grid) + columns * grid + middle
        return np.repeat(np.repeat(whole, grid, 0), grid, 1).ravel(), single

    def _alike(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        same: np.ndarray = one == two
        other = np.flatnonzero(~same)
        one, two = one[other], two[other]
        normals = self.shader.face_normals
        close = np.einsum("ij,ij->i", normals.take(one, 0), normals.take(two, 0)) > 0.92
        same[other] = close & (self.mesh.material.take(one) == self.mesh.material.take(two))
        return same

    def _fade(self, hits: Hits, view: View, size: tuple[int, int], strength: float) -> np.ndarray:
        ray = view.rays(hits.x, hits.y, *size)
        height = view.eye[1] + ray[:, 1] / hits.nearness - self.ground
        result: np.ndarray = (strength * np.exp(-3.5 * np.maximum(height, 0) / self.tallness)).astype(
            np.float32
        )
        return result

    def _add_shadow(self, picture: np.ndarray, view: View) -> None:
        part, dark = self._shadow(view, (picture.shape[1], picture.shape[0]))
        rows, columns = part
        dark *= _vignette(np.arange(rows.start, rows.stop), picture.shape[0])[:, None]
        dark *= _vignette(np.arange(columns.start, columns.stop), picture.shape[1])
        picture[rows, columns, 3] = dark

    def _shadow(self, view: View, size: tuple[int, int]) -> tuple[tuple[slice, slice], np.ndarray]:
        """The part of the picture that the ground's shadow may reach, and its darkness there."""
        shadow = self.baked.shadow
        ends = [np.array([low, low + shadow.side]) for low in shadow.low]
        corners = [(x, self.ground, z) for x in ends[0] for z in ends[1]]
        screen = view.project(np.array(corners, np.float32), *size)
        window = _window(screen, size, 1) if screen[:, 2].min() > 0 else None
        window = window or _Window(0, 0, *size, 1)
        x, y = np.arange(window.width) + window.left, np.arange(window.height) + window.top
        dark = ground_darkness(shadow, self.ground, view, x, y, size) * np.float32(SHADOW)
        return window.part, dark

    def _add_room(self, picture: np.ndarray, walls: Walls, view: View, look: Look) -> None:
        size = (picture.shape[1], picture.shape[0])
        light = walls.light.copy()
        if look.shadows and view.eye[1] > self.ground:
            part, dark = self._shadow(view, size)
            light[part] *= 1 - (INDOORS * dark * walls.floor[part])[..., None]
        picture[..., :3] = CURVES[look.tone](light.reshape(-1, 3)).reshape(light.shape)
        picture[..., 3] = walls.cover

    def _painter(self, room: Room, revolving: bool) -> RoomPainter:
        """The painter of a room; only the last one is kept, as it holds a whole picture."""
        key = (room, revolving)
        if key not in self._painters:
            painter = RoomPainter(room, self.mesh, self.ground, self.shader.studio, revolving)
            self._painters = {key: painter}
        return self._painters[key]


def _window(screen: np.ndarray, size: tuple[int, int], grid: int) -> _Window | None:
    x, y, depth = np.ascontiguousarray(screen.T)
    low, high = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    if depth.min() <= 0 or not np.isfinite([low, high]).all():
        return _Window(0, 0, *size, grid)
    left, top = np.clip(np.floor(low).astype(np.int64), 0, size)
    right, bottom = np.clip(np.ceil(high).astype(np.int64) + 1, 0, size)
    if left >= right or top >= bottom:
        return None
    return _Window(int(left), int(top), int(right - left), int(bottom - top), grid)


def _vignette(place: np.ndarray, length: int) -> np.ndarray:
    """Fades the shadow out towards the edge of the picture, so that the background's colour ends there."""
    share = np.clip((length / 2 - np.abs(place - (length - 1) / 2)) / (0.12 * length), 0, 1).astype(
        np.float32
    )
    return share * share * (3 - 2 * share)
