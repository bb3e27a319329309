"""What the renderer has to make for an output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.imagine import assumed, viewers
from airflow_provider_render.sandbox.imagine.outputs import SILO, SPIN, VIEWER_3D, VIEWER_AR
from airflow_provider_render.sandbox.imagine.scenes import MATERIALS, SCENES, SILOS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from airflow_provider_render.sandbox.imagine.outputs import Placement

Product = dict[str, Any]
Size = tuple[int, int]

SMALLEST = 16
TURN_SECONDS = 6
FILE, FILMIC, COLOR_PASS = "file", "filmic_file", "color_pass_file"
THUMBNAIL, FILMIC_THUMBNAIL = "thumbnail", "filmic_thumbnail"
FRONT = {"azimuth": 30, "elevation": 14}


@dataclass(frozen=True)
class Quality:
    """
    How large things really become.

    :param scale: share of the full size.
    :param fps: frames per second of the films.
    """

    scale: float
    fps: int

    def of(self, size: Size, share: float = 1.0) -> dict[str, int]:
        """Return width and height of a picture."""
        width, height = (max(round(side * share * self.scale / 2) * 2, SMALLEST) for side in size)
        return {"width": width, "height": height}


def content(kind: str, setup: str, quality: Quality) -> list[Product]:
    """
    Describe what a content job makes of one product.

    :param kind: ``3d``, ``ar``, ``360`` or ``silo``.
    :param setup: which silo.
    """
    square = (assumed.SPIN_PIXELS, assumed.SPIN_PIXELS)
    if kind == VIEWER_3D:
        return [{"type": "model", "name": viewers.GLB}, _turntable(quality)]
    if kind == VIEWER_AR:
        poster = {"type": "still", "name": viewers.AR_POSTER, "camera": FRONT, **quality.of(square)}
        return [
            {"type": "model", "name": viewers.AR_GLB},
            {"type": "model", "name": viewers.USDZ},
            poster,
        ]
    if kind == SPIN:
        return [_frame(number, name, quality.of(square)) for number, name in enumerate(viewers.FRAMES)]
    return _silo(setup, quality) if kind == SILO else []


def _turntable(quality: Quality) -> Product:
    size = quality.of(assumed.SCENE_SIZE, 2 / 3)
    return {
        "type": "video",
        **size,
        "seconds": TURN_SECONDS,
        "fps": quality.fps,
        "motion": {"effect": "turntable", "easing": False},
        "posters": [{"name": viewers.POSTER, **size}],
        "encodings": [{"name": viewers.FILM, "codec": "h264"}],
    }


def _frame(number: int, name: str, size: dict[str, int]) -> Product:
    azimuth = 360 * number / assumed.SPIN_FRAMES
    return {"type": "still", "name": name, "camera": {"azimuth": azimuth, "elevation": 14}, **size}


def _silo(setup: str, quality: Quality) -> list[Product]:
    look = {"type": "still", **SILOS[setup][1]}
    full = (assumed.SILO_PIXELS, assumed.SILO_PIXELS)
    return [
        {**look, "name": jpeg(FILE), **quality.of(full)},
        {**look, "name": jpeg(THUMBNAIL), **quality.of(full, assumed.THUMBNAIL_SHARE)},
    ]


def camera(scene_id: int, camera_id: int, quality: Quality) -> list[Product]:
    """Describe the pictures of one camera of a scene."""
    scene = SCENES[scene_id]
    look = {"type": "still", "camera": scene.cameras[camera_id][1], **scene.look}
    full, small = quality.of(assumed.SCENE_SIZE), quality.of(assumed.SCENE_SIZE, assumed.THUMBNAIL_SHARE)
    filmic = {"tone": "filmic"}
    return [
        {**look, "name": jpeg(FILE), **full},
        {**look, "name": jpeg(FILMIC), **full, **filmic},
        {**look, "name": jpeg(COLOR_PASS), **full, "pass": "color"},
        {**look, "name": jpeg(THUMBNAIL), **small},
        {**look, "name": jpeg(FILMIC_THUMBNAIL), **small, **filmic},
    ]


def jpeg(what: str) -> str:
    """File name of a picture while it is made."""
    return f"{what}.jpg"


def placed(models: Sequence[Path], placements: Sequence[Placement]) -> list[Product]:
    """
    Describe where the models of a scene stand.

    :param models: their files, in the order of the placements.
    """
    return [
        {
            "model": str(model),
            "position": each["position"],
            "rotation": each["rotation"],
            "materials": {"*": MATERIALS[each["material_id"]]} if each["material_id"] else {},
        }
        for model, each in zip(models, placements, strict=True)
    ]
