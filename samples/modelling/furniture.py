"""Furniture: an armchair and a side table."""

from __future__ import annotations

import numpy as np

from modelling import materials
from modelling.mesh import Floats, Mesh, Part
from modelling.shapes import curve, ellipse, fillet, revolve, ring_path, rounded_box, rounded_rectangle, sweep

SEAT = (0.60, 0.15, 0.60)
BACK = (0.60, 0.46, 0.13)
ROUNDING = 0.055
FABRICS = {"Navy": "#2b3f63", "Moss": "#66704a"}
"""The armchair's other fabrics; "Standard" is the accent."""
RECLINE = -17.0
"""Degrees by which the armchair's back leans backwards."""


def armchair(accent: str) -> list[Part]:
    """Return a lounge chair with boucle cushions, the accent, on a walnut frame, and its variants."""
    fabric, walnut = materials.boucle(accent), materials.walnut()
    fabrics = {"Standard": fabric} | {
        name: materials.boucle(colour, f"boucle_{name.lower()}") for name, colour in FABRICS.items()
    }
    seat = rounded_box(SEAT, ROUNDING, tile=0.30, grain="z", crown=(0, 0.022, 0), steps=5, inner=7)
    back = rounded_box(BACK, ROUNDING, tile=0.30, grain="y", crown=(0, 0, 0.030), steps=5, inner=7)
    parts = [
        Part("seat_cushion", _seated(seat), fabric, fabrics),
        Part("back_cushion", _leaning(back), fabric, fabrics),
        Part("front_rail", rounded_box((0.67, 0.055, 0.026), 0.008).moved(0, 0.285, 0.275), walnut),
        Part(
            "rear_rail", rounded_box((0.67, 0.055, 0.026), 0.008, offset=0.4).moved(0, 0.265, -0.275), walnut
        ),
        *(
            Part(f"seat_piping_{n}", _seated(pipe), fabric, fabrics)
            for n, pipe in enumerate(_piping(SEAT[0], SEAT[2], SEAT[1]))
        ),
        *(
            Part(f"back_piping_{n}", _leaning(pipe.turned("x", 90)), fabric, fabrics)
            for n, pipe in enumerate(_piping(BACK[0], BACK[1], BACK[2]))
        ),
    ]
    for side, name in ((-1, "left"), (1, "right")):
        parts += _armchair_side(side, name)
    return parts + _backrest()


def side_table(accent: str) -> list[Part]:
    """Return a round table: a terrazzo top with chips of the accent, an oak shelf and splayed oak legs."""
    terrazzo, oak, brass = materials.terrazzo(accent), materials.oak(), materials.brass()
    top = _disc(0.235, 0.022, 0.004).moved(y=0.478)
    band = revolve(fillet([(0.233, 0.0), (0.2405, 0.0), (0.2405, 0.0245), (0.233, 0.0245)], 0.002, 3), 72)
    collar = revolve(fillet([(0, 0), (0.085, 0), (0.11, 0.024), (0, 0.024)], 0.006), 64)
    parts = [
        Part("top", top.laid(0.42, "+x", "-z"), terrazzo),
        Part("top_band", band.moved(y=0.4755), brass),
        Part("collar", collar.laid(0.30, "+z", "+x").moved(y=0.453), oak),
        Part("shelf", _disc(0.150, 0.018, 0.007).laid(0.34, "+z", "+x").moved(y=0.17), oak),
    ]
    for number, angle in enumerate((30, 150, 270)):
        leg, foot = _splayed_leg()
        parts.append(Part(f"leg_{number}", leg.turned("y", angle), oak))
        parts.append(Part(f"foot_{number}", foot.turned("y", angle), brass))
    return parts


def _armchair_side(side: int, name: str) -> list[Part]:
    walnut, brass = materials.walnut(), materials.brass()
    x = side * 0.350
    arm = curve([(x, 0.560, 0.345), (x, 0.578, 0.15), (x, 0.572, -0.12), (x, 0.540, -0.345)], 16)
    width = np.interp(np.linspace(0, 1, 16), [0, 0.12, 0.45, 1], [0.96, 1.12, 0.92, 0.62])
    scale = np.stack([width, np.ones(16)], axis=1)
    paddle = sweep(
        arm, rounded_rectangle(0.062, 0.026, 0.0125), side=(1, 0, 0), scale=scale, tile=0.16, cap=0.012
    )
    parts = [Part(f"arm_{name}", paddle, walnut)]
    for place, foot, head in (
        ("front", (x, 0, 0.315), (x, 0.566, 0.275)),
        ("rear", (x, 0, -0.345), (x, 0.552, -0.235)),
    ):
        leg, ferrule = _leg(np.array(foot), np.array(head), 0.3 * side + 0.1 * foot[2])
        parts += [Part(f"leg_{place}_{name}", leg, walnut), Part(f"ferrule_{place}_{name}", ferrule, brass)]
    rail = sweep(
        [(x, 0.29, 0.30), (x, 0.262, -0.29)], rounded_rectangle(0.022, 0.05, 0.008), side=(1, 0, 0), tile=0.15
    )
    return [*parts, Part(f"rail_{name}", rail, walnut)]


def _leg(foot: Floats, head: Floats, offset: float) -> tuple[Mesh, Mesh]:
    """Return a tapered round leg and the ferrule at its foot."""
    share = np.linspace(0, 1, 10)[:, None]
    thickness = np.interp(share[:, 0], [0, 0.5, 1], [0.60, 1.0, 0.82])
    leg = sweep(
        foot + (head - foot) * share, ellipse(0.038, 0.038), scale=thickness, tile=0.12, offset=offset
    )
    tip = np.linspace(0, 0.085, 3)[:, None]
    ferrule = sweep(
        foot + (head - foot) * tip, ellipse(0.0268, 0.0268, 24), scale=[0.88, 0.96, 1.04], cap=0.002
    )
    return leg, ferrule


def _backrest() -> list[Part]:
    """Return the frame behind the back cushion: two posts, a bowed top rail and spindles."""
    walnut = materials.walnut()
    behind = -BACK[2] / 2 - 0.030
    bow = curve([(-0.295, 0.235, behind), (0, 0.245, behind - 0.020), (0.295, 0.235, behind)], 17)
    rail = sweep(bow, rounded_rectangle(0.022, 0.060, 0.010), side=(0, 0, 1), tile=0.16, cap=0.010)
    parts = [Part("top_rail", _leaning(rail), walnut)]
    low = rounded_box((0.565, 0.040, 0.020), 0.008, offset=0.7).moved(0, -0.165, behind - 0.002)
    parts.append(Part("lower_rail", _leaning(low), walnut))
    for name, x in (("left", -0.272), ("right", 0.272)):
        post = sweep([(x, -0.40, behind), (x, 0.24, behind)], ellipse(0.026, 0.026, 16), tile=0.12, offset=x)
        parts.append(Part(f"post_{name}", _leaning(post), walnut))
    for number, x in enumerate(np.linspace(-0.18, 0.18, 5)):
        depth = behind - 0.018 * (1 - (x / 0.295) ** 2)
        spindle = sweep(
            [(x, -0.165, behind), (x, 0.02, depth), (x, 0.225, depth)], ellipse(0.016, 0.016, 12), offset=x
        )
        parts.append(Part(f"spindle_{number}", _leaning(spindle), walnut))
    return parts


def _piping(width: float, depth: float, height: float) -> list[Mesh]:
    """Return the two cords along a cushion's edges."""
    corner = ROUNDING * np.cos(np.pi / 4)
    inset = ROUNDING - corner
    path = ring_path(width - 2 * inset, depth - 2 * inset, corner, 6)
    cord = sweep(path, ellipse(0.0085, 0.0085, 8), side=(0, 1, 0), tile=0.30, closed=True)
    return [cord.moved(y=height / 2 - inset), cord.moved(y=-height / 2 + inset)]


def _seated(mesh: Mesh) -> Mesh:
    return mesh.turned("x", -4).moved(0, 0.368, 0.020)


def _leaning(mesh: Mesh) -> Mesh:
    return mesh.moved(y=BACK[1] / 2).turned("x", RECLINE).moved(0, 0.415, -0.175)


def _disc(radius: float, height: float, rounding: float) -> Mesh:
    corners = [(0, 0), (radius, 0), (radius, height), (0, height)]
    return revolve(fillet(corners, rounding), 72)


def _splayed_leg() -> tuple[Mesh, Mesh]:
    foot, head = np.array([0, 0, 0.205]), np.array([0, 0.470, 0.090])
    share = np.linspace(0, 1, 8)[:, None]
    leg = sweep(foot + (head - foot) * share, ellipse(0.034, 0.034), scale=0.62 + 0.38 * share, tile=0.12)
    tip = foot + (head - foot) * np.linspace(0, 0.07, 3)[:, None]
    return leg, sweep(tip, ellipse(0.0235, 0.0235, 24), scale=[0.92, 0.98, 1.04], cap=0.002)
