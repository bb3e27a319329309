"""From linear light to the bytes of a picture: background, watermark, resizing, file formats."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from .material import linear_colour
from .spec import ImageBackground
from .srgb import LINEAR, encoded

if TYPE_CHECKING:
    from pathlib import Path

# Letters that stay readable on white, black and anything between.
FILL, RIM = (255, 255, 255, 120), (80, 80, 80, 120)
ANCHORS = {"left": 0.0, "right": 1.0, "top": 0.0, "bottom": 1.0}


class Backdrop:
    """A background at one size, ready to go behind many frames.

    :param background: as in the spec.
    :param size: width and height in pixels.
    """

    def __init__(self, background: str | ImageBackground | None, size: tuple[int, int]) -> None:
        self.behind: np.ndarray | None = None
        self.plain: np.ndarray | None = None
        if isinstance(background, ImageBackground):
            self.behind = LINEAR[np.asarray(cover(background, size))]
            self.plain = np.asarray(cover(background, size))
        elif background is not None:
            self.behind = linear_colour(background)
            colour = tuple(int(background[k : k + 2], 16) for k in (1, 3, 5))
            self.plain = np.full((size[1], size[0], 3), colour, np.uint8)

    def under(self, picture: np.ndarray) -> np.ndarray:
        """The picture before the background as sRGB bytes: RGB, or RGBA when there is no background."""
        if self.behind is None or self.plain is None:
            return straight(picture)
        result = self.plain.copy()
        covered = picture[..., 3] > 0
        rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
        if len(rows):
            part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            behind = self.behind[part] if self.behind.ndim == 3 else self.behind
            front, clear = picture[part], 1 - picture[part][..., 3]
            for channel in range(3):
                light = front[..., channel] + behind[..., channel] * clear
                np.copyto(result[part][..., channel], encoded(light), where=covered[part])
        return result


def straight(picture: np.ndarray) -> np.ndarray:
    """A premultiplied linear picture as straight sRGB RGBA bytes."""
    alpha = picture[..., 3:]
    colour = encoded(picture[..., :3] / np.maximum(alpha, np.float32(1e-4)))
    return np.concatenate([colour, np.round(np.clip(alpha, 0, 1) * 255).astype(np.uint8)], 2)


def painted(numbers: np.ndarray) -> np.ndarray:
    """RGB bytes of a picture of numbers, each in a colour of its own; -1 is black."""
    count = int(numbers.max(initial=-1)) + 1
    palette = [tuple(round(255 * part) for part in _distinct(k)) for k in range(count)]
    result: np.ndarray = np.array([*palette, (0, 0, 0)], np.uint8)[numbers]
    return result


def _distinct(number: int) -> tuple[float, float, float]:
    """A strong colour; hues a golden section apart fill the circle evenly however many there are."""
    saturation, value = ((0.85, 1.0), (0.55, 0.85), (1.0, 0.65))[number % 3]
    return colorsys.hsv_to_rgb(number * 0.618034 % 1, saturation, value)


def cover(background: ImageBackground, size: tuple[int, int]) -> Image.Image:
    """The background image scaled to cover the size and cropped at its anchor.

    :raises OSError: the file is missing or no picture.
    """
    across = [ANCHORS[word] for word in background.align.split("-") if word in ("left", "right")]
    down = [ANCHORS[word] for word in background.align.split("-") if word in ("top", "bottom")]
    centring = (across[0] if across else 0.5, down[0] if down else 0.5)
    with Image.open(background.image) as picture:
        return ImageOps.fit(picture.convert("RGB"), size, Image.Resampling.LANCZOS, centering=centring)


class Watermark:
    """A text across the picture, repeated along diagonals."""

    def __init__(self, text: str | None, size: tuple[int, int]) -> None:
        self.stamp = _stamp(text, size) if text else None

    def over(self, frame: np.ndarray) -> Image.Image:
        """The frame (RGB or RGBA bytes) as an image with the watermark on it."""
        image = Image.fromarray(frame)
        if self.stamp is None:
            return image
        if image.mode == "RGBA":
            return Image.alpha_composite(image, self.stamp)
        image.paste(self.stamp, (0, 0), self.stamp)
        return image


def _stamp(text: str, size: tuple[int, int]) -> Image.Image:
    height = max(10, min(size) // 9)
    font = ImageFont.load_default(height)
    side = int(1.5 * max(size))
    sheet = Image.new("RGBA", (side, side), (*RIM[:3], 0))
    pen = ImageDraw.Draw(sheet)
    step = int(pen.textlength(text, font) + 2 * height)
    for row, top in enumerate(range(0, side, 4 * height)):
        for left in range(-step * (row % 2) // 2, side, step):
            pen.text((left, top), text, FILL, font, stroke_width=max(1, height // 16), stroke_fill=RIM)
    turned = sheet.rotate(24, Image.Resampling.BICUBIC)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    return turned.crop((left, top, left + size[0], top + size[1]))


def save(image: Image.Image, path: Path, ending: str) -> None:
    """Writes PNG, WebP or JPEG.

    :param ending: which of them, such as ``.png``; the path itself may be a temporary one.
    """
    if ending == ".png":
        image.save(path, "PNG", compress_level=4)
    elif ending == ".webp":
        image.save(path, "WEBP", quality=90, method=3)
    else:
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, (0, 0), image if image.mode == "RGBA" else None)
        flat.save(path, "JPEG", quality=92, optimize=True)
