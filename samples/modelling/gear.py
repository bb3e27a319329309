"""Things to carry and to listen to: a bottle, a speaker and headphones."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from modelling import materials, textures
from modelling.materials import Material
from modelling.mesh import Floats, Mesh, Part
from modelling.shapes import ellipse, fillet, revolve, rounded_box, rounded_rectangle, sweep

PRINT = 1024
"""Pixels along a side of the bottle's printed wrap."""


def bottle(accent: str) -> list[Part]:
    """Return a vacuum flask with a printed powder coat in the accent colour."""
    steel, cap = materials.steel(), materials.plastic("cap", "#23262a", 0.40)
    body = fillet([(0.0365, 0.014), (0.0365, 0.196), (0.0325, 0.222), (0.0232, 0.240)], 0.022, 8)
    base = fillet(
        [(0, 0.0015), (0.028, 0.0015), (0.031, 0), (0.0352, 0), (0.0362, 0.0035), (0.0362, 0.014)], 0.0012
    )
    neck = fillet([(0.0230, 0.2395), (0.0222, 0.2415), (0.0222, 0.2465)], 0.0006)
    grip = fillet(
        [
            (0.0222, 0.2462),
            (0.0262, 0.2462),
            (0.0262, 0.2490),
            (0.0262, 0.2645),
            (0.0262, 0.2668),
            (0.0262, 0.2705),
            (0.0240, 0.2745),
            (0, 0.2745),
        ],
        0.0014,
        3,
    )
    inlay = fillet([(0.0205, 0.2740), (0.0205, 0.2756), (0, 0.2756)], 0.0004)
    angle = np.linspace(0, np.pi, 32)
    loop = np.stack([0.0215 * np.cos(angle), 0.268 + 0.030 * np.sin(angle), np.zeros(32)], axis=1)
    return [
        Part("body", revolve(body, 96), _powder_coat(accent)),
        Part("base", revolve(base, 64), steel),
        Part("neck", revolve(neck, 64), steel),
        Part("cap", revolve(grip, 90, flutes=_knurls), cap),
        Part("inlay", revolve(inlay, 48).laid(0.09, "+z", "+x"), materials.oak()),
        Part("loop", sweep(loop, rounded_rectangle(0.013, 0.0048, 0.0022), cap=0.002), cap),
    ]


def speaker(accent: str) -> list[Part]:
    """Return a walnut speaker with a grille cloth in the accent colour and a leather handle."""
    walnut, aluminium = materials.walnut(), materials.steel()
    tan, black = materials.leather("saddle_leather", "#9a5f38"), materials.plastic("rubber", "#1c1c1e", 0.7)
    light = Material("status_light", (0.05, 0.05, 0.05), roughness=0.4, glow=(0.15, 0.95, 0.70))
    parts = [
        Part("cabinet", rounded_box((0.36, 0.185, 0.155), 0.030, tile=0.30, steps=6).moved(y=0.1025), walnut),
        Part("frame", rounded_box((0.324, 0.150, 0.02), 0.009, tile=0.1).moved(0, 0.1025, 0.0715), black),
        Part("grille", _grille(), materials.knit(accent)),
        Part(
            "badge",
            rounded_box((0.034, 0.0075, 0.004), 0.0018, tile=0.05).moved(0.0, 0.052, 0.0905),
            materials.brass(),
        ),
        Part("status_light", rounded_box((0.012, 0.0026, 0.002), 0.0009).moved(0.128, 0.052, 0.0895), light),
        Part("handle", _strap(), tan),
        Part("volume", _dial(0.0175, 0.013).moved(0.128, 0.1945, 0.035), aluminium),
        Part("tone", _dial(0.0115, 0.010).moved(0.088, 0.1945, 0.035), aluminium),
    ]
    stud = revolve(fillet([(0.0075, 0), (0.0075, 0.003), (0.004, 0.0055), (0, 0.0055)], 0.0015), 28)
    for name, x in (("left", -0.118), ("right", 0.118)):
        parts.append(Part(f"stud_{name}", stud.moved(x, 0.1985, -0.025), materials.brass()))
    foot = revolve(fillet([(0, 0), (0.012, 0), (0.014, 0.012), (0, 0.012)], 0.002), 28)
    for number, (x, z) in enumerate([(-0.13, 0.045), (0.13, 0.045), (-0.13, -0.045), (0.13, -0.045)]):
        parts.append(Part(f"foot_{number}", foot.moved(x, 0, z), black))
    return parts


def headphones(accent: str) -> list[Part]:
    """Return over-ear headphones with cushions and band in leather of the accent colour."""
    skin = materials.leather("leather", accent, 0.60)
    angle = np.linspace(np.radians(4), np.radians(176), 40)
    band = sweep(_arch(angle, 0.0), rounded_rectangle(0.026, 0.0050, 0.0024), scale=_waist(angle), cap=0.002)
    pad_angle = np.linspace(np.radians(34), np.radians(146), 36)
    swell = np.sin(np.linspace(0, np.pi, 36)) ** 0.5 * 0.94 + 0.06
    pad = sweep(
        _arch(pad_angle, 0.0078),
        ellipse(0.034, 0.0145, 22),
        scale=np.stack([0.7 + 0.3 * swell, swell], 1),
        tile=0.06,
    )
    parts = [Part("band", band, materials.plastic("shell", "#26282b", 0.38)), Part("band_pad", pad, skin)]
    for side, name in ((-1, "left"), (1, "right")):
        parts += _ear(side, name, skin)
    return parts


def _powder_coat(accent: str) -> Material:
    grain = textures.noise(131, (150, 150), 2, 0.8)
    normal = textures.baked("coat_normal", textures.normal_map(grain, 0.14), 60)
    base = textures.baked("coat_base", _wrap(accent), 86, crisp=True)
    return Material("powder_coat", roughness=0.50, base=base, normal=normal)


def _wrap(accent: str) -> Floats:
    """Return the bottle's print: a brand name in front, and mountain ridges around the foot."""
    colour = np.asarray(materials.srgb(accent))
    pale = np.array([0.95, 0.92, 0.84])
    ink = np.asarray(_lettering(), dtype=np.float64)[..., None] / 255
    coat = np.broadcast_to(colour, (PRINT, PRINT, 3))
    x = np.arange(PRINT) / PRINT * 2 * np.pi
    rows = np.arange(PRINT)[:, None]
    for layer in range(5):
        rough = np.sin(x * (2 + layer) + layer * 2.1) * 26 + np.sin(x * (5 + 2 * layer) + layer) * 13
        rough = rough + np.abs(np.sin(x * (4 + layer) + 0.7 * layer)) * 30
        ridge = np.clip(rows - (690 + 62 * layer - rough)[None], 0, 1)[..., None]
        share = 0.46 - 0.14 * layer
        tone = colour * (1 - share) + pale * share if share > 0 else colour * (1 + share)
        coat = coat * (1 - ridge) + tone * ridge
    return coat * (1 - ink) + pale * ink


def _lettering() -> Image.Image:
    mask = Image.new("L", (PRINT, PRINT), 0)
    draw = ImageDraw.Draw(mask)
    middle = PRINT // 2
    peak = [(middle - 50, 190), (middle - 8, 112), (middle + 12, 146), (middle + 24, 128), (middle + 58, 190)]
    draw.line(peak, fill=255, width=10, joint="curve")
    name = Image.new("L", (430, 150), 0)
    ImageDraw.Draw(name).text(
        (430, 70), "HALDEN", font=ImageFont.load_default(98), fill=255, anchor="rm", stroke_width=2
    )
    mask.paste(name.rotate(90, expand=True), (middle - 66, 226))
    draw.text((middle, 966), "VACUUM FLASK   750 ML", font=ImageFont.load_default(24), fill=255, anchor="mm")
    return mask


def _knurls(angle: Floats, height: Floats) -> Floats:
    band = np.clip((height - 0.2475) / 0.001, 0, 1) * np.clip((0.2655 - height) / 0.001, 0, 1)
    return np.asarray(1 - 0.03 * band * (0.5 + 0.5 * np.cos(30 * angle)))


def _grille() -> Mesh:
    cloth = rounded_box((0.316, 0.142, 0.022), 0.010, tile=0.095, grain="y", crown=(0, 0, 0.003), inner=7)
    return cloth.moved(0, 0.1025, 0.0765)


def _strap() -> Mesh:
    line = [
        (-0.134, 0.1955),
        (-0.098, 0.1965),
        (-0.072, 0.226),
        (0.072, 0.226),
        (0.098, 0.1965),
        (0.134, 0.1955),
    ]
    bent = fillet(line, 0.03, 9)
    path = np.stack([bent[:, 0], bent[:, 1], np.full(len(bent), -0.025)], axis=1)
    return sweep(path, rounded_rectangle(0.024, 0.0042, 0.0018), tile=0.09, cap=0.001)


def _dial(radius: float, height: float) -> Mesh:
    """Return a ribbed knob with a sunken top."""
    sunken = height - 0.0012
    side, top = (
        [(radius, 0), (radius, height)],
        [(radius * 0.86, height), (radius * 0.80, sunken), (0, sunken)],
    )
    ribs = round(radius * 1800)

    def ribbed(angle: Floats, y: Floats) -> Floats:
        return np.asarray(1 - 0.025 * (y < 0.8 * height) * np.cos(ribs * angle))

    return revolve(fillet(side + top, 0.0012, 3), 4 * ribs, flutes=ribbed)


def _arch(angle: Floats, inward: float) -> Floats:
    x, y = (0.0885 - inward) * np.cos(angle), 0.110 + (0.098 - inward) * np.sin(angle)
    return np.stack([x, y, np.zeros(len(angle))], axis=1)


def _waist(angle: Floats) -> Floats:
    width = 0.62 + 0.38 * np.sin(angle) ** 0.8
    return np.stack([width, np.ones(len(angle))], axis=1)


def _ear(side: int, name: str, skin: Material) -> list[Part]:
    shell, metal = materials.plastic("shell", "#26282b", 0.38), materials.steel()
    mesh_cloth = Material("ear_mesh", (0.02, 0.02, 0.022), roughness=0.95)
    dome = [(0.0385, 0), (0.0400, 0.004), (0.0385, 0.0125), (0.0300, 0.0175), (0.0285, 0.0165), (0, 0.0172)]
    trim = [(0.0300, 0.0165), (0.0300, 0.0188), (0.0272, 0.0192), (0.0262, 0.0165)]
    pillow = _pillow()
    pieces = [
        ("cup", revolve(fillet(dome, 0.004), 52), shell),
        ("trim", revolve(fillet(trim, 0.0012, 3), 52), metal),
        ("cushion", pillow, skin),
        ("mesh", revolve([(0.024, -0.006), (0, -0.006)], 32).turned("z", 180).moved(y=-0.012), mesh_cloth),
    ]
    parts = [Part(f"{piece}_{name}", _worn(mesh, side), material) for piece, mesh, material in pieces]
    return [*parts, Part(f"yoke_{name}", _yoke(side), metal), Part(f"slider_{name}", _slider(side), metal)]


def _pillow() -> Mesh:
    """Return the ring cushion of an ear cup, its face turned down."""
    angle = np.linspace(0, 2 * np.pi, 23)
    centre, half_width, half_height = 0.0305, 0.0115, 0.0115
    power = 0.75
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    outline = np.stack([centre + half_width * x, -0.0105 + half_height * y], axis=1)
    return revolve(outline, 52, tile=0.06)


def _worn(mesh: Mesh, side: int) -> Mesh:
    upright = mesh.stretched(z=0.86, x=1.08).turned("z", -90 * side)
    return upright.turned("z", -4 * side).moved(side * 0.0765, 0.080, 0)


def _yoke(side: int) -> Mesh:
    angle = np.linspace(np.radians(-12), np.radians(192), 30)
    path = np.stack(
        [np.full(30, side * 0.0865), 0.080 + 0.0495 * np.sin(angle), 0.0415 * np.cos(angle)], axis=1
    )
    return sweep(path, rounded_rectangle(0.0075, 0.0034, 0.0015), side=(1, 0, 0), tile=0.05, cap=0.001)


def _slider(side: int) -> Mesh:
    angle = np.radians(np.linspace(2, 30, 10))
    path = np.concatenate([[(0.0872, 0.104, 0)], _arch(angle, -0.0016)]) * (side, 1, 1)
    return sweep(path, rounded_rectangle(0.0100, 0.0050, 0.002), tile=0.05, cap=0.001)
