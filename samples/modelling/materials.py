"""The materials of the samples: metallic-roughness factors and the maps baked for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np

from modelling import textures
from modelling.mesh import Floats
from modelling.textures import Texture, baked, blend, normal_map, roughness_map

Colour: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class Material:
    """A glTF metallic-roughness material.

    :param name: unique within its model.
    :param colour: linear RGB, multiplied with the ``base`` map.
    :param metallic: 0 or 1, multiplied with the ``surface`` map's blue.
    :param roughness: 0..1, multiplied with the ``surface`` map's green.
    :param base: sRGB colour map.
    :param surface: metallic-roughness map.
    :param normal: tangent-space normal map.
    :param glow: linear RGB of the light given off, multiplied with the ``glow_map``.
    :param glow_map: sRGB map of that light.
    :param both_sides: visible from behind too.
    """

    name: str
    colour: Colour = (1.0, 1.0, 1.0)
    metallic: float = 0.0
    roughness: float = 1.0
    base: Texture | None = None
    surface: Texture | None = None
    normal: Texture | None = None
    glow: Colour = (0.0, 0.0, 0.0)
    glow_map: Texture | None = None
    both_sides: bool = False


def srgb(accent: str) -> Colour:
    """Return the sRGB components, 0..1, of a colour like ``#2f6f4f``.

    :raises ValueError: if it is not six hexadecimal digits after a ``#``.
    """
    if not re.fullmatch("#[0-9a-fA-F]{6}", accent):
        raise ValueError(f"a colour looks like #2f6f4f, not {accent!r}")
    red, green, blue = bytes.fromhex(accent[1:])
    return red / 255, green / 255, blue / 255


def linear(accent: str, lift: float = 1.0) -> Colour:
    """Return the linear components of a colour like ``#2f6f4f``.

    :param lift: factor that makes up for a map that darkens; the result stays below 1.
    """
    red, green, blue = (_decoded(channel) * lift for channel in srgb(accent))
    return min(red, 1.0), min(green, 1.0), min(blue, 1.0)


@cache
def walnut(seed: int = 3) -> Material:
    """Oiled walnut, grain along v."""
    return _wood("walnut", seed, (0.545, 0.365, 0.235), (0.285, 0.165, 0.098), 0.46)


@cache
def oak(seed: int = 8) -> Material:
    """Light oak, grain along v."""
    return _wood("oak", seed, (0.800, 0.640, 0.450), (0.590, 0.420, 0.255), 0.52)


@cache
def brass() -> Material:
    """Satin brass."""
    return Material("brass", (0.83, 0.58, 0.25), 1.0, 1.0, surface=_brushed("brass", 0.24))


@cache
def steel() -> Material:
    """Brushed stainless steel, brushed around turned parts."""
    return Material("brushed_steel", (0.74, 0.74, 0.75), 1.0, 1.0, surface=_brushed("steel", 0.30))


def boucle(accent: str, name: str = "boucle") -> Material:
    """Looped wool in the accent colour."""
    height = textures.boucle()
    shade = 0.66 + 0.30 * height + 0.06 * textures.noise(71, (3, 3), 3)
    base = baked("boucle_base", shade, 80)
    normal = baked("boucle_normal", normal_map(height, 1.5), 64)
    return Material(name, linear(accent, 1.25), 0.0, 0.96, base=base, normal=normal)


def knit(accent: str) -> Material:
    """Acoustic cloth of melange yarn in the accent colour."""
    height = textures.weave(40)
    shade = 0.58 + 0.26 * height + 0.20 * (textures.noise(72, (40, 40), 3, 0.8) - 0.3)
    base = baked("knit_base", shade, 70)
    normal = baked("knit_normal", normal_map(height, 0.9), 64)
    return Material("knit", linear(accent, 1.7), 0.0, 0.94, base=base, normal=normal)


def leather(name: str, accent: str, roughness: float = 0.55) -> Material:
    """Grained leather in the accent colour."""
    edge, value = textures.cells(44, 52)
    height = np.clip(edge * 2.2, 0, 1) ** 0.7 * (0.85 + 0.15 * value)
    shade = 0.80 + 0.14 * height + 0.10 * (textures.noise(45, (3, 3), 4) - 0.5)
    base = baked(f"{name}_base", shade, 70)
    normal = baked(f"{name}_normal", normal_map(height, 0.55), 62)
    return Material(name, linear(accent, 1.3), 0.0, roughness, base=base, normal=normal)


def plastic(name: str, accent: str, roughness: float = 0.42) -> Material:
    """Finely textured plastic or paint in one colour."""
    grain = 0.85 + 0.15 * textures.noise(51, (48, 48), 3, 0.8, 256)
    surface = baked(f"{name}_surface", roughness_map(grain), 80)
    return Material(name, linear(accent), 0.0, roughness / 0.92, surface=surface)


def linen_shade() -> Material:
    """Linen of a lamp shade that is lit from within; v runs once from the lower rim to the upper."""
    threads = textures.slub()
    cloth = blend((0.86, 0.80, 0.69), (0.97, 0.93, 0.85), threads)
    height = np.linspace(1, 0, textures.SIZE)[:, None]
    light = np.exp(-(((height - 0.42) / 0.42) ** 2))
    glow = blend((0.42, 0.24, 0.10), (0.98, 0.80, 0.52), light * (0.80 + 0.20 * threads))
    maps = (baked("linen_base", cloth, 80), baked("linen_glow", glow, 80))
    return Material(
        "linen", glow=(0.50, 0.46, 0.40), roughness=0.95, both_sides=True, base=maps[0], glow_map=maps[1]
    )


def glaze(name: str, accent: str, rim: str, roughness: float = 0.16) -> Material:
    """Speckled stoneware glaze that breaks to ``rim`` at both ends of v."""
    noise = textures.noise
    height = np.linspace(1, 0, textures.SIZE)[:, None] + 0.05 * (noise(61, (5, 5), 4) - 0.5)
    edge = np.clip((np.abs(height - 0.5) - 0.415) / 0.085, 0, 1) ** 1.4
    body = blend(srgb(accent), srgb(rim), 0.85 * edge)
    body = body * (0.90 + 0.14 * noise(62, (3, 3), 5))[..., None]
    specks = np.clip((noise(63, (110, 110), 2, 0.5) - 0.90) * 12, 0, 1) + 0.5 * _drops(64)
    base = body * (1 - 0.55 * np.clip(specks, 0, 1))[..., None]
    surface = roughness_map(np.clip(0.75 + 0.5 * edge + 0.25 * noise(65, (6, 6), 4), 0, 1))
    maps = (baked(f"{name}_base", base, 86), baked(f"{name}_surface", surface, 80))
    return Material(name, roughness=min(roughness / 0.85, 1.0), base=maps[0], surface=maps[1])


def terrazzo(accent: str) -> Material:
    """Polished terrazzo: stone chips in the accent colour and others, in pale cement."""
    cement = blend((0.79, 0.77, 0.73), (0.86, 0.84, 0.80), textures.noise(81, (6, 6), 5))
    chips = [srgb(accent), (0.30, 0.29, 0.29), (0.80, 0.62, 0.50), (0.66, 0.64, 0.60), (0.98, 0.97, 0.95)]
    for seed, count, limit in ((82, 34, 0.50), (86, 15, 0.42)):
        edge, value = textures.cells(seed, count)
        edge = edge + 0.10 * (textures.noise(seed + 1, (30, 30), 2) - 0.5)
        chosen = np.asarray(chips)[(value * 997).astype(np.int64) % len(chips)]
        inside = np.clip((edge - limit * (0.35 + value)) * 14, 0, 1)[..., None]
        cement = cement * (1 - inside) + chosen * (0.94 + 0.06 * value[..., None]) * inside
    return Material("terrazzo", roughness=0.28, base=baked("terrazzo_base", cement, 84))


def _wood(name: str, seed: int, light: Colour, dark: Colour, roughness: float) -> Material:
    grain, pores = textures.wood_grain(seed)
    colours = blend(light, dark, grain) * (1 - 0.30 * pores)[..., None]
    normal = baked(f"{name}_normal", normal_map(1 - pores - 0.25 * grain, 0.28), 72)
    return Material(name, roughness=roughness, base=baked(f"{name}_base", colours, 82), normal=normal)


def _brushed(name: str, roughness: float) -> Texture:
    streaks = textures.noise(91, (2, 128), 2, 0.8, 256)
    return baked(f"{name}_surface", roughness_map(roughness - 0.05 + 0.10 * streaks, 1.0), 78)


def _drops(seed: int) -> Floats:
    edge, value = textures.cells(seed, 34)
    return np.where(value > 0.90, np.clip((edge - 0.62) * 7, 0, 1), 0.0)


def _decoded(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
