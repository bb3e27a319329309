"""Training views for NeRF and Gaussian splatting."""

from __future__ import annotations

import io
import json
import math
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from .camera import View, frame_everywhere, studio_turn
from .compose import Backdrop
from .studio import even_directions

if TYPE_CHECKING:
    from pathlib import Path

    from .frame import Look, Renderer
    from .spec import Dataset

FOV = 40.0
SHEET = 1600
STAMP = (1980, 1, 1, 0, 0, 0)
LOWEST = math.sin(math.radians(4))
KINDS = ("images", "depth", "normals", "masks")


def write_dataset(path: Path, dataset: Dataset, renderer: Renderer, look: Look) -> None:
    """Renders all views and writes the ZIP."""
    framing = frame_everywhere(renderer.mesh, FOV)
    size = (dataset.size, dataset.size)
    views = [framing.view(*angles) for angles in camera_angles(dataset)]
    views = [View(view.eye, view.axes, view.tangent, studio_turn(25)) for view in views]
    near, far = _depth_range(renderer, views)
    backdrop = Backdrop("#ffffff", size)
    sheet = _Sheet(dataset.views)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, view in enumerate(views):
            depth, normals = renderer.surface(view, size, look)
            picture = Image.fromarray(backdrop.under(renderer.draw(view, size, look)))
            pictures = {"images": picture} | _layers(depth, normals, near, far)
            sheet.add(number, pictures)
            for folder, image in pictures.items():
                add_file(archive, f"{folder}/{number:04d}.png", _png(image))
        add_file(
            archive, "transforms.json", json.dumps(_transforms(dataset, views, near, far), indent=1).encode()
        )
        add_file(archive, "overview.webp", sheet.webp())


def camera_angles(dataset: Dataset) -> list[tuple[float, float]]:
    """Azimuth and elevation of every view in degrees, evenly spread."""
    if dataset.coverage == "sphere":
        places = even_directions(dataset.views)
    else:
        places = even_directions(dataset.views)
        height = LOWEST + (0.98 - LOWEST) * (places[:, 1] + 1) / 2
        flat = np.sqrt(np.maximum(1 - height**2, 0)) / np.maximum(np.hypot(places[:, 0], places[:, 2]), 1e-9)
        places = np.stack([places[:, 0] * flat, height, places[:, 2] * flat], 1)
    azimuth = np.degrees(np.arctan2(places[:, 0], places[:, 2]))
    elevation = np.degrees(np.arcsin(np.clip(places[:, 1], -1, 1)))
    return list(zip(azimuth.tolist(), elevation.tolist(), strict=True))


def add_file(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Adds a member with a fixed date, so that equal content makes an equal archive."""
    archive.writestr(zipfile.ZipInfo(name, STAMP), data)


def add_copy(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    """Adds a file with a fixed date."""
    info = zipfile.ZipInfo(name, STAMP)
    info.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(info, "w") as target:
        shutil.copyfileobj(source, target)


def _depth_range(renderer: Renderer, views: list[View]) -> tuple[float, float]:
    points = renderer.mesh.points.astype(np.float64)
    depths = [(points - view.eye) @ view.axes[2] for view in views]
    near, far = min(float(d.min()) for d in depths), max(float(d.max()) for d in depths)
    slack = 1e-4 * (far - near)
    return near - slack, far + slack


def _layers(depth: np.ndarray, normals: np.ndarray, near: float, far: float) -> dict[str, Image.Image]:
    hit = depth > 0
    share = np.where(hit, np.clip((depth.astype(np.float64) - near) / (far - near), 0, 1), 1.0)
    coded = np.where(hit[..., None], np.round((normals * 0.5 + 0.5) * 255), 0).astype(np.uint8)
    return {
        "depth": Image.fromarray(np.round(share * 255).astype(np.uint8)),
        "depth_16bit": Image.fromarray(np.round(share * 65535).astype(np.uint16)),
        "normals": Image.fromarray(coded),
        "masks": Image.fromarray(hit.astype(np.uint8) * np.uint8(255)),
    }


def _transforms(dataset: Dataset, views: list[View], near: float, far: float) -> dict[str, Any]:
    size = dataset.size
    focal = size / 2 / views[0].tangent
    angle = 2 * math.atan(views[0].tangent)
    return {
        "camera_model": "PINHOLE",
        "w": size,
        "h": size,
        "fl_x": focal,
        "fl_y": focal,
        "cx": size / 2,
        "cy": size / 2,
        "camera_angle_x": angle,
        "camera_angle_y": angle,
        "aabb_scale": 4,
        "depth_near": near,
        "depth_far": far,
        "frames": [_frame(number, view) for number, view in enumerate(views)],
    }


def _frame(number: int, view: View) -> dict[str, Any]:
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2], matrix[:3, 3] = (
        view.axes[0],
        view.axes[1],
        -view.axes[2],
        view.eye,
    )
    return {
        "file_path": f"images/{number:04d}.png",
        "depth_file_path": f"depth/{number:04d}.png",
        "depth_16bit_file_path": f"depth_16bit/{number:04d}.png",
        "normal_file_path": f"normals/{number:04d}.png",
        "mask_path": f"masks/{number:04d}.png",
        "transform_matrix": matrix.tolist(),
    }


class _Sheet:
    """The overview: four quadrants, each a grid of all views."""

    def __init__(self, count: int) -> None:
        self.columns = math.ceil(math.sqrt(count))
        self.cell = max(8, SHEET // 2 // self.columns)
        side = self.columns * self.cell
        self.image = Image.new("RGB", (2 * side, 2 * side), "white")

    def add(self, number: int, pictures: dict[str, Image.Image]) -> None:
        row, column = divmod(number, self.columns)
        for quadrant, kind in enumerate(KINDS):
            small = pictures[kind].convert("RGB").resize((self.cell, self.cell), Image.Resampling.BOX)
            left, top = (quadrant % 2) * self.columns + column, (quadrant // 2) * self.columns + row
            self.image.paste(small, (left * self.cell, top * self.cell))

    def webp(self) -> bytes:
        target = io.BytesIO()
        self.image.save(target, "WEBP", quality=82, method=2)
        return target.getvalue()


def _png(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "PNG", compress_level=3)
    return target.getvalue()
