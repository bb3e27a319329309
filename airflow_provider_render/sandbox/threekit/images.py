"""Pictures that are resized, cropped and converted on the way out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PIL import Image, ImageOps

from airflow_provider_render.sandbox.identity import new_id

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
USUAL_QUALITY = 85

Fit = Literal["cover", "contain", "fitWidth", "fitHeight"]


@dataclass(frozen=True)
class Change:
    """
    What becomes of a picture.

    :param width: pixels; 0 follows from the height.
    :param height: pixels; 0 follows from the width.
    :param format: a key of :data:`FORMATS`.
    :param quality: 1 to 100.
    :param fit: how it fills both sides if both are given.
    :param crop: left, top, width and height that are cut out first.
    """

    width: int = 0
    height: int = 0
    format: str = "png"
    quality: int = USUAL_QUALITY
    fit: Fit = "contain"
    crop: tuple[int, int, int, int] | None = None

    @property
    def media_type(self) -> str:
        """Content-Type of the result."""
        return MEDIA_TYPES[FORMATS[self.format]]


async def changed(source: Path, change: Change, target: Path) -> Path:
    """
    Write a changed copy of a picture.

    :raises OSError: the source is no picture.
    """
    await asyncio.to_thread(_write, source, change, target)
    return target


def _write(source: Path, change: Change, target: Path) -> None:
    temporary = target.with_name(f"{new_id()}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(source) as opened:
        picture = _sized(_cut(opened.convert("RGBA"), change), change)
        form = FORMATS[change.format]
        if form == "JPEG":
            white = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(white, picture).convert("RGB")
        picture.save(temporary, form, quality=change.quality)
    temporary.replace(target)


def _cut(picture: Image.Image, change: Change) -> Image.Image:
    if change.crop is None:
        return picture
    left, top, width, height = change.crop
    return picture.crop((left, top, left + width, top + height))


def _sized(picture: Image.Image, change: Change) -> Image.Image:
    width, height = change.width, change.height
    if not width and not height:
        return picture
    if not height or (width and change.fit == "fitWidth"):
        height = max(1, round(picture.height * width / picture.width))
    elif not width or change.fit == "fitHeight":
        width = max(1, round(picture.width * height / picture.height))
    if change.fit == "contain":
        return ImageOps.pad(picture, (width, height), color=(0, 0, 0, 0))
    return ImageOps.fit(picture, (width, height))
