"""The shapes that products are built of: turned bodies, swept tubes, rounded boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from modelling.mesh import Floats, Mesh, joined, surface

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

AXES = np.eye(3)


def fillet(corners: ArrayLike, radius: float, steps: int = 4) -> Floats:
    """Round the inner corners of an open polyline.

    :param corners: (n, d) points in metres.
    :param radius: metres cut from each side of a corner, less where a side is short.
    :param steps: points of each rounding.
    """
    points = np.asarray(corners, dtype=np.float64)
    rounded = [points[:1]]
    for before, corner, after in zip(points[:-2], points[1:-1], points[2:], strict=True):
        start = corner + _limited(before - corner, radius)
        end = corner + _limited(after - corner, radius)
        t = np.linspace(0, 1, steps)[:, None]
        rounded.append((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)
    return np.concatenate([*rounded, points[-1:]])


def curve(controls: ArrayLike, count: int) -> Floats:
    """Return ``count`` points of the Catmull-Rom curve through the control points."""
    given = np.asarray(controls, dtype=np.float64)
    padded = np.concatenate([2 * given[:1] - given[1:2], given, 2 * given[-1:] - given[-2:-1]])
    position = np.linspace(0, len(given) - 1, count)
    span = np.minimum(position.astype(np.int64), len(given) - 2)
    t = (position - span)[:, None]
    a, b, c, d = (padded[span + offset] for offset in range(4))
    return np.asarray(b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))))


def revolve(
    profile: ArrayLike,
    segments: int = 64,
    *,
    tile: float | None = None,
    repeats: tuple[int, float] = (1, 1.0),
    flutes: Callable[[Floats, Floats], Floats] | None = None,
) -> Mesh:
    """Turn a profile about the Y axis; the seam is at the back (-Z), u=0.5 at the front.

    :param profile: (n, 2) radius and height in metres, from the bottom up along the outside.
    :param tile: metres that one texture covers; otherwise ``repeats`` counts textures around and along.
    :param flutes: factor of the radius, given the angle and the height in metres.
    """
    outline = np.asarray(profile, dtype=np.float64)
    angle = np.linspace(-np.pi, np.pi, segments + 1)
    along = _arc_lengths(outline)
    around, upward = repeats
    if tile is not None:
        around = max(1, round(2 * np.pi * float(outline[:, 0].max()) / tile))
        upward = along[-1] / tile
    radius = np.broadcast_to(outline[:, 0], (segments + 1, len(outline)))
    height = np.broadcast_to(outline[:, 1], radius.shape)
    if flutes is not None:
        radius = radius * flutes(angle[:, None], height)
    points = np.stack([radius * np.sin(angle)[:, None], height, radius * np.cos(angle)[:, None]], axis=-1)
    u = np.linspace(0, around, segments + 1)
    # A texture that is used once along the profile stops short of its edges, which would wrap around.
    v = 0.004 + 0.992 * along / along[-1] if upward == 1 else along / along[-1] * upward
    points[-1] = points[0]
    return surface(points, _uv_grid(u, v))


def ellipse(width: float, height: float, count: int = 16) -> Floats:
    """Return a closed cross-section for :func:`sweep`, ``width`` by ``height`` metres."""
    angle = np.linspace(0, 2 * np.pi, count + 1)
    return np.stack([np.cos(angle) * width / 2, np.sin(angle) * height / 2], axis=1)


def rounded_rectangle(width: float, height: float, radius: float, steps: int = 4) -> Floats:
    """Return a closed cross-section for :func:`sweep` with rounded corners."""
    corners = [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    quarter = np.linspace(0, np.pi / 2, steps + 1)
    arcs = []
    for number, (x, y) in enumerate(corners):
        angle = quarter + number * np.pi / 2
        centre = np.array([x * (width / 2 - radius), y * (height / 2 - radius)])
        arcs.append(centre + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return np.concatenate([*arcs, arcs[0][:1]])


def sweep(
    path: ArrayLike,
    section: Floats,
    *,
    side: Sequence[float] = (0, 0, 1),
    scale: ArrayLike = 1.0,
    tile: float = 0.1,
    closed: bool = False,
    cap: float | None = 0.0,
    offset: float = 0.0,
) -> Mesh:
    """Draw a cross-section along a path; v runs along the path.

    :param path: (n, 3) metres.
    :param section: (k, 2) closed outline, counter-clockwise; its first axis starts along ``side``.
    :param scale: factor of the section, one number, one per point, or two per point.
    :param tile: metres that one texture covers.
    :param closed: the path ends where it began.
    :param cap: metres of rounding of closed ends (0: flat), or None for open ends.
    :param offset: where in the texture to begin.
    """
    line = np.asarray(path, dtype=np.float64)
    factors = np.asarray(scale, dtype=np.float64)
    factors = np.broadcast_to(factors if factors.ndim == 2 else factors.reshape(-1, 1), (len(line), 2))
    if cap is not None and not closed:
        line, factors = _capped(line, factors, cap, float(np.abs(section).max(axis=0).min()))
    normals, binormals = _frames(line, np.asarray(side, dtype=np.float64), closed)
    x = section[:, None, :1] * factors[None, :, :1]
    y = section[:, None, 1:] * factors[None, :, 1:]
    points = line[None] + x * normals[None] + y * binormals[None]
    if closed:
        points[:, -1] = points[:, 0]
    points[-1] = points[0]
    around = _arc_lengths(section)
    u = around / around[-1] * max(1, round(around[-1] / tile))
    return surface(points, _uv_grid(u + offset, _arc_lengths(line) / tile + offset * 7))


def rounded_box(
    size: tuple[float, float, float],
    radius: float,
    *,
    tile: float = 0.3,
    grain: str = "x",
    crown: tuple[float, float, float] = (0, 0, 0),
    steps: int = 3,
    inner: int = 2,
    offset: float = 0.0,
) -> Mesh:
    """Make a box with rounded edges, centred on the origin.

    :param size: metres along x, y and z.
    :param radius: metres of the rounding.
    :param tile: metres that one texture covers.
    :param grain: the axis that the texture's v follows; the texture runs on around it.
    :param crown: metres that the faces across x, y and z swell in their middle.
    :param steps: points of a rounding, of each of its two faces.
    :param inner: points of a flat or swollen part.
    :param offset: where in the texture to begin.
    """
    half = np.asarray(size) / 2
    lines = [_box_lines(float(h), radius, steps, inner) for h in half]
    g = "xyz".index(grain)
    outward, faces, across = AXES[(g + 1) % 3], [], offset
    for _ in range(4):
        u_axis = np.cross(AXES[g], outward)
        faces.append(_box_face(outward, u_axis, lines, half, radius, crown, tile, (across, offset)))
        across += 2 * float(lines[int(np.abs(u_axis).argmax())][1].max()) / tile
        outward = u_axis
    for end in (AXES[g], -AXES[g]):
        u_axis = np.cross(AXES[(g + 1) % 3], end)
        faces.append(_box_face(end, u_axis, lines, half, radius, crown, tile, (offset, offset)))
    return joined(faces)


def ring_path(width: float, depth: float, radius: float, count: int = 8) -> Floats:
    """Return a closed horizontal path around a rectangle with rounded corners, for :func:`sweep`."""
    outline = rounded_rectangle(width, depth, radius, count)
    return np.stack([outline[:, 0], np.zeros(len(outline)), -outline[:, 1]], axis=1)


def _box_lines(half: float, radius: float, steps: int, inner: int) -> tuple[Floats, Floats]:
    """Return the places of the grid lines on the cube, and where they lie on the unrolled surface."""
    angle = np.linspace(0, np.pi / 4, steps)[1:]
    flat = half - radius
    middle = np.linspace(-flat, flat, inner)
    place = np.concatenate([-flat - radius * np.tan(angle)[::-1], middle, flat + radius * np.tan(angle)])
    return place, np.concatenate([-flat - radius * angle[::-1], middle, flat + radius * angle])


def _box_face(
    outward: Floats,
    u_axis: Floats,
    lines: list[tuple[Floats, Floats]],
    half: Floats,
    radius: float,
    crown: tuple[float, float, float],
    tile: float,
    start: tuple[float, float],
) -> Mesh:
    v_axis = np.cross(outward, u_axis)
    i, j, k = (int(np.abs(axis).argmax()) for axis in (u_axis, v_axis, outward))
    u_place, v_place = lines[i][0], lines[j][0]
    cube = u_place[:, None, None] * u_axis + v_place[None, :, None] * v_axis + half[k] * outward
    core = np.clip(cube, -(half - radius), half - radius)
    arms = cube - core
    points = core + arms / np.maximum(np.linalg.norm(arms, axis=-1, keepdims=True), 1e-12) * radius
    swell = (1 - (u_place / half[i]) ** 2)[:, None] * (1 - (v_place / half[j]) ** 2)[None]
    points = points + crown[k] * np.sqrt(np.maximum(swell, 0))[..., None] ** 1.5 * outward
    u, v = lines[i][1], lines[j][1]
    return surface(points, _uv_grid((u - u[0]) / tile + start[0], (v - v[0]) / tile + start[1]))


def _capped(line: Floats, factors: Floats, rounding: float, reach: float) -> tuple[Floats, Floats]:
    """Close both ends: a rounding of ``rounding`` metres, then the flat rest down to the middle."""
    angle = np.linspace(0, np.pi / 2, 5)[1:] if rounding else np.zeros(0)
    shrink = 1 - min(rounding / reach, 0.98) * (1 - np.cos(angle))
    shrink = np.append(shrink, 0.0)
    shift = np.append(np.sin(angle), 1.0 if rounding else 0.0) * rounding
    pieces, scales = [line], [factors]
    for end, inward in ((0, 1), (-1, -2)):
        way = line[end] - line[inward]
        extra = line[end] + shift[:, None] * way / np.linalg.norm(way)
        scale = shrink[:, None] * factors[end]
        order = slice(None, None, -1 if end == 0 else 1)
        pieces.insert(0 if end == 0 else len(pieces), extra[order])
        scales.insert(0 if end == 0 else len(scales), scale[order])
    return np.concatenate(pieces), np.concatenate(scales)


def _frames(line: Floats, side: Floats, closed: bool) -> tuple[Floats, Floats]:
    """Carry ``side`` along the line without twisting it."""
    tangents = _tangents(line, closed)
    normal, normals = side, []
    for tangent in tangents:
        normal = normal - tangent * (normal @ tangent)
        normal = normal / np.linalg.norm(normal)
        normals.append(normal)
    carried = np.array(normals)
    return carried, np.cross(tangents, carried)


def _tangents(line: Floats, closed: bool) -> Floats:
    ahead, behind = np.roll(line, -1, axis=0), np.roll(line, 1, axis=0)
    if closed:
        ahead[-1], behind[0] = line[1], line[-2]
    else:
        ahead[-1], behind[0] = line[-1], line[0]
    way = ahead - behind
    length = np.linalg.norm(way, axis=1)
    for index in np.flatnonzero(length < 1e-12):
        way[index] = way[index - 1] if index else way[np.flatnonzero(length >= 1e-12)[0]]
    return np.asarray(way / np.linalg.norm(way, axis=1, keepdims=True))


def _limited(way: Floats, radius: float) -> Floats:
    length = float(np.linalg.norm(way))
    return way * (min(radius, 0.45 * length) / length)


def _arc_lengths(points: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])


def _uv_grid(u: Floats, v: Floats) -> Floats:
    return np.stack(np.broadcast_arrays(u[:, None], v[None, :]), axis=-1)
