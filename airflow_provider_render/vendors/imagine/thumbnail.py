"""A small picture of a model for Imagine.io's lists: made from the GLB's triangles, in plain Python."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Sequence

from airflow_provider_render.core.calls import ByteSource
from airflow_provider_render.vendors.imagine.mesh import Triangle, Vector, triangles

SIZE = 256
MARGIN = 14
MOST_PIXELS = 4_000_000
"""Pixels looked at for one picture; what is left of a model after that is not drawn."""

YAW, PITCH = math.radians(35), math.radians(22)
LIGHT = (0.35, 0.75, 0.56)
GROUND = (238, 238, 238)

Colour = tuple[int, int, int]
Corner = tuple[float, float, float]


def thumbnail(source: ByteSource) -> bytes | None:
    """Return a PNG picture of a model, or None where it is no GLB that can be read.

    Reads only the triangles, and of large models only some.

    :param source: the model file.
    """
    if not source.name.lower().endswith(".glb"):
        return None
    try:
        with source.open() as file:
            found = list(triangles(file))
        return png(_draw(found)) if found else None
    except Exception:  # noqa: BLE001 - files and storages break in many ways; the upload goes on without
        return None


def png(rows: Sequence[bytes]) -> bytes:
    """Return an RGB picture as a PNG file.

    :param rows: the pixels of each line, three bytes each.
    """
    head = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    chunks = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _draw(found: Sequence[Triangle]) -> list[bytes]:
    turned = {corner: _turned(corner) for triangle in found for corner in triangle.corners}
    place = _fitting(turned.values())
    placed = {corner: place(seen) for corner, seen in turned.items()}
    canvas = _Canvas()
    for triangle in found:
        corners = [placed[corner] for corner in triangle.corners]
        if not canvas.draw(corners, _shade(corners, triangle.colour)):
            break
    return canvas.rows()


def _turned(point: Vector) -> Corner:
    """Return a point as the camera sees it: to the right, up, and towards the camera."""
    x, y, z = point
    right, away = x * math.cos(YAW) - z * math.sin(YAW), x * math.sin(YAW) + z * math.cos(YAW)
    return (
        right,
        y * math.cos(PITCH) - away * math.sin(PITCH),
        y * math.sin(PITCH) + away * math.cos(PITCH),
    )


class _Place:
    """Brings points into the picture; scaled alike in all directions."""

    def __init__(self, low: Sequence[float], high: Sequence[float]) -> None:
        extent = max(high[0] - low[0], high[1] - low[1]) or 1.0
        self._scale = (SIZE - 2 * MARGIN) / extent
        self._middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]

    def __call__(self, point: Corner) -> Corner:
        x, y, z = ((value - middle) * self._scale for value, middle in zip(point, self._middle, strict=True))
        return SIZE / 2 + x, SIZE / 2 + y, z


def _fitting(points: Iterable[Corner]) -> _Place:
    columns = list(zip(*points, strict=True))
    return _Place([min(column) for column in columns], [max(column) for column in columns])


def _shade(corners: Sequence[Corner], colour: Sequence[float]) -> Colour:
    a, b, c = corners
    u = [q - p for p, q in zip(a, b, strict=True)]
    v = [q - p for p, q in zip(a, c, strict=True)]
    normal = (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
    length = math.hypot(*normal) or 1.0
    lit = abs(sum(n * light for n, light in zip(normal, LIGHT, strict=True))) / length
    red, green, blue = (round(255 * min(1.0, part * (0.35 + 0.7 * lit)) ** (1 / 2.2)) for part in colour[:3])
    return red, green, blue


class _Canvas:
    """Pixels with a depth each; the lowest line comes first."""

    def __init__(self) -> None:
        self._depth = [-math.inf] * (SIZE * SIZE)
        self._pixels: list[Colour] = [GROUND] * (SIZE * SIZE)
        self._left = MOST_PIXELS

    def draw(self, corners: Sequence[Corner], colour: Colour) -> bool:
        """Draw a triangle line by line and say whether there is time for more."""
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corners
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if not math.isfinite(area) or abs(area) < 1e-9:
            return True
        slope = ((bz - az) * (cy - ay) - (cz - az) * (by - ay)) / area
        rise = ((cz - az) * (bx - ax) - (bz - az) * (cx - ax)) / area
        for y in range(max(0, math.ceil(min(ay, by, cy))), min(SIZE, math.floor(max(ay, by, cy)) + 1)):
            if ends := _crossings(corners, y):
                first, last = max(0, math.ceil(min(ends))), min(SIZE - 1, math.floor(max(ends)))
                self._line(
                    y * SIZE + first,
                    last - first + 1,
                    colour,
                    slope,
                    az + slope * (first - ax) + rise * (y - ay),
                )
        return self._left > 0

    def _line(self, start: int, length: int, colour: Colour, slope: float, depth: float) -> None:
        depths, pixels = self._depth, self._pixels
        self._left -= max(0, length) + 1
        for index in range(start, start + length):
            if depth > depths[index]:
                depths[index], pixels[index] = depth, colour
            depth += slope

    def rows(self) -> list[bytes]:
        """Return the lines of the picture, from the top."""
        lines = (self._pixels[start : start + SIZE] for start in range(0, SIZE * SIZE, SIZE))
        return [bytes(part for pixel in line for part in pixel) for line in lines][::-1]


def _crossings(corners: Sequence[Corner], y: int) -> list[float]:
    """Return where the sides of a triangle cross a line."""
    ends = []
    px, py, _ = corners[2]
    for x, at, _ in corners:
        if (py <= y) != (at <= y):
            ends.append(px + (y - py) * (x - px) / (at - py))
        px, py = x, at
    return ends
