"""Runs a job: loads the models and makes its products, one after another."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .camera import Framing, frame
from .compose import Backdrop, Watermark, save
from .dataset import add_copy, write_dataset
from .errors import ModelError
from .export import refuse_formats, write_export
from .motion import Pose, poses
from .scene import Scene
from .spec import Archive, Dataset, ModelExport, RenderSpec, Still, Video, file_names
from .stills import samples_across, write_still
from .video import Film

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from .frame import Look
    from .spec import Poster, Product


class Job:
    """One run.

    :param announce: is told the name of each file when it is complete.
    """

    def __init__(self, spec: RenderSpec, announce: Callable[[str], None]) -> None:
        self.spec = spec
        self.announce = announce
        self.folder = Path(spec.output)
        self.folder.mkdir(parents=True, exist_ok=True)
        refuse_formats(product.name for product in spec.products if isinstance(product, ModelExport))
        self.scene = Scene(spec.placed, _texture_limit(spec))

    def run(self) -> list[str]:
        """Makes everything and returns the names of the files in the spec's order.

        :raises ModelError: the model cannot be rendered.
        """
        videos = [_Take(self.scene, p) for p in self.spec.products if isinstance(p, Video)]
        for take in videos:
            for poster in take.video.posters:
                self._write(poster.name, partial(take.write_poster, poster))
        takes = iter(videos)
        for product in sorted(self.spec.products, key=lambda p: isinstance(p, Archive)):
            if isinstance(product, Video):
                self._film(next(takes))
            else:
                self._single(product)
        return [name for product in self.spec.products for name in file_names(product)]

    def _single(self, product: Still | Dataset | ModelExport | Archive) -> None:
        match product:
            case Still():
                self._write(product.name, lambda path: write_still(path, product, self.scene))
            case Dataset():
                renderer, look = self.scene.renderer(0.0), self.scene.plain_look()
                self._write(product.name, lambda path: write_dataset(path, product, renderer, look))
            case ModelExport():
                self._write(product.name, lambda path: self._export(path, product))
            case Archive():
                self._write(product.name, lambda path: self._archive(path, product))

    def _write(self, name: str, make: Callable[[Path], None]) -> None:
        temporary = self.folder / f".{name}.part"
        make(temporary)
        self._publish(temporary, name)

    def _publish(self, temporary: Path, name: str) -> None:
        os.replace(temporary, self.folder / name)
        self.announce(name)

    def _film(self, take: _Take) -> None:
        names = [encoding.name for encoding in take.video.encodings]
        paths = [self.folder / f".{name}.part" for name in names]
        take.write_films(paths)
        for path, name in zip(paths, names, strict=True):
            self._publish(path, name)

    def _export(self, path: Path, product: ModelExport) -> None:
        write_export(path, product, self.spec.placed, self.spec.scene is None)

    def _archive(self, path: Path, archive: Archive) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
            for member, name in archive.members.items():
                add_copy(target, member, self.folder / name)

    def clean(self) -> None:
        """Removes what an interrupted run left behind."""
        for product in self.spec.products:
            for name in file_names(product):
                (self.folder / f".{name}.part").unlink(missing_ok=True)


class _Take:
    """A video product with its camera."""

    def __init__(self, scene: Scene, video: Video) -> None:
        self.video = video
        self.poses = poses(video.motion, video.frames)
        self.renderer = scene.renderer(video.motion.tilt_x)
        self.look: Look = scene.look(video)

    def write_poster(self, poster: Poster, path: Path) -> None:
        size = (poster.width or self.video.width, poster.height or self.video.height)
        pose = self.poses[-1 if self.video.motion.effect == "reveal" else 0]
        picture = self._picture(pose, self._framing(size), size, samples_across(size))
        frame_bytes = Backdrop(self.video.background, size).under(picture)
        save(Watermark(self.video.watermark, size).over(frame_bytes), path, Path(poster.name).suffix.lower())

    def write_films(self, paths: list[Path]) -> None:
        size = (self.video.width, self.video.height)
        pairs = zip(paths, self.video.encodings, strict=True)
        films = [Film(path, encoding, size, self.video.fps) for path, encoding in pairs]
        framing = self._framing(size)
        dressers = {clear: _Dresser(self.video, size, clear) for clear in {f.encoding.alpha for f in films}}
        for pose in self.poses:
            picture = self._picture(pose, framing, size, 2)
            images = {clear: dresser.dressed(picture) for clear, dresser in dressers.items()}
            for film in films:
                film.add(images[film.encoding.alpha])
        for film in films:
            film.close()

    def _framing(self, size: tuple[int, int]) -> Framing:
        motion = self.video.motion
        turns = sorted({round(pose.turn / 6) * 6 % 360 for pose in self.poses})
        aspect = size[0] / size[1]
        azimuths = [-float(turn) for turn in turns]
        framing = frame(self.renderer.mesh, azimuths, motion.elevation, motion.fov, aspect, centred=True)
        nearest = min(pose.distance for pose in self.poses)
        return Framing(framing.centre, framing.shift, framing.distance / min(nearest, 1.0), framing.fov)

    def _picture(self, pose: Pose, framing: Framing, size: tuple[int, int], grid: int) -> np.ndarray:
        view = stage = framing.view(-pose.turn, self.video.motion.elevation, pose.distance)
        look = self.look
        if pose.scale < 1e-3:
            look = replace(look, faces=look.faces[:0], shadows=False, reflector=False)
        elif pose.scale < 1:
            pivot = np.array([framing.centre[0], self.renderer.ground, framing.centre[2]])
            view = view.closer(pivot, pose.scale)
        return self.renderer.draw(view, size, look, grid, stage)


class _Dresser:
    """Puts background and watermark to the frames of a video."""

    def __init__(self, video: Video, size: tuple[int, int], clear: bool) -> None:
        self.backdrop = Backdrop(None if clear else video.background or "#ffffff", size)
        self.watermark = Watermark(video.watermark, size)

    def dressed(self, picture: np.ndarray) -> Image.Image:
        return self.watermark.over(self.backdrop.under(picture))


def _texture_limit(spec: RenderSpec) -> int:
    largest = max((_largest_side(product) for product in spec.products), default=512)
    return min(4096, max(512, 1 << (2 * largest - 1).bit_length()))


def _largest_side(product: Product) -> int:
    match product:
        case Still():
            return max(product.width, product.height)
        case Video():
            sides = [max(p.width or 0, p.height or 0) for p in product.posters]
            return max(product.width, product.height, *sides)
        case Dataset():
            return product.size
    return 0


def run(spec: RenderSpec, announce: Callable[[str], None]) -> list[str]:
    """Runs a job; every failure is a :class:`ModelError` with one sentence."""
    try:
        job = Job(spec, announce)
        try:
            return job.run()
        finally:
            job.clean()
    except ModelError:
        raise
    except MemoryError as error:
        raise ModelError("the model needs more memory than there is") from error
    except Exception as error:
        raise ModelError(f"the render failed: {type(error).__name__}: {error}") from error
