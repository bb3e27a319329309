"""Encoding frames with PyAV: H.264 for browsers, ProRes 4444 with transparency."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from .spec import Encoding

BT709 = 1
PRORES = {"profile": "4444", "vendor": "apl0", "alpha_bits": "16"}


class Film:
    """One video file that grows frame by frame.

    :param path: where it is written; the format follows from the codec.
    :param size: width and height of the incoming frames in pixels.
    """

    def __init__(self, path: Path, encoding: Encoding, size: tuple[int, int], fps: int) -> None:
        self.encoding = encoding
        self.size = (encoding.width or size[0], encoding.height or size[1])
        if encoding.codec == "h264":
            self.size = (self.size[0] // 2 * 2, self.size[1] // 2 * 2)
        self.alpha = encoding.codec == "prores4444"
        kind = "mov" if self.alpha else "mp4"
        self.container = av.open(str(path), "w", format=kind, options={"movflags": "+faststart"})
        self.stream = self._stream(fps)
        # A frame's own reformat() would set up its tables again for every frame.
        self.reformatter = VideoReformatter()

    def _stream(self, fps: int) -> Any:
        codec = "prores_ks" if self.alpha else "libx264"
        stream: Any = self.container.add_stream(codec, rate=fps, options=self._options(fps))
        _describe(stream, self.size, fps)
        stream.pix_fmt = "yuva444p10le" if self.alpha else "yuv420p"
        return stream

    def _options(self, fps: int) -> dict[str, str]:
        if self.alpha:
            return PRORES
        crf = str(self.encoding.crf)
        return {"crf": crf, "preset": "veryfast", "profile": "high", "g": str(2 * fps)}

    def add(self, image: Image.Image) -> None:
        """Appends a frame, RGB or RGBA."""
        mode, layout = ("RGBA", "rgba") if self.alpha else ("RGB", "rgb24")
        pixels = np.asarray(image if image.mode == mode else image.convert(mode))
        converted = self.reformatter.reformat(
            av.VideoFrame.from_ndarray(pixels, format=layout),
            *self.size,
            format=self.stream.pix_fmt,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BICUBIC,
        )
        self.container.mux(self.stream.encode(converted))

    def close(self) -> None:
        """Writes what is pending and finishes the file."""
        self.container.mux(self.stream.encode(None))
        self.container.close()


def _describe(stream: Any, size: tuple[int, int], fps: int) -> None:
    stream.width, stream.height = size
    stream.time_base = Fraction(1, fps)
    context = stream.codec_context
    context.thread_count = 1
    context.color_primaries = context.color_trc = context.colorspace = BT709
    context.color_range = int(ColorRange.MPEG)
