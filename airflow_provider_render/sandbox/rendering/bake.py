"""What is computed once per model: how much light reaches each vertex from where, and the ground's shadow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .normals import face_vectors
from .shadow import PlaneShadow
from .studio import even_directions, harmonics

if TYPE_CHECKING:
    from .mesh import Mesh

AXES = 30
MAP_SIDE = 140
SAMPLES = 130_000
GROUND_SIDE = 160
REACH = 0.62


@dataclass
class Baked:
    """Baked light.

    :param transfer: response to the nine harmonics of the light, of the front of every vertex and then of its
        back, ``(2 * vertices, 9)``.
    :param shadow: on the ground, with X across and Z along.
    """

    transfer: np.ndarray
    shadow: PlaneShadow


def bake(mesh: Mesh) -> Baked:
    """Bakes a mesh whose ground is the plane through its lowest point."""
    solid = np.array([not material.blended for material in mesh.materials])[mesh.material]
    samples = surface_samples(mesh, solid if solid.any() else ~solid)
    front = _transfer(mesh, mesh.points, mesh.normals, samples)
    back = np.zeros_like(front)
    seen = np.unique(mesh.faces[~mesh.closed])
    if len(seen):
        back[seen] = _transfer(mesh, mesh.points[seen], -mesh.normals[seen], samples)
    sides = [_smoothed(mesh, front), _smoothed(mesh, back)]
    everything = surface_samples(mesh, np.ones_like(solid))
    return Baked(np.concatenate(sides), plane_shadow(everything, float(everything[:, 1].min())))


def surface_samples(mesh: Mesh, chosen: np.ndarray) -> np.ndarray:
    """Points spread evenly over the chosen triangles."""
    random = np.random.default_rng(7)
    area = np.linalg.norm(face_vectors(mesh.points, mesh.faces), axis=1).astype(np.float64) * chosen
    cumulative = np.cumsum(area)
    owner = np.searchsorted(cumulative, (np.arange(SAMPLES) + 0.5) / SAMPLES * cumulative[-1])
    a, b = random.random((2, SAMPLES), np.float32)
    a, b = np.where(a + b > 1, 1 - a, a)[:, None], np.where(a + b > 1, 1 - b, b)[:, None]
    corners = mesh.points[mesh.faces[np.minimum(owner, len(area) - 1)]]
    result: np.ndarray = corners[:, 0] * (1 - a - b) + corners[:, 1] * a + corners[:, 2] * b
    return result


def _transfer(mesh: Mesh, points: np.ndarray, normals: np.ndarray, samples: np.ndarray) -> np.ndarray:
    centre = (mesh.low + mesh.high) / 2
    radius = float(np.linalg.norm(mesh.points - centre, axis=1).max()) * 1.02
    pixel = 2 * radius / MAP_SIDE
    lifted = points - centre + normals * np.float32(1.2 * pixel)
    result = np.zeros((len(lifted), 9), np.float32)
    axes = even_directions(2 * AXES)[:AXES].astype(np.float32)
    responses = (harmonics(axes) * (4 / (2 * AXES))).astype(np.float32)
    odd = np.array([1, -1, -1, -1, 1, 1, 1, 1, 1], np.float32)
    columns = np.ascontiguousarray((samples - centre).T)
    for axis, response in zip(axes, responses, strict=True):
        frame = (_frame(axis) / pixel).astype(np.float32)
        x, y, height = frame @ columns
        place = (y + np.float32(MAP_SIDE / 2)).astype(np.int32) * MAP_SIDE
        place += (x + np.float32(MAP_SIDE / 2)).astype(np.int32)
        sites = lifted @ frame.T
        slope = normals @ axis
        _add_direction(result, response, slope, _height_map(place, height), sites)
        sites[:, 2] *= -1
        _add_direction(result, response * odd, -slope, _height_map(place, -height), sites)
    return result


def _add_direction(
    result: np.ndarray, response: np.ndarray, slope: np.ndarray, heights: np.ndarray, sites: np.ndarray
) -> None:
    lit = np.flatnonzero(slope > 0.02)
    seen = _visibility(heights, sites[lit]) * slope[lit]
    result[lit] += seen[:, None] * response


def _height_map(place: np.ndarray, height: np.ndarray) -> np.ndarray:
    heights = np.full(MAP_SIDE * MAP_SIDE, -1e9, np.float32)
    np.maximum.at(heights, place, height)
    return heights


def _visibility(heights: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Soft test whether something lies above the points; one unit is one texel of the map."""
    place = points[:, :2] + np.float32(MAP_SIDE / 2 - 0.5)
    low = np.clip(place.astype(np.int32), 0, MAP_SIDE - 2)
    fx, fy = (place - low).T
    first = low[:, 1] * MAP_SIDE + low[:, 0]
    own = points[:, 2] * np.float32(0.7) + np.float32(0.7 * 1.5 + 1)
    heights = heights * np.float32(0.7)
    weights = (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy
    total = np.zeros(len(points), np.float32)
    for step, weight in zip((0, 1, MAP_SIDE, MAP_SIDE + 1), weights, strict=True):
        total += weight * np.clip(own - heights[first + step], 0, 1)
    return total


def _frame(axis: np.ndarray) -> np.ndarray:
    side = np.cross(axis, (1.0, 0, 0) if abs(axis[1]) > 0.8 else (0, 1.0, 0))
    side /= np.linalg.norm(side)
    return np.stack([side, np.cross(axis, side), axis])


def _smoothed(mesh: Mesh, transfer: np.ndarray, rounds: int = 2) -> np.ndarray:
    """Averages each vertex with its neighbours, which hides the noise of the samples."""
    start, end = mesh.faces.ravel(), np.roll(mesh.faces, -1, axis=1).ravel()
    facing = np.einsum("ij,ij->i", mesh.normals[start], mesh.normals[end]) > 0.8
    start, end = start[facing], end[facing]
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    owners, first = np.unique(start, return_index=True)
    count = np.diff(np.append(first, len(start))).astype(np.float32)[:, None]
    for _ in range(rounds):
        if len(owners):
            around = np.add.reduceat(transfer[end], first, axis=0) / count
            transfer[owners] = (transfer[owners] + around) / 2
    return transfer


def plane_shadow(samples: np.ndarray, ground: float) -> PlaneShadow:
    """Darkness of the plane at the height ``ground`` (along Y) below horizontal slices of the model.

    A slice at height h darkens the ground with the kernel h^2 / (pi (r^2 + h^2)^2), the exact form factor.
    """
    low, high = samples.min(0), samples.max(0)
    size = float(max(high[0] - low[0], high[2] - low[2], 0.25 * (high[1] - low[1])))
    reach = size * REACH + 0.12 * float(high[1] - low[1])
    side = size + 2 * reach
    corner = (low + high)[[0, 2]] / 2 - side / 2
    heights = samples[:, 1] - np.float32(ground)
    dark = np.zeros((GROUND_SIDE, GROUND_SIDE), np.float32)
    place = np.clip(((samples[:, [0, 2]] - corner) / side * GROUND_SIDE).astype(np.int32), 0, GROUND_SIDE - 1)
    cell = side / GROUND_SIDE
    bounds = np.concatenate([[0], np.geomspace(0.6 * cell, max(heights.max(), cell), 22)])
    for bottom, top in pairwise(bounds):
        inside = (heights >= bottom) & (heights <= top)
        if inside.any():
            covered = _covered(place[inside])
            dark += _spread(covered, max((bottom + top) / 2, 0.8 * cell) / cell) ** 2
    return PlaneShadow(_faded(np.sqrt(dark)), corner, side)


def _covered(place: np.ndarray) -> np.ndarray:
    hits = np.bincount(place[:, 1] * GROUND_SIDE + place[:, 0], minlength=GROUND_SIDE**2)
    return np.minimum(hits.reshape(GROUND_SIDE, GROUND_SIDE), 1).astype(np.float64)


def _spread(covered: np.ndarray, height: float) -> np.ndarray:
    wide = 2 * GROUND_SIDE
    offset = np.minimum(np.arange(wide), wide - np.arange(wide)).astype(np.float64)
    kernel = height**2 / (np.pi * (offset[:, None] ** 2 + offset[None, :] ** 2 + height**2) ** 2)
    kernel /= max(kernel.sum(), 1)
    padded = np.zeros((wide, wide))
    padded[:GROUND_SIDE, :GROUND_SIDE] = covered
    result = np.fft.irfft2(np.fft.rfft2(padded) * np.fft.rfft2(kernel), s=(wide, wide))
    return np.clip(result[:GROUND_SIDE, :GROUND_SIDE], 0, 1).astype(np.float32)


def _faded(dark: np.ndarray) -> np.ndarray:
    line = np.linspace(-1, 1, GROUND_SIDE, dtype=np.float32)
    distance = np.sqrt(line[:, None] ** 2 + line[None, :] ** 2)
    window = np.clip((1 - distance) / 0.45, 0, 1)
    window = window * window * (3 - 2 * window)
    result: np.ndarray = np.clip(dark - 0.012, 0, 1) * window
    return result
