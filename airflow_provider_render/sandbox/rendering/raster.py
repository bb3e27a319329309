"""Visibility: which triangle is nearest at every sample of a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CHUNK = 3_000_000


@dataclass
class Visible:
    """The nearest triangles on a grid of samples.

    :param face: per sample the triangle, -1 for none, ``(height * width,)``.
    :param nearness: per sample 1 / depth, 0 for none.
    """

    face: np.ndarray
    nearness: np.ndarray


@dataclass
class _Setup:
    """Triangles that may cover a sample; ``number`` is the index in the mesh."""

    number: np.ndarray
    x: np.ndarray
    y: np.ndarray
    near: np.ndarray
    slope_x: np.ndarray
    slope_y: np.ndarray
    top: np.ndarray
    rows: np.ndarray


def rasterise(
    screen: np.ndarray,
    faces: np.ndarray,
    numbers: np.ndarray,
    size: tuple[int, int],
    nearer_than: np.ndarray | None = None,
    beyond: np.ndarray | None = None,
) -> Visible:
    """Finds the nearest triangle at every sample.

    :param screen: per vertex x, y in samples and depth; samples lie at whole numbers.
    :param faces: triangles to draw, ``(n, 3)``.
    :param numbers: what to report for each of them.
    :param size: width and height of the grid in samples.
    :param beyond: per sample a nearness; only what lies farther away counts.
    :param nearer_than: per sample a nearness; only what lies nearer counts.
    """
    width, height = size
    result = Visible(np.full(width * height, -1, np.int32), np.zeros(width * height, np.float32))
    setup = _prepare(screen, faces, numbers, width, height)
    ends = np.cumsum(setup.rows)
    start = 0
    while start < len(ends):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK // 4)))
        _draw(setup, slice(start, stop), width, result, nearer_than, beyond)
        start = stop
    return result


def _prepare(screen: np.ndarray, faces: np.ndarray, numbers: np.ndarray, width: int, height: int) -> _Setup:
    corners = screen[faces]
    x, y, depth = corners[..., 0], corners[..., 1], corners[..., 2]
    top, bottom = np.ceil(y.min(1)), np.floor(y.max(1))
    left, right = np.ceil(x.min(1)), np.floor(x.max(1))
    np.maximum(top, 0, out=top)
    np.minimum(bottom, height - 1, out=bottom)
    inside = (left <= right) & (left < width) & (right >= 0) & (top <= bottom) & (depth.min(1) > 0)
    kept = np.flatnonzero(inside)
    x, y, near = x[kept].astype(np.float64), y[kept].astype(np.float64), 1 / depth[kept].astype(np.float64)
    dx1, dy1, dx2, dy2 = x[:, 1] - x[:, 0], y[:, 1] - y[:, 0], x[:, 2] - x[:, 0], y[:, 2] - y[:, 0]
    area = dx1 * dy2 - dx2 * dy1
    area[area == 0] = np.inf
    dn1, dn2 = near[:, 1] - near[:, 0], near[:, 2] - near[:, 0]
    slope_x, slope_y = (dn1 * dy2 - dn2 * dy1) / area, (dn2 * dx1 - dn1 * dx2) / area
    first = top[kept].astype(np.int32)
    rows = bottom[kept].astype(np.int32) - first + 1
    return _Setup(numbers[kept], x, y, near, slope_x, slope_y, first, rows)


def _draw(
    setup: _Setup,
    part: slice,
    width: int,
    result: Visible,
    nearer_than: np.ndarray | None,
    beyond: np.ndarray | None,
) -> None:
    rows = setup.rows[part]
    owner = np.repeat(np.arange(part.start, part.stop), rows)
    line = setup.top[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(rows) - rows, rows)
    left, right = _spans(setup, part, rows, line, width)
    kept = np.flatnonzero(left <= right)
    owner, line, left = owner[kept], line[kept], left[kept].astype(np.int32)
    counts = right[kept].astype(np.int32) - left + 1
    base = setup.near[owner, 0] + setup.slope_y[owner] * (line - setup.y[owner, 0])
    base += setup.slope_x[owner] * (left - setup.x[owner, 0])
    ends = np.cumsum(counts)
    start = 0
    while start < len(ends):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK)))
        span = slice(start, stop)
        place, near, number = _fill(
            setup, owner[span], line[span], left[span], counts[span], base[span], width
        )
        _resolve(place, near, number, result, nearer_than, beyond)
        start = stop


def _spans(
    setup: _Setup, part: slice, rows: np.ndarray, line: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """First and last sample inside the triangle per row; neighbours share each crossing to the last bit."""
    x, y = setup.x[part], setup.y[part]
    turn = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    left, right = np.zeros(len(line)), np.full(len(line), width - 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        for a, b in ((0, 1), (1, 2), (2, 0)):
            slope, along = y[:, a] - y[:, b], x[:, b] - x[:, a]
            shift = x[:, a] * y[:, b] - x[:, b] * y[:, a]
            crossing = np.repeat(-along / slope, rows) * line + np.repeat(-shift / slope, rows)
            rising = np.repeat(slope * turn, rows)
            np.copyto(left, np.maximum(left, np.ceil(crossing)), where=rising > 0)
            np.copyto(right, np.minimum(right, np.floor(crossing)), where=rising < 0)
    right[np.repeat(turn == 0, rows)] = -1
    return left, right


def _fill(
    setup: _Setup,
    owner: np.ndarray,
    line: np.ndarray,
    left: np.ndarray,
    counts: np.ndarray,
    base: np.ndarray,
    width: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    step = np.arange(counts.sum(), dtype=np.int32) - np.repeat(
        np.cumsum(counts, dtype=np.int32) - counts, counts
    )
    place = np.repeat(line.astype(np.int32) * width + left, counts) + step
    near = np.repeat(base.astype(np.float32), counts)
    near += np.repeat(setup.slope_x[owner].astype(np.float32), counts) * step
    return place, near, np.repeat(setup.number[owner], counts)


def _resolve(
    place: np.ndarray,
    near: np.ndarray,
    number: np.ndarray,
    result: Visible,
    nearer_than: np.ndarray | None,
    beyond: np.ndarray | None,
) -> None:
    kept = near > 0
    if nearer_than is not None:
        kept &= near > nearer_than[place]
    if beyond is not None:
        kept &= near < beyond[place]
    if not kept.all():
        place, near, number = place[kept], near[kept], number[kept]
    np.maximum.at(result.nearness, place, near)
    won = result.nearness[place] == near
    result.face[place[won]] = number[won]
