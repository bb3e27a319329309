"""The assets that every new organization has: stages that look different, and some materials."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.threekit.documents import is_
from airflow_provider_render.sandbox.threekit.library import BLANK, KIND

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Documents

# The same in every sandbox, so that a configuration that names them can be kept in a file.
NAMESPACE = uuid.UUID("8f0e6d0c-6f0e-5b43-9a55-7f3a1c1f7d52")

WHITE_STUDIO = "White Studio"

STAGES: dict[str, dict[str, Any]] = {
    WHITE_STUDIO: {
        "background": "#ffffff",
        "shadows": True,
        "camera": {"azimuth": 32, "elevation": 16},
    },
    "Warm Room": {
        "background": "#e7dac6",
        "shadows": True,
        "tone": "filmic",
        "room": {"floor": "#a97c50", "wall": "#e7dac6"},
        "camera": {"azimuth": -28, "elevation": 12},
    },
    "Graphite Studio": {
        "background": "#26282c",
        "shadows": True,
        "reflector": True,
        "camera": {"azimuth": 45, "elevation": 9, "fov": 22},
    },
    "Cut-out": {
        "background": None,
        "shadows": False,
        "camera": {"azimuth": 32, "elevation": 16},
    },
}

STAGE_ATTRIBUTES = [
    {"name": "Background", "type": "Color"},
    {"name": "Camera", "type": "String"},
    {"name": "Azimuth", "type": "Number"},
    {"name": "Elevation", "type": "Number"},
    {"name": "Zoom", "type": "Number"},
    {"name": "Shadows", "type": "Boolean"},
]

MATERIALS: dict[str, tuple[str, float, float]] = {
    "Oak": ("#b88a5a", 0.55, 0.0),
    "Walnut": ("#5c3d29", 0.5, 0.0),
    "Black Ash": ("#26221f", 0.5, 0.0),
    "Brass": ("#c9a04e", 0.28, 1.0),
    "Chrome": ("#d9dbde", 0.08, 1.0),
    "Black Steel": ("#2b2d30", 0.35, 1.0),
    "Linen": ("#d8cfbd", 0.95, 0.0),
    "Navy Velvet": ("#22325c", 0.85, 0.0),
    "Cognac Leather": ("#8f4f26", 0.45, 0.0),
    "White Lacquer": ("#f2f1ee", 0.15, 0.0),
}


def seed_id(kind: str, name: str) -> str:
    """Id of a seeded asset, the same in every sandbox."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


def plant(documents: Documents) -> None:
    """Make the assets unless they were made before; one that was deleted stays deleted."""
    if documents.count(KIND, [is_("id", seed_id("stage", WHITE_STUDIO))]):
        return
    for name, look in STAGES.items():
        documents.add(KIND, _asset("stage", name, attributes=STAGE_ATTRIBUTES, _stage=look))
    for name, (color, roughness, metallic) in MATERIALS.items():
        look = {"color": color, "roughness": roughness, "metallic": metallic}
        documents.add(KIND, _asset("material", name, metadata=look, _material=look))


def _asset(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    identity = seed_id(kind, name)
    return {**BLANK, "id": identity, "name": name, "type": kind, "head": identity, **fields}
