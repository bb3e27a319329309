"""Stills: where the camera stands, and the picture or its colour pass."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from .camera import Framing, View, frame, looking
from .compose import Backdrop, Watermark, painted, save
from .spec import FreeCamera

if TYPE_CHECKING:
    from .frame import Renderer
    from .scene import Scene
    from .spec import Still

FINE_PIXELS = 700_000


def write_still(path: Path, still: Still, scene: Scene) -> None:
    """Draws a still and writes it.

    :param path: where to, whatever its ending; the still's name decides the format.
    :raises ModelError: a part or variant is not there.
    """
    renderer, look, size = scene.renderer(still.tilt_x), scene.look(still), (still.width, still.height)
    view = _view(renderer, still)
    if still.layer == "color":
        image = Image.fromarray(painted(renderer.numbers(view, size, look)))
    else:
        picture = renderer.draw(view, size, look, samples_across(size))
        image = Watermark(still.watermark, size).over(Backdrop(still.background, size).under(picture))
    save(image, path, Path(still.name).suffix.lower())


def samples_across(size: tuple[int, int]) -> int:
    """Samples per pixel along each side that a picture of that size deserves."""
    return 3 if size[0] * size[1] <= FINE_PIXELS else 2


def _view(renderer: Renderer, still: Still) -> View:
    camera = still.camera
    if isinstance(camera, FreeCamera):
        return looking(camera.position, camera.target, camera.fov)
    aspect = still.width / still.height
    framing = frame(renderer.mesh, [camera.azimuth], camera.elevation, camera.fov, aspect, centred=False)
    if camera.target is not None:
        framing = _aimed(framing, renderer, camera.target)
    return framing.view(camera.azimuth, camera.elevation, zoom=camera.zoom)


def _aimed(framing: Framing, renderer: Renderer, target: tuple[float, float, float]) -> Framing:
    low, high = renderer.mesh.low, renderer.mesh.high
    return Framing(low + (high - low) * target, (0.0, 0.0), framing.distance, framing.fov)
