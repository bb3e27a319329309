"""The templates of the workspace: light, surroundings, camera bookmarks and shots."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from airflow_provider_render.sandbox.glossi.errors import ApiError

if TYPE_CHECKING:
    from pathlib import Path


Part = dict[str, Any]

NAMESPACE = uuid.UUID("0f6b8a0e-6a3c-5d0b-9c1d-61a2f3b4c5d6")
SKY = "sky.png"

FRONT = {"azimuth": 0, "elevation": 8}
THREE_QUARTER = {"azimuth": 35, "elevation": 18}
SIDE = {"azimuth": 90, "elevation": 8}
TOP = {"azimuth": 0, "elevation": 75}
DETAIL = {"azimuth": 25, "elevation": 12, "zoom": 1.7, "target": (0.5, 0.55, 0.5)}

SPIN = {"effect": "turntable", "elevation": 12}
SWING = {"effect": "showcase", "amplitude": 40, "elevation": 10}


@dataclass(frozen=True)
class Template:
    """
    One template.

    :param is_public: Glossi's own, or else the workspace's.
    :param bookmarks: cameras by name.
    :param shots: motions by name.
    :param look: what the pictures share, in the renderer's words.
    :param room: colours of a room round the product.
    """

    name: str
    description: str
    is_public: bool
    bookmarks: dict[str, Part]
    shots: dict[str, Part]
    look: Part
    room: Part | None = None

    @property
    def id(self) -> str:
        """The same in every sandbox."""
        return str(uuid.uuid5(NAMESPACE, self.name))

    def shown(self) -> dict[str, Any]:
        """Return it as ``GET /templates`` shows it."""
        return {"templateId": self.id, "name": self.name, "description": self.description}


TEMPLATES = (
    Template(
        "Studio Light",
        "Clean studio lighting setup",
        True,
        {"Front View": FRONT, "Three Quarter": THREE_QUARTER},
        {"360 Spin": SPIN},
        {"background": "#f4f4f2", "shadows": True},
    ),
    Template(
        "Outdoor Scene",
        "Natural outdoor lighting",
        True,
        {"Front View": FRONT, "Three Quarter": THREE_QUARTER, "Side View": SIDE},
        {"360 Spin": SPIN},
        {"background": {"image": SKY, "align": "bottom"}, "shadows": True, "tone": "filmic"},
    ),
    Template(
        "Dark Gallery",
        "Black stage with a mirroring floor",
        True,
        {"Front View": FRONT, "Three Quarter": THREE_QUARTER, "Detail": DETAIL},
        {"360 Spin": SPIN},
        {"background": "#15161a", "reflector": True, "tone": "filmic"},
    ),
    Template(
        "Living Room",
        "Oak floor and plastered walls",
        False,
        {"Front View": FRONT, "Three Quarter": THREE_QUARTER},
        {"360 Spin": SPIN},
        {"background": "#e9e6df", "shadows": True, "tone": "filmic"},
        {"floor": "#b0895f", "wall": "#dcd6ca"},
    ),
    Template(
        "Catalog White",
        "White cut-out pictures for the shop",
        False,
        {"Front View": FRONT, "Side View": SIDE, "Top View": TOP},
        {"Swing": SWING},
        {"background": "#ffffff", "shadows": False},
    ),
)
BY_ID = {template.id: template for template in TEMPLATES}


def get(template_id: str) -> Template:
    """
    Find a template.

    :raises ApiError: ``TEMPLATE_NOT_FOUND``.
    """
    if template_id not in BY_ID:
        raise ApiError("TEMPLATE_NOT_FOUND", f"Template not found: {template_id}")
    return BY_ID[template_id]


def listed(*, public: bool, internal: bool) -> list[Template]:
    """
    List templates.

    :param public: with Glossi's own.
    :param internal: with those of the workspace.
    """
    return [each for each in TEMPLATES if (public if each.is_public else internal)]


def paint_sky(folder: Path) -> Path:
    """
    Make the picture behind the outdoor scene: sky above a meadow.

    :param folder: where it is kept; made when missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    height, width, horizon = 540, 960, 330
    sky = np.linspace((96, 152, 214), (222, 234, 242), horizon)
    meadow = np.linspace((150, 168, 112), (104, 132, 74), height - horizon)
    column = np.concatenate([sky, meadow])
    pixels = np.repeat(column[:, None, :], width, axis=1).round().astype(np.uint8)
    path = folder / SKY
    Image.fromarray(pixels).save(path)
    return path
