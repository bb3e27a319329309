"""The scenes, cameras and materials of the account; the package's own docstring lists them for users."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

METRES = {
    "inches": 0.0254,
    "inch": 0.0254,
    "in": 0.0254,
    "feet": 0.3048,
    "ft": 0.3048,
    "mm": 0.001,
    "millimeters": 0.001,
    "cm": 0.01,
    "centimeters": 0.01,
    "m": 1.0,
    "meters": 1.0,
}

Look = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """
    A place for products.

    :param name: what the app calls it.
    :param cameras: name and camera of the renderer, by id.
    :param look: what its pictures share in the renderer's words.
    """

    name: str
    cameras: dict[int, tuple[str, Look]]
    look: Look = field(default_factory=dict)


def _stands(position: tuple[float, float, float], target: tuple[float, float, float], fov: float) -> Look:
    return {"type": "free", "position": list(position), "target": list(target), "fov": fov}


SCENES = {
    7550: Scene(
        "Living Room",
        {
            8152584: ("cam 1", _stands((1.1, 1.15, 2.6), (0.0, 0.45, 0.0), 36)),
            8152585: ("cam 2", _stands((-1.7, 0.9, 1.9), (0.0, 0.4, 0.0), 36)),
            8152586: ("Top Shot", _stands((0.0, 2.5, 1.7), (0.0, 0.3, 0.0), 40)),
        },
        {"room": {"floor": "#b08a63", "wall": "#e7e1d6", "size": [4.6, 2.7, 4.0]}},
    ),
    4275: Scene(
        "Loft",
        {
            8152601: ("cam 1", _stands((-1.4, 1.3, 3.2), (0.0, 0.5, 0.0), 38)),
            8152602: ("Close Up", _stands((1.0, 0.9, 1.9), (0.0, 0.4, 0.0), 32)),
        },
        {"room": {"floor": "#6f6a66", "wall": "#b9a59a", "size": [6.0, 3.4, 5.0]}},
    ),
    7601: Scene(
        "Silo",
        {
            8152701: ("silo camera 1", {"azimuth": 30, "elevation": 14}),
            8152702: ("silo camera 2", {"azimuth": -60, "elevation": 24}),
        },
        {"background": "#ffffff"},
    ),
}

MATERIALS: dict[int, Look] = {
    500: {"color": "#6b4a33", "roughness": 0.45, "metallic": 0},
    501: {"color": "#c8a06a", "roughness": 0.5, "metallic": 0},
    502: {"color": "#d8cfbf", "roughness": 0.95, "metallic": 0},
    503: {"color": "#3a3d42", "roughness": 0.8, "metallic": 0},
    504: {"color": "#c9a24b", "roughness": 0.25, "metallic": 1},
    505: {"color": "#f4f4f2", "roughness": 0.15, "metallic": 0},
}

SILOS: dict[str, tuple[str, Look]] = {
    "Silo White": ("Silo Cam", {"background": "#ffffff", "camera": {"azimuth": 30, "elevation": 12}}),
    "Silo Coffee Gradient": (
        "Silo Cam",
        {"background": "#cbb49c", "reflector": True, "camera": {"azimuth": -35, "elevation": 14}},
    ),
}
