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
    """Triangles that may cover a sample; ``number`` is the index in the mesh, columns of ``x`` and ``y`` are
    the corners from top to bottom, ``lean`` is the change of x per row along top-bottom, top-middle and
    middle-bottom, ``near`` is 1 / depth at the top corner."""

    number: np.ndarray
    x: np.ndarray
    y: np.ndarray
    lean: np.ndarray
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
    corners = [[column[corner] for corner in faces.T] for column in np.ascontiguousarray(screen.T)]
    (left, right), (top, bottom), (closest, _) = (_extremes(*column) for column in corners)
    left, right, top, bottom = np.ceil(left), np.floor(right), np.ceil(top), np.floor(bottom)
    np.maximum(top, 0, out=top)
    np.minimum(bottom, height - 1, out=bottom)
    inside = (left <= right) & (left < width) & (right >= 0) & (top <= bottom) & (closest > 0)
    kept = np.flatnonzero(inside)
    x, y, depth = (np.stack([each[kept] for each in column]).astype(np.float64) for column in corners)
    first, rows = top[kept].astype(np.int32), (bottom[kept] - top[kept]).astype(np.int32) + 1
    return _Setup(numbers[kept], *_planes(x, y, 1 / depth), first, rows)


def _extremes(one: np.ndarray, two: np.ndarray, three: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.minimum(np.minimum(one, two), three), np.maximum(np.maximum(one, two), three)


def _planes(
    x: np.ndarray, y: np.ndarray, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Corners sorted by height, how the edges lean, and how ``near`` changes over the triangle."""
    for upper, lower in ((0, 1), (1, 2), (0, 1)):
        swapped = np.flatnonzero(y[upper] > y[lower])
        for each in (x, y, near):
            each[upper, swapped], each[lower, swapped] = each[lower, swapped], each[upper, swapped]
    dx, dy, dn = (each[[2, 1, 2]] - each[[0, 0, 1]] for each in (x, y, near))
    area = dx[1] * dy[0] - dx[0] * dy[1]
    # Triangles seen edge-on hide nothing: infinitely far away.
    near[:, area == 0] = 0
    area[area == 0] = np.inf
    slope_x, slope_y = (dn[1] * dy[0] - dn[0] * dy[1]) / area, (dn[0] * dx[1] - dn[1] * dx[0]) / area
    # A flat edge is met only at its first corner, where its lean does not count.
    lean = dx / np.where(dy > 0, dy, np.inf)
    return x, y, lean, near[0], slope_x, slope_y


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
    left, right = _spans(setup, owner, line, width)
    kept = np.flatnonzero(left <= right)
    owner, line, left = owner[kept], line[kept], left[kept]
    counts = right[kept] - left + 1
    base = setup.near.take(owner) + setup.slope_y.take(owner) * (line - setup.y[0].take(owner))
    base += setup.slope_x.take(owner) * (left - setup.x[0].take(owner))
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


def _spans(setup: _Setup, owner: np.ndarray, line: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last sample inside the triangle per row; neighbours share each crossing to the last bit."""
    x, y, lean = setup.x, setup.y, setup.lean
    along = x[0].take(owner) + (line - y[0].take(owner)) * lean[0].take(owner)
    edge = owner + (line >= y[1].take(owner)) * x.shape[1]
    across = x.take(edge) + (line - y.take(edge)) * lean[1:].take(edge)
    left, right = np.ceil(np.minimum(along, across)), np.floor(np.maximum(along, across))
    # A triangle that reaches behind the camera's side may span more columns than an integer holds.
    return np.clip(left, 0, width).astype(np.int32), np.clip(right, -1, width - 1).astype(np.int32)


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
