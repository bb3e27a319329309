"""Tileable texture maps computed from noise: height fields and colours as float arrays, 0..1."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from modelling.mesh import Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = 512
"""Pixels along a side of a texture."""


@dataclass(frozen=True)
class Texture:
    """A JPEG image of a material.

    :param name: of the image in the model's file.
    :param jpeg: the file's bytes.
    """

    name: str
    jpeg: bytes


def baked(name: str, pixels: Floats, quality: int = 84, *, crisp: bool = False) -> Texture:
    """Encode an array of 0..1 as JPEG.

    :param pixels: (h, w) or (h, w, 3), the first row on top.
    :param crisp: keep full colour resolution, as normal maps and print need.
    """
    image = Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)).convert("RGB")
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality, optimize=True, subsampling=0 if crisp else 2)
    return Texture(name, stream.getvalue())


@cache
def noise(
    seed: int, cells: tuple[int, int] = (4, 4), octaves: int = 5, gain: float = 0.55, size: int = SIZE
) -> Floats:
    """Return tileable fractal noise, stretched to 0..1.

    :param cells: cells of the coarsest layer, across and down.
    :param octaves: layers, each with twice the cells of the one before.
    :param gain: weight of a layer against the one before.
    """
    random = np.random.default_rng(seed)
    total = np.zeros((size, size))
    for octave in range(octaves):
        across, down = (min(count * 2**octave, size) for count in cells)
        total += gain**octave * _enlarged(random.random((down, across)), size)
    return _stretched(total)


def cells(seed: int, count: int, size: int = SIZE) -> tuple[Floats, Floats]:
    """Return for every pixel the distance (in cells) to its cell's edge, and a random value per cell."""
    random = np.random.default_rng(seed)
    feature = random.random((count, count, 2))
    values = random.random((count, count))
    y, x = np.mgrid[:size, :size] * (count / size)
    nearest = np.full((2, size, size), 9.0)
    value = np.zeros((size, size))
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            row, column = np.floor(y).astype(np.int64) + down, np.floor(x).astype(np.int64) + across
            point = feature[row % count, column % count]
            distance = np.hypot(row + point[..., 0] - y, column + point[..., 1] - x)
            closer = distance < nearest[0]
            value = np.where(closer, values[row % count, column % count], value)
            nearest[1] = np.where(closer, nearest[0], np.minimum(nearest[1], distance))
            nearest[0] = np.where(closer, distance, nearest[0])
    return nearest[1] - nearest[0], value


def normal_map(height: Floats, strength: float) -> Floats:
    """Return the tangent-space normals of a tileable height field, as glTF stores them."""
    slope_x = np.roll(height, -1, axis=1) - np.roll(height, 1, axis=1)
    slope_y = np.roll(height, 1, axis=0) - np.roll(height, -1, axis=0)
    normals = np.stack([-slope_x * strength, -slope_y * strength, np.ones_like(height)], axis=-1)
    return np.asarray(normals / np.linalg.norm(normals, axis=-1, keepdims=True) * 0.5 + 0.5)


def roughness_map(roughness: Floats, metallic: float = 0.0) -> Floats:
    """Return a metallic-roughness map: roughness in green, metalness in blue."""
    return np.stack([np.ones_like(roughness), roughness, np.full_like(roughness, metallic)], axis=-1)


def blend(low: Sequence[float], high: Sequence[float], amount: Floats) -> Floats:
    """Return the colours between ``low`` (amount 0) and ``high`` (amount 1)."""
    share = np.clip(amount, 0, 1)[..., None]
    return np.asarray(low) * (1 - share) + np.asarray(high) * share


@cache
def wood_grain(seed: int, rings: int = 22) -> tuple[Floats, Floats]:
    """Return the darkness of plain-sawn wood (grain along v) and the depth of its pores."""
    x = np.broadcast_to(np.arange(SIZE) / SIZE, (SIZE, SIZE))
    drift = noise(seed, (3, 1), 3, 0.5) * 2.2 + noise(seed + 1, (8, 2), 3, 0.5) * 0.25
    spacing = 0.5 * np.sin(2 * np.pi * x) + 0.3 * np.sin(4 * np.pi * x + 1.3)
    phase = (x * rings + spacing * 2.4 + drift * 2.5) % 1.0
    ring = np.where(phase < 0.82, phase / 0.82, (1 - phase) / 0.18) ** 2.2
    fibre = noise(seed + 2, (128, 3), 3, 0.7)
    pores = np.clip(noise(seed + 3, (160, 10), 2, 0.5) * 2.6 - 1.75, 0, 1) * (0.4 + 0.6 * ring)
    cloud = noise(seed + 4, (3, 1), 4, 0.5)
    return np.clip(0.42 * ring + 0.30 * fibre + 0.34 * cloud - 0.08, 0, 1), pores


@cache
def boucle(seed: int = 31) -> Floats:
    """Return the height of a looped wool fabric."""
    edge, value = cells(seed, 46)
    curls = noise(seed + 1, (40, 40), 3, 0.6)
    loops = np.clip(edge * 1.7, 0, 1) ** 0.6
    return np.clip(0.60 * loops + 0.18 * value + 0.34 * (curls - 0.5), 0, 1)


@cache
def weave(threads: int, seed: int = 5, wobble: float = 0.9) -> Floats:
    """Return the height of a plain weave whose threads are a little uneven, as real ones are."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE * threads
    x = x + wobble * (noise(seed, (12, 12), 3) - 0.5)
    y = y + wobble * (noise(seed + 1, (12, 12), 3) - 0.5)
    over = (np.floor(x) + np.floor(y)) % 2
    warp = np.abs(np.sin(np.pi * x)) * (0.55 + 0.45 * np.abs(np.sin(np.pi * y)))
    weft = np.abs(np.sin(np.pi * y)) * (0.55 + 0.45 * np.abs(np.sin(np.pi * x)))
    return np.asarray(np.where(over == 1, warp, weft))


@cache
def slub(seed: int = 17) -> Floats:
    """Return the brightness of linen: long uneven threads crossing each other."""
    across = noise(seed, (6, 128), 3, 0.8)
    along = noise(seed + 1, (128, 6), 3, 0.8)
    return 0.5 * across + 0.5 * along


def _enlarged(lattice: Floats, size: int) -> Floats:
    rows, columns = lattice.shape
    wrapped = Image.fromarray(np.pad(lattice, 3, mode="wrap").astype(np.float32))
    box = (3, 3, 3 + columns, 3 + rows)
    return np.asarray(wrapped.resize((size, size), Image.Resampling.BICUBIC, box=box), dtype=np.float64)


def _stretched(values: Floats) -> Floats:
    low, high = np.percentile(values, (0.5, 99.5))
    return np.asarray(np.clip((values - low) / (high - low), 0, 1))
