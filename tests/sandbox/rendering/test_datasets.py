from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from .models import Model, ball, plain

RADIUS = 0.5
SIZE = 96
VIEWS = 6


class Opened:
    """A dataset ZIP."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as archive:
            self.files = {name: archive.read(name) for name in archive.namelist()}
        self.transforms = json.loads(self.files["transforms.json"])
        self.frames = self.transforms["frames"]

    def image(self, name):
        return np.asarray(Image.open(io.BytesIO(self.files[name])))

    def rays(self):
        """Directions through the pixel centres in the camera's own (OpenGL) axes, one long along -Z."""
        t = self.transforms
        x, y = np.meshgrid(np.arange(t["w"]) + 0.5, np.arange(t["h"]) + 0.5)
        return np.stack([(x - t["cx"]) / t["fl_x"], -(y - t["cy"]) / t["fl_y"], -np.ones_like(x)], -1)

    def points(self, frame, folder, top):
        """World points of a view's depth picture."""
        mask = self.image(frame["mask_path"]) > 0
        share = self.image(frame[f"{folder}_file_path"])[mask] / top
        depth = (
            share * (self.transforms["depth_far"] - self.transforms["depth_near"])
            + self.transforms["depth_near"]
        )
        matrix = np.array(frame["transform_matrix"])
        return (self.rays()[mask] * depth[:, None]) @ matrix[:3, :3].T + matrix[:3, 3]


def ask(make, model, **fields):
    name = "data.zip"
    return Opened(
        make(model, {"type": "dataset", "name": name, "views": VIEWS, "size": SIZE, **fields}) / name
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A ball beside the origin, with a smaller one on top so that its poses cannot be confused."""
    folder = tmp_path_factory.mktemp("dataset")
    made = Model().add(ball(RADIUS, 48), "ball", at=(3, 1, -2), **plain())
    return made.add(ball(0.2, 32), "knob", at=(3.5, 1.4, -2), **plain((0, 0.6, 0, 1))).save(
        folder / "model.glb"
    )


def distance_to_surface(points):
    large = np.linalg.norm(points - [3, 1, -2], axis=1) - RADIUS
    small = np.linalg.norm(points - [3.5, 1.4, -2], axis=1) - 0.2
    return np.minimum(np.abs(large), np.abs(small))


def test_depth_and_poses_lead_back_to_the_surface(make, model):
    data = ask(make, model)
    for frame in data.frames:
        fine = distance_to_surface(data.points(frame, "depth_16bit", 65535))
        assert len(fine) > 1000
        assert fine.max() < 0.006
        coarse = distance_to_surface(data.points(frame, "depth", 255))
        assert coarse.max() < 0.02


def nearest_around(depth):
    """Per pixel the smallest depth of it and its neighbours: a point on a rim may fall one pixel aside."""
    padded = np.pad(depth, 1, constant_values=np.inf)
    height, width = depth.shape
    return np.min([padded[a : a + height, b : b + width] for a in range(3) for b in range(3)], axis=0)


def test_every_view_sees_the_points_of_the_others_where_they_are(make, model):
    data = ask(make, model)
    t = data.transforms
    first = data.points(data.frames[0], "depth_16bit", 65535)
    for frame in data.frames[1:]:
        matrix = np.linalg.inv(np.array(frame["transform_matrix"]))
        seen = first @ matrix[:3, :3].T + matrix[:3, 3]
        x = (t["cx"] + t["fl_x"] * seen[:, 0] / -seen[:, 2]).astype(int)
        y = (t["cy"] - t["fl_y"] * seen[:, 1] / -seen[:, 2]).astype(int)
        share = data.image(frame["depth_16bit_file_path"]) / 65535
        depth = share * (t["depth_far"] - t["depth_near"]) + t["depth_near"]
        depth[data.image(frame["mask_path"]) == 0] = np.inf
        behind = -seen[:, 2] - nearest_around(depth)[y, x]
        assert behind.min() > -0.03
        assert np.isfinite(behind).all()


def test_normals_are_in_world_space(make, model):
    data = ask(make, model)
    for frame in data.frames:
        points = data.points(frame, "depth_16bit", 65535)
        mask = data.image(frame["mask_path"]) > 0
        normals = data.image(frame["normal_file_path"])[mask] / 127.5 - 1
        on_large = np.abs(np.linalg.norm(points - [3, 1, -2], axis=1) - RADIUS) < 0.003
        wanted = (points[on_large] - [3, 1, -2]) / RADIUS
        assert np.abs(normals[on_large] - wanted).mean() < 0.02


def test_closer_is_darker_and_the_range_is_tight(make, model):
    data = ask(make, model)
    values = []
    for frame in data.frames:
        mask = data.image(frame["mask_path"]) > 0
        depth = data.image(frame["depth_16bit_file_path"])
        assert depth[~mask].min() == 65535
        values.append(depth[mask])
    joined = np.concatenate(values)
    assert joined.min() < 3000
    assert data.transforms["depth_far"] - data.transforms["depth_near"] < 2.2


def test_the_pictures_agree_with_the_masks_and_are_on_white(make, model):
    data = ask(make, model)
    for frame in data.frames:
        picture, mask = data.image(frame["file_path"]).astype(int), data.image(frame["mask_path"])
        assert picture.shape == (SIZE, SIZE, 3)
        assert set(np.unique(mask)) == {0, 255}
        white = (picture == 255).all(2)
        assert (white != (mask > 0)).mean() > 0.97


def test_the_zip_holds_every_folder_and_an_overview(make, model):
    data = ask(make, model)
    folders = {name.split("/")[0] for name in data.files if "/" in name}
    assert folders == {"images", "depth", "depth_16bit", "normals", "masks"}
    assert len(data.files) == 5 * VIEWS + 2
    assert data.image("depth_16bit/0000.png").dtype == np.uint16
    with Image.open(io.BytesIO(data.files["overview.webp"])) as sheet:
        assert sheet.width == sheet.height > 400


@pytest.mark.parametrize(("coverage", "lowest"), [("hemisphere", 0.0), ("sphere", -0.7)])
def test_the_coverage_decides_where_cameras_stand(make, model, coverage, lowest):
    data = ask(make, model, coverage=coverage, views=12, size=32)
    centre = np.array([3.1, 1.05, -2])
    places = np.array([frame["transform_matrix"] for frame in data.frames])[:, :3, 3] - centre
    heights = places[:, 1] / np.linalg.norm(places, axis=1)
    assert (heights.min() > 0) if coverage == "hemisphere" else (heights.min() < lowest)
    assert heights.max() > 0.8


def test_the_whole_model_is_in_every_view(make, model):
    data = ask(make, model, coverage="sphere")
    for frame in data.frames:
        mask = data.image(frame["mask_path"])
        assert mask[[0, 1, -1, -2]].max() == 0
        assert mask[:, [0, 1, -1, -2]].max() == 0
