"""Textures: decoding, stacking the maps of a material, mip levels and sampling."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from .errors import ModelError
from .srgb import PLAIN

if TYPE_CHECKING:
    from .document import Document

MOST_PIXELS = 120_000_000
CLAMP, MIRROR, REPEAT = 33071, 33648, 10497
BLUR = np.float32(0.15)


@dataclass(frozen=True)
class Placement:
    """How texture coordinates become a place in a texture; maps that share it are sampled together.

    :param channel: 0 or 1, which set of coordinates.
    :param transform: ``(a, b, c, d, e, f)``: u' = a u + b v + c, v' = d u + e v + f.
    :param wrap: glTF wrap modes in u and v.
    """

    channel: int = 0
    transform: tuple[float, ...] = (1, 0, 0, 0, 1, 0)
    wrap: tuple[int, int] = (REPEAT, REPEAT)

    def place(self, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places in the texture, before wrapping.

        :param uv: both sets of coordinates, ``(n, 4)``.
        """
        u, v = uv[:, 2 * self.channel], uv[:, 2 * self.channel + 1]
        a, b, c, d, e, f = self.transform
        if self.transform == Placement.transform:
            return u, v
        return a * u + b * v + c, d * u + e * v + f


@dataclass
class MapStack:
    """Maps of one material at one size, with all mip levels in one array.

    :param channels: where each map lies in the texels, such as ``{"base": slice(0, 4)}``.
    :param texels: all levels one after another, ``(texels, channels)``.
    :param levels: per level width, height and first texel.
    """

    placement: Placement
    channels: dict[str, slice]
    texels: np.ndarray
    levels: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the finest level in texels."""
        return int(self.levels[0, 0]), int(self.levels[0, 1])

    @property
    def scale(self) -> float:
        """How much larger the placement's transform makes texture coordinates."""
        a, b, _, d, e, _ = self.placement.transform
        return math.sqrt(abs(a * e - b * d))

    def sample(self, uv: np.ndarray, detail: np.ndarray) -> np.ndarray:
        """Trilinear samples.

        :param uv: the four texture coordinates per sample.
        :param detail: texels of the finest level that one sample covers, along one side.
        """
        u, v = self.placement.place(uv)
        level = np.minimum(np.log2(np.maximum(detail, 1)) + BLUR, np.float32(len(self.levels) - 1))
        fine = level.astype(np.int32)
        share = level - fine
        result = self._bilinear(u, v, fine)
        between = np.flatnonzero((share > 0.05) & (fine < len(self.levels) - 1))
        coarse = self._bilinear(u[between], v[between], fine[between] + 1)
        coarse -= result[between]
        result[between] += coarse * share[between, None]
        return result

    def _bilinear(self, u: np.ndarray, v: np.ndarray, level: np.ndarray) -> np.ndarray:
        width, height, first = (column.take(level) for column in self.levels.T.astype(np.intp))
        x0, x1, fx = _neighbours(u, width, self.placement.wrap[0])
        y0, y1, fy = _neighbours(v, height, self.placement.wrap[1])
        y0, y1 = first + y0 * width, first + y1 * width
        top: np.ndarray = self.texels.take(y0 + x0, 0)
        top += (self.texels.take(y0 + x1, 0) - top) * fx
        bottom = self.texels.take(y1 + x0, 0)
        bottom += (self.texels.take(y1 + x1, 0) - bottom) * fx
        bottom -= top
        bottom *= fy
        top += bottom
        return top


def stack_maps(placement: Placement, maps: dict[str, tuple[Image.Image, str, np.ndarray]]) -> MapStack:
    """Builds the stack of maps that share a placement.

    :param maps: per name the picture, its channels (such as ``GB``) and the table that decodes its bytes.
    """
    width = max(picture.width for picture, _, _ in maps.values())
    height = max(picture.height for picture, _, _ in maps.values())
    layers, channels, first = [], {}, 0
    for name, (picture, bands, table) in maps.items():
        layers.append(_layer(picture, bands, table, (width, height)))
        channels[name] = slice(first, first + len(bands))
        first += len(bands)
    return MapStack(placement, channels, *_pyramid(np.concatenate(layers, 2)))


def read_image(document: Document, index: Any, limit: int, user: str) -> Image.Image:
    """Decodes an image of the document.

    :param limit: largest width or height in pixels to keep; larger images are reduced.
    :raises ModelError: missing, absurdly large, or no picture.
    """
    data, user = image_bytes(document, index, user)
    try:
        return _decode(data, limit, user)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{user} is not a readable picture: {type(error).__name__}") from error


def image_bytes(document: Document, index: Any, user: str) -> tuple[bytes, str]:
    """An image of the document as it is stored, and how to call it in messages.

    :raises ModelError: missing.
    """
    entry = document.entry("images", index, user)
    user = f"image {index} ({entry.get('name') or entry.get('mimeType') or 'unnamed'})"
    by_view = "bufferView" in entry
    data = document.view(entry["bufferView"], user) if by_view else document.external(entry.get("uri"), user)
    return bytes(data), user


def _decode(data: bytes, limit: int, user: str) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ModelError(f"{user} has {picture.width} x {picture.height} pixels, which is too large")
        picture.draft(None, (limit, limit))
        shrink = max(1, math.ceil(max(picture.size) / limit))
        loaded = picture.convert("RGBA") if picture.mode != "RGB" else picture.copy()
    return loaded.reduce(shrink) if shrink > 1 else loaded


def _layer(picture: Image.Image, bands: str, table: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    raw = np.asarray(picture.convert("RGBA"))
    columns = ["RGBA".index(band) for band in bands]
    layer: np.ndarray = table[raw[..., columns]]
    if "A" in bands:
        layer[..., bands.index("A")] = PLAIN[raw[..., 3]]
    return layer


def _pyramid(finest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    levels = [np.ascontiguousarray(finest, np.float32)]
    while max(levels[-1].shape[:2]) > 1:
        levels.append(_half(levels[-1]))
    sizes = [(level.shape[1], level.shape[0]) for level in levels]
    starts = np.cumsum([0] + [width * height for width, height in sizes[:-1]])
    table = np.array([(*size, start) for size, start in zip(sizes, starts, strict=True)], np.int32)
    return np.concatenate([level.reshape(-1, level.shape[2]) for level in levels]), table


def _half(level: np.ndarray) -> np.ndarray:
    height, width = level.shape[:2]
    if height > 1:
        level = (level[0 : height // 2 * 2 : 2] + level[1 : height // 2 * 2 : 2]) * np.float32(0.5)
    if width > 1:
        level = (level[:, 0 : width // 2 * 2 : 2] + level[:, 1 : width // 2 * 2 : 2]) * np.float32(0.5)
    return level


def _neighbours(
    coordinate: np.ndarray, size: np.ndarray, wrap: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if wrap == CLAMP:
        coordinate = np.clip(coordinate, 0, 1)
    elif wrap == MIRROR:
        coordinate = 1 - np.abs(np.mod(coordinate, 2) - 1)
    else:
        coordinate = coordinate - np.floor(coordinate)
    place = coordinate * size.astype(np.float32) - np.float32(0.5)
    low = np.floor(place)
    share = (place - low)[:, None].astype(np.float32)
    low = low.astype(np.intp)
    if wrap == REPEAT:
        return np.where(low < 0, size - 1, low), np.where(low + 1 >= size, 0, low + 1), share
    return np.clip(low, 0, size - 1), np.clip(low + 1, 0, size - 1), share
