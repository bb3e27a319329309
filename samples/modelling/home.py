"""Things for the home: a table lamp, a tea set and a potted plant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from modelling import materials, textures
from modelling.materials import Material
from modelling.mesh import Floats, Mesh, Part, joined, surface
from modelling.shapes import curve, ellipse, fillet, revolve, rounded_rectangle, sweep

if TYPE_CHECKING:
    from collections.abc import Sequence


def table_lamp(accent: str) -> list[Part]:
    """Return a lit lamp: a ribbed stoneware body in the accent colour under a linen shade."""
    brass, walnut = materials.brass(), materials.walnut()
    glaze = materials.glaze("reactive_glaze", accent, "#2a2320", 0.14)
    outline = [
        (0.050, 0),
        (0.070, 0.020),
        (0.096, 0.075),
        (0.092, 0.125),
        (0.058, 0.180),
        (0.030, 0.212),
        (0.026, 0.235),
    ]
    body = revolve(curve(outline, 30), 108, repeats=(2, 1.0), flutes=_ribs)
    foot = revolve(fillet([(0, 0), (0.078, 0), (0.078, 0.020), (0.050, 0.022)], 0.006), 64)
    stem = [
        (0.027, 0),
        (0.027, 0.010),
        (0.008, 0.016),
        (0.008, 0.092),
        (0.020, 0.094),
        (0.020, 0.130),
        (0, 0.130),
    ]
    bulb = [(0.012, 0), (0.017, 0.018), (0.034, 0.050), (0.030, 0.078), (0.012, 0.094), (0, 0.096)]
    warm = Material("lit_bulb", (1, 0.9, 0.75), roughness=0.4, glow=(1, 0.85, 0.6))
    return [
        Part("foot", foot.laid(0.25, "+z", "+x"), walnut),
        Part("body", body.moved(y=0.021), glaze),
        Part("stem", revolve(fillet(stem, 0.003, 3), 32).moved(y=0.252), brass),
        Part("bulb", revolve(curve(bulb, 16), 28).moved(y=0.378), warm),
        Part("shade", revolve(_shade_outline(), 96, repeats=(2, 1.0)), materials.linen_shade()),
        *(Part(f"shade_ring_{name}", _hoop(radius, y), brass) for name, radius, y in _hoops()),
        *_shade_holder(),
    ]


def tea_set(accent: str) -> list[Part]:
    """Return a teapot glazed in the accent colour with a walnut handle, and a cup."""
    glaze = materials.glaze("glaze", accent, "#5b4130", 0.17)
    body = [
        (0.046, 0),
        (0.052, 0.003),
        (0.075, 0.024),
        (0.086, 0.056),
        (0.078, 0.090),
        (0.052, 0.112),
        (0.043, 0.116),
    ]
    foot = fillet([(0, 0.004), (0.038, 0.004), (0.040, 0), (0.046, 0), (0.047, 0.003)], 0.001)
    lid = [(0.0465, 0), (0.0465, 0.003), (0.038, 0.011), (0.016, 0.018), (0.007, 0.021)]
    knob = [(0.007, 0), (0.006, 0.006), (0.012, 0.014), (0.011, 0.021), (0.004, 0.0245), (0, 0.025)]
    return [
        Part("pot_body", revolve(np.concatenate([foot, curve(body, 26)[1:]]), 84, repeats=(2, 1.0)), glaze),
        Part("pot_lid", revolve(curve(lid, 14), 60, repeats=(1, 0.45)).moved(y=0.115), glaze),
        Part("pot_knob", revolve(curve(knob, 16), 32).moved(y=0.134), materials.walnut()),
        Part("pot_spout", _spout(), glaze),
        *_overhead_handle(glaze),
        Part("cup", _cup().moved(-0.115, 0, 0.095), glaze),
        Part("tea", revolve([(0.0315, 0.050), (0, 0.0502)], 40).moved(-0.115, 0, 0.095), _tea()),
    ]


def planter(accent: str) -> list[Part]:
    """Return a snake plant in a fluted pot of the accent colour on an oak stand."""
    clay = _clay(accent)
    foot = fillet([(0, 0), (0.084, 0), (0.0885, 0.014)], 0.005, 3)
    side = [(0.0915, 0.026), (0.101, 0.070), (0.109, 0.112), (0.1165, 0.154), (0.118, 0.163), (0.119, 0.171)]
    rim = fillet([(0.1195, 0.180), (0.122, 0.205), (0.112, 0.205), (0.110, 0.170)], 0.005, 3)
    wall = np.concatenate([foot, side, rim])
    pot = revolve(wall, 192, tile=0.30, flutes=_flutes)
    soil = revolve([(0.1105, 0.178), (0.07, 0.183), (0.03, 0.186), (0, 0.187)], 36, tile=0.12)
    leaf = _leaf_material()
    return [
        Part("pot", pot.moved(y=0.10), clay),
        Part("soil", soil.moved(y=0.10), _soil()),
        *(Part(f"leaf_{number}", mesh.moved(y=0.275), leaf) for number, mesh in enumerate(_leaves())),
        *_stand(),
    ]


def _shade_outline() -> Floats:
    return np.stack([np.linspace(0.150, 0.104, 12), np.linspace(0.292, 0.492, 12)], axis=1)


def _hoops() -> list[tuple[str, float, float]]:
    return [("lower", 0.150, 0.292), ("upper", 0.104, 0.492)]


def _hoop(radius: float, y: float) -> Mesh:
    angle = np.linspace(0, 2 * np.pi, 73)
    path = np.stack([radius * np.sin(angle), np.full(73, y), radius * np.cos(angle)], axis=1)
    return sweep(path, ellipse(0.0042, 0.0060, 8), side=(0, 0, 1), closed=True)


def _shade_holder() -> list[Part]:
    brass = materials.brass()
    pin = revolve(fillet([(0.004, 0), (0.004, 0.020), (0.009, 0.022), (0.007, 0.034), (0, 0.036)], 0.002), 24)
    parts = [Part("finial", pin.moved(y=0.470), brass)]
    for number, angle in enumerate((0, 120, 240)):
        spoke = sweep(
            [(0, 0.482, 0), (0, 0.484, 0.05), (0, 0.490, 0.103)], ellipse(0.003, 0.003, 8), side=(1, 0, 0)
        )
        parts.append(Part(f"spoke_{number}", spoke.turned("y", angle), brass))
    return parts


def _spout() -> Mesh:
    path = curve([(0.060, 0.045, 0), (0.092, 0.058, 0), (0.112, 0.088, 0), (0.134, 0.118, 0)], 24)
    width = np.interp(np.linspace(0, 1, 24), [0, 0.3, 0.75, 1], [1.5, 1.12, 0.66, 0.60])
    section = ellipse(0.034, 0.030, 24)
    spout = sweep(path, section, scale=width, tile=0.16, cap=None)
    inside = sweep(path[-8:], 0.80 * section, scale=width[-8:], tile=0.16, cap=None).flipped()
    way = path[-1] - path[-2]
    over = path[-1] + way / np.linalg.norm(way) * np.array([[0.0], [0.0016], [0.0]])
    lip = _rim(over, section * width[-1], (1.0, 0.90, 0.80), path[-1] - path[-3])
    return joined([spout, inside, lip])


def _overhead_handle(glaze: Material) -> list[Part]:
    angle = np.linspace(np.radians(8), np.radians(172), 30)
    path = np.stack([0.064 * np.cos(angle), 0.115 + 0.098 * np.sin(angle), np.zeros(30)], axis=1)
    thick = 1 + 0.35 * np.sin(angle) ** 2
    grip = sweep(path, ellipse(0.011, 0.010, 16), scale=thick, tile=0.10, cap=0.003)
    parts = [Part("pot_handle", grip, materials.walnut())]
    for name, x in (("left", -1), ("right", 1)):
        lug = sweep(
            [(x * 0.058, 0.092, 0), (x * 0.0635, 0.112, 0), (x * 0.0635, 0.134, 0)],
            ellipse(0.019, 0.019),
            cap=0.003,
        )
        parts.append(Part(f"pot_lug_{name}", lug, glaze))
    return parts


def _cup() -> Mesh:
    outer = curve([(0.024, 0), (0.030, 0.012), (0.035, 0.040), (0.0365, 0.066)], 10)
    inner = curve([(0.0335, 0.066), (0.032, 0.045), (0.027, 0.012), (0, 0.008)], 9)
    rim = fillet([outer[-1], (0.0362, 0.0685), (0.0340, 0.0685), inner[0]], 0.001)
    return revolve(np.concatenate([[(0, 0.002), (0.021, 0.002), (0.022, 0)], outer, rim[1:-1], inner]), 60)


def _tea() -> Material:
    return Material("tea", (0.36, 0.13, 0.03), roughness=0.08)


def _ribs(angle: Floats, _: Floats) -> Floats:
    return np.asarray(1 + 0.016 * np.cos(18 * angle))


def _flutes(angle: Floats, height: Floats) -> Floats:
    """Press 24 flutes into the outside of the wall, fading towards the foot and the rim."""
    fade = np.clip((height - 0.014) / 0.012, 0, 1) * np.clip((0.163 - height) / 0.009, 0, 1)
    return np.asarray(1 + 0.045 * fade * (np.abs(np.cos(12 * angle)) - 0.85))


def _clay(accent: str) -> Material:
    grain = 0.94 + 0.06 * textures.noise(101, (8, 8), 6, 0.8)
    normal = textures.normal_map(textures.noise(102, (80, 80), 3, 0.7), 0.16)
    base = textures.baked("clay_base", grain, 80)
    normal_texture = textures.baked("clay_normal", normal, 74)
    return Material(
        "matte_clay", materials.linear(accent, 1.15), roughness=0.82, base=base, normal=normal_texture
    )


def _soil() -> Material:
    edge, value = textures.cells(111, 30)
    crumbs = np.clip(edge * 1.8, 0, 1) * (0.5 + 0.5 * value)
    colour = textures.blend((0.10, 0.07, 0.05), (0.34, 0.25, 0.18), crumbs)
    normal = textures.baked("soil_normal", textures.normal_map(crumbs, 2.2), 52)
    return Material("soil", roughness=1.0, base=textures.baked("soil_base", colour, 62), normal=normal)


def _leaf_material() -> Material:
    """Bands of dark and grey green; u runs around the leaf, whose edges are at 0 and 0.5."""
    u = np.arange(textures.SIZE) / textures.SIZE
    margin = np.minimum.reduce([u, np.abs(u - 0.5), 1 - u])
    wave = textures.noise(121, (16, 14), 4, 0.6)
    bands = np.clip((wave - 0.45) * 3.2, 0, 1)
    colour = textures.blend((0.16, 0.29, 0.17), (0.50, 0.61, 0.42), 0.85 * bands)
    fine = textures.noise(122, (96, 4), 3, 0.7)[..., None]
    colour = colour * (0.88 + 0.2 * fine)
    edge = np.clip((0.055 + 0.03 * (wave - 0.5) - margin[None]) * 60, 0, 1)[..., None]
    colour = colour * (1 - edge) + np.array([0.85, 0.80, 0.46]) * edge
    return Material("leaf", roughness=0.42, base=textures.baked("leaf_base", colour, 84))


def _leaves() -> list[Mesh]:
    random = np.random.default_rng(23)
    leaves = []
    for number in range(15):
        angle, reach = number * 137.5, 0.012 + 0.062 * np.sqrt(number / 15)
        height = 0.50 - 0.26 * (number / 15) + 0.06 * random.random()
        lean = (0.10 + 0.75 * number / 15) * (0.7 + 0.6 * random.random())
        leaf = _leaf(height, lean * 0.16, 30 * (random.random() - 0.5), number * 0.37)
        leaves.append(leaf.moved(z=reach).turned("y", angle))
    return leaves


def _leaf(height: float, lean: float, twist: float, offset: float) -> Mesh:
    t = np.linspace(0, 1, 16)
    path = np.stack([0.012 * np.sin(5 * t + offset * 9), height * t, lean * t**1.8], axis=1)
    width = np.interp(t, [0, 0.12, 0.45, 0.75, 0.93, 1], [0.50, 0.72, 1.0, 0.80, 0.32, 0.004])
    bend = np.array([-1, -0.9, -0.38, 0.38, 0.9, 1])
    hollow, half = 0.011 * (1 - bend**2), 0.0009 + 0.0010 * (1 - bend**2)
    front, back = (np.stack([0.030 * bend, hollow + side * half], axis=1) for side in (-1, 1))
    section = np.concatenate([front, back[::-1], front[:1]])
    scale = np.stack([width, width], axis=1)
    blade = sweep(path, section, side=(1, 0, 0), scale=scale, tile=0.30, cap=None)
    return blade.turned("y", twist)


def _stand() -> list[Part]:
    oak, parts = materials.oak(), []
    for number, angle in enumerate((45, 135, 225, 315)):
        leg = sweep(
            [(0, 0, 0.136), (0, 0.235, 0.136)],
            ellipse(0.024, 0.024, 20),
            tile=0.12,
            cap=0.003,
            offset=number * 0.2,
        )
        parts.append(Part(f"stand_leg_{number}", leg.turned("y", angle), oak))
    for number, angle in enumerate((45, 135)):
        bar = sweep(
            [(0, 0.088, -0.136), (0, 0.088, 0.136)],
            rounded_rectangle(0.020, 0.026, 0.004),
            side=(1, 0, 0),
            tile=0.12,
        )
        parts.append(Part(f"stand_bar_{number}", bar.turned("y", angle), oak))
    return parts


def _rim(line: Floats, section: Floats, scales: Sequence[float], way: Floats) -> Mesh:
    """Return the bead that joins the outside of a mouth to its inside."""
    along = way / np.linalg.norm(way)
    across = np.array([0.0, 0.0, 1.0])
    upward = np.cross(along, across)
    rings = section[:, None] * np.asarray(scales)[None, :, None]
    points = line[None] + rings[..., :1] * across + rings[..., 1:] * upward
    return surface(points, np.full((*points.shape[:2], 2), 0.5))
