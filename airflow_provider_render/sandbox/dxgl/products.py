"""What the renderer has to make for a DXGL render."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.dxgl.settings import RenderSettings

Product = dict[str, Any]
Size = tuple[int, int]

SIZES: dict[tuple[str, str], Size] = {
    ("hd", "16:9"): (1920, 1080),
    ("hd", "1:1"): (1080, 1080),
    ("hd", "9:16"): (1080, 1920),
    ("4k", "16:9"): (3840, 2160),
    ("4k", "1:1"): (2160, 2160),
    ("4k", "9:16"): (2160, 3840),
}
VIEWS = {"100x800": (100, 800), "196x1024": (196, 1024), "400x2048": (400, 2048)}

MP4, MOV, WEB, THUMB = "video.mp4", "video.mov", "web.mp4", "thumb.mp4"
POSTER, SMALL_POSTER = "poster.png", "poster-small.png"
DATASET = "dataset.zip"
PREVIEW, MODEL = "preview.png", "model.glb"

SMALLEST = 16
PREVIEW_PIXELS = 320
WATERMARK = "PREVIEW"


@dataclass(frozen=True)
class Scene:
    """
    What is not in the settings.

    :param scale: share of the documented size.
    :param fps: frames per second.
    :param watermarked: whether a free credit paid.
    :param backdrop: picture behind the product and the anchor of its crop.
    """

    scale: float
    fps: int
    watermarked: bool = False
    backdrop: tuple[Path, str] | None = None


def wanted(settings: RenderSettings, scene: Scene) -> list[Product]:
    """
    Turn the settings of a render into products of the renderer.

    :param settings: valid settings.
    :param scene: the rest.
    """
    return _dataset(settings, scene) if settings.is_dataset else [_video(settings, scene)]


def preview(scale: float) -> Product:
    """
    Describe the system preview: one small picture.

    :param scale: share of its full size.
    """
    side = max(int(PREVIEW_PIXELS * min(scale * 2, 1)), SMALLEST)
    return {"type": "still", "name": PREVIEW, "width": side, "height": side}


def converted_model() -> Product:
    """Describe the GLB made of an upload that is not one."""
    return {"type": "model", "name": MODEL}


def video_name(settings: RenderSettings) -> str:
    """File name of the main video."""
    return MOV if settings.quality == "pro" else MP4


def _video(settings: RenderSettings, scene: Scene) -> Product:
    full = SIZES["hd" if settings.quality == "standard" else "4k", settings.aspect]
    width, height = _scaled(full, scene.scale)
    small = _named_size(SMALL_POSTER, full, scene.scale / 4)
    return {
        "type": "video",
        "width": width,
        "height": height,
        "seconds": settings.length,
        "fps": scene.fps,
        "motion": _motion(settings),
        "background": _background(settings, scene),
        "shadows": settings.shadows,
        "reflector": settings.reflector,
        "watermark": WATERMARK if scene.watermarked else None,
        "posters": [{"name": POSTER, "width": width, "height": height}, small],
        "encodings": _encodings(settings, full, scene.scale),
    }


def _encodings(settings: RenderSettings, full: Size, scale: float) -> list[Product]:
    main: Product = {"name": MP4, "codec": "h264"}
    if settings.quality == "pro":
        main = {"name": MOV, "codec": "prores4444", "alpha": True}
    web_share = 2 / 3 if settings.quality == "standard" else 1 / 2
    return [
        main,
        {"codec": "h264", "crf": 26, **_named_size(WEB, full, scale * web_share)},
        {"codec": "h264", "crf": 26, **_named_size(THUMB, full, scale / 4)},
    ]


def _motion(settings: RenderSettings) -> Product:
    return {
        "effect": settings.effect,
        "sweep_angle": settings.sweep_angle,
        "ease_out_ratio": settings.ease_out_ratio,
        "amplitude": settings.amplitude,
        "zoom_start": settings.zoom_start,
        "zoom_end": settings.zoom_end,
        "scale_from": settings.scale_from,
        "easing": settings.easing,
        "rotate_y": settings.rotate_y,
        "tilt_x": settings.tilt_x,
    }


def _background(settings: RenderSettings, scene: Scene) -> str | Product:
    if scene.backdrop is None:
        return settings.bg_color
    image, alignment = scene.backdrop
    return {"image": str(image), "align": settings.bg_align or alignment}


def _dataset(settings: RenderSettings, scene: Scene) -> list[Product]:
    views, size = VIEWS[settings.dataset_quality]
    side = _scaled((size, size), scene.scale)[0]
    return [
        {"type": "still", "name": POSTER, "width": side, "height": side},
        {"type": "dataset", "name": DATASET, "views": views, "size": side, "coverage": settings.coverage},
    ]


def _scaled(size: Size, scale: float) -> Size:
    width, height = (max(round(side * scale / 2) * 2, SMALLEST) for side in size)
    return width, height


def _named_size(name: str, size: Size, scale: float) -> Product:
    width, height = _scaled(size, scale)
    return {"name": name, "width": width, "height": height}
