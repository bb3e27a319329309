"""What the renderer has to make for a render job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from airflow_provider_render.sandbox.glossi.models import Model
    from airflow_provider_render.sandbox.glossi.settings import RenderSettings
    from airflow_provider_render.sandbox.glossi.templates import Template

Part = dict[str, Any]

IMAGE_SIZES = ((1280, 720), (1920, 1080), (3840, 2160))
VIDEO_SIZES = ((1280, 720), (1920, 1080), (1920, 1080))
VIDEO_CRF = (28, 23, 18)
VIDEO_SECONDS = 3.0
SMALLEST = 16
DEFAULT = "Default"
GAP = 0.25
ROOM_SHARE = (3.0, 1.8, 3.0)


@dataclass(frozen=True)
class Shape:
    """
    How pictures are made smaller.

    :param scale: share of the documented size.
    :param fps: frames per second.
    :param sky: picture behind outdoor scenes.
    """

    scale: float
    fps: int
    sky: Path


@dataclass(frozen=True)
class Wanted:
    """
    One file of a render job.

    :param name: as the API names it, like ``Front View - Default``.
    :param product: in the renderer's words.
    :param file: file name that the renderer gives it.
    """

    name: str
    product: Part
    file: str

    @property
    def is_video(self) -> bool:
        """Whether it moves."""
        return str(self.product["type"]) == "video"


def wanted(
    models: Sequence[Model], template: Template, settings: RenderSettings, shape: Shape
) -> list[Wanted]:
    """
    List the files of a render job: every variant at every bookmark, then in every shot.

    :param models: of the project.
    :param template: of the project.
    :param settings: of the job.
    :param shape: of the sandbox.
    """
    look = _look(models, template, shape)
    variants = _variants(models) if settings.render_variants else {DEFAULT: None}
    stills = template.bookmarks if settings.render_bookmarks else {}
    shots = template.shots if settings.render_shots else {}
    made = [
        _still(f"{bookmark} - {name}", {**look, "variant": variant, "camera": camera}, settings, shape)
        for name, variant in variants.items()
        for bookmark, camera in stills.items()
    ]
    made += [
        _video(f"{shot} - {name}", {**look, "variant": variant, "motion": motion}, settings, shape)
        for name, variant in variants.items()
        for shot, motion in shots.items()
    ]
    return [_numbered(number, each) for number, each in enumerate(made, 1)]


def source(models: Sequence[Model], files: Sequence[Path]) -> Part:
    """
    Say what stands before the camera: one model, or several in a row on one floor.

    :param models: of the project.
    :param files: theirs, in the same order.
    """
    if len(models) == 1:
        return {"model": str(files[0])}
    widths = [model.high[0] - model.low[0] for model in models]
    gap = GAP * sum(widths) / len(widths)
    left = -(sum(widths) + gap * (len(widths) - 1)) / 2
    placed = []
    for model, file, width in zip(models, files, widths, strict=True):
        middle = (model.low[2] + model.high[2]) / 2
        placed.append({"model": str(file), "position": [left - model.low[0], -model.low[1], -middle]})
        left += width + gap
    return {"scene": placed}


def _variants(models: Sequence[Model]) -> dict[str, str | None]:
    names = dict.fromkeys(name for model in models for name in model.variants)
    return {name: name for name in names} or {DEFAULT: None}


def _look(models: Sequence[Model], template: Template, shape: Shape) -> Part:
    look = dict(template.look)
    if isinstance(look["background"], dict):
        look["background"] = {**look["background"], "image": str(shape.sky)}
    if template.room:
        look["room"] = {**template.room, "size": _room(models)}
    return look


def _room(models: Sequence[Model]) -> list[float]:
    width = sum(model.high[0] - model.low[0] for model in models) * (1 + GAP)
    height = max(model.high[1] - model.low[1] for model in models)
    depth = max(model.high[2] - model.low[2] for model in models)
    span = max(width, height, depth)
    return [share * span for share in ROOM_SHARE]


def _still(name: str, look: Part, settings: RenderSettings, shape: Shape) -> Wanted:
    width, height = _scaled(IMAGE_SIZES[settings.image_quality], shape.scale)
    return Wanted(name, {"type": "still", "width": width, "height": height, **look}, "")


def _video(name: str, look: Part, settings: RenderSettings, shape: Shape) -> Wanted:
    width, height = _scaled(VIDEO_SIZES[settings.video_quality], shape.scale)
    size = {"width": width, "height": height, "seconds": VIDEO_SECONDS, "fps": shape.fps}
    encoding = {"codec": "h264", "crf": VIDEO_CRF[settings.video_quality]}
    return Wanted(name, {"type": "video", **size, "encodings": [encoding], **look}, "")


def _numbered(number: int, each: Wanted) -> Wanted:
    if not each.is_video:
        file = f"{number:04d}.png"
        return Wanted(each.name, {**each.product, "name": file}, file)
    file = f"{number:04d}.mp4"
    [encoding] = each.product["encodings"]
    return Wanted(each.name, {**each.product, "encodings": [{**encoding, "name": file}]}, file)


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    width, height = (max(round(side * scale / 2) * 2, SMALLEST) for side in size)
    return width, height
