"""The small picture that goes with a model."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from airflow_provider_render.vendors.imagine import mesh, thumbnail
from tests.sandbox.shapes import corrupt_glb, glb, obj_zip
from tests.vendors.desk import Bytes

GROUND = thumbnail.GROUND


def picture(content, name="model.glb"):
    made = thumbnail.thumbnail(Bytes(name, content))
    return made and np.asarray(Image.open(io.BytesIO(made)).convert("RGB"))


def covered(pixels):
    return (pixels != np.array(GROUND)).any(axis=2)


def container(document, binary=b""):
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body = (
        struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    )
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def triangle(points=((0, 0, 0), (1, 0, 0), (0, 1, 0)), **changes):
    document = {
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": len(points), "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 12 * len(points)}],
    }
    binary = b"".join(struct.pack("<3f", *point) for point in points)
    return container({**document, **changes}, binary)


def test_a_model_is_seen_whole_and_in_the_middle():
    seen = covered(picture(glb()))
    rows, columns = np.where(seen.any(axis=1))[0], np.where(seen.any(axis=0))[0]
    assert seen.shape == (256, 256)
    assert max(np.ptp(rows), np.ptp(columns)) > 200
    assert abs(rows.min() + rows.max() - 255) <= 3
    assert abs(columns.min() + columns.max() - 255) <= 3
    assert not seen[:, 0].any()


def test_sides_are_lit_differently_and_wear_the_colour_of_their_material():
    box = trimesh.creation.box((1, 1, 1))
    box.visual = trimesh.visual.TextureVisuals(
        material=trimesh.visual.material.PBRMaterial(baseColorFactor=[255, 0, 0, 255])
    )
    pixels = picture(box.export(file_type="glb"))
    shades = {tuple(shade) for shade in pixels[covered(pixels)]}
    assert len(shades) == 3
    assert all(red > 100 and green == blue == 0 for red, green, blue in shades)


def test_what_is_nearer_hides_what_is_farther():
    scene = trimesh.Scene()
    for colour, at in (([0, 0, 255, 255], -4), ([255, 0, 0, 255], 4)):
        ball = trimesh.creation.icosphere(radius=1.0)
        material = trimesh.visual.material.PBRMaterial(baseColorFactor=colour)
        ball.visual = trimesh.visual.TextureVisuals(material=material)
        flat = np.cos(thumbnail.PITCH)
        towards = (np.sin(thumbnail.YAW) * flat, np.sin(thumbnail.PITCH), np.cos(thumbnail.YAW) * flat)
        place = trimesh.transformations.translation_matrix(np.multiply(at, towards))
        scene.add_geometry(ball, transform=place)
    pixels = picture(scene.export(file_type="glb"))
    assert pixels[128, 128][0] > 100
    assert pixels[128, 128][2] == 0


def test_a_dense_model_is_thinned_out_without_holes(monkeypatch):
    monkeypatch.setattr(mesh, "MOST_TRIANGLES", 4000)
    ball = trimesh.creation.icosphere(subdivisions=5)
    content = ball.export(file_type="glb")
    assert len(ball.faces) == 20480
    assert len(list(mesh.triangles(io.BytesIO(content)))) <= 4000
    seen = covered(picture(content))
    assert seen.sum() > 0.97 * np.pi * 114**2


def test_only_positions_and_indices_are_read():
    class Watched(io.BytesIO):
        taken = 0

        def read(self, size=-1):
            data = super().read(size)
            self.taken += len(data)
            return data

    content = glb()
    padded = Watched(content + b"\0" * 5_000_000)
    assert len(list(mesh.triangles(padded))) == 12
    assert padded.taken <= len(content)


@pytest.mark.parametrize(
    "transform",
    [
        {"translation": [5, 5, 5], "scale": [2, 2, 2]},
        {"matrix": [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 5, 5, 5, 1]},
    ],
)
def test_a_node_puts_its_mesh_in_place(transform):
    content = triangle(nodes=[{"mesh": 0, **transform}])
    (found,) = mesh.triangles(io.BytesIO(content))
    assert found.corners == ((5, 5, 5), (7, 5, 5), (5, 7, 5))


def test_a_turned_node_turns_its_children():
    half = 0.5**0.5
    nodes = [{"rotation": [0, 0, half, half], "children": [1]}, {"mesh": 0, "translation": [1, 0, 0]}]
    (found,) = mesh.triangles(io.BytesIO(triangle(nodes=nodes)))
    assert np.allclose(found.corners, [(0, 1, 0), (0, 2, 0), (-1, 1, 0)])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        corrupt_glb(),
        triangle()[:-8],
        triangle(points=[]),
        triangle(nodes=[{"mesh": 0, "children": [0]}]),
        triangle(nodes=[{"mesh": 0, "children": [0] * 300}]),
        triangle(points=[(float("nan"), 0, 0)] * 3),
        triangle(points=[(1e30, 0, 0), (0, 1e38, 0), (-1e38, 0, 0)]),
        triangle(nodes=[{"mesh": 7}]),
        triangle(accessors=[{"componentType": 5126, "count": 3, "type": "VEC3"}]),
        triangle(bufferViews=[{"buffer": 1, "byteLength": 36}]),
        triangle(accessors=[{"bufferView": 0, "componentType": 5126, "count": 10**9, "type": "VEC3"}]),
        triangle(scenes=[{"nodes": []}]),
        container([]),
        container({"scenes": "x"}),
    ],
)
def test_what_cannot_be_drawn_gives_no_picture_or_an_empty_one(content):
    made = picture(content)
    assert made is None or made.shape == (256, 256, 3)


def test_other_formats_have_no_picture():
    assert picture(obj_zip(), "scan.zip") is None
    assert picture(glb(), "chair.gltf") is None


def test_a_source_that_cannot_be_read_has_no_picture():
    class Gone(Bytes):
        def open(self):
            raise RuntimeError("the storage is away")

    assert thumbnail.thumbnail(Gone("model.glb")) is None


def test_a_model_of_huge_triangles_ends_in_time(monkeypatch):
    monkeypatch.setattr(thumbnail, "MOST_PIXELS", 200_000)
    points = [(0, 0, 0), (1, 0, 0), (0, 1, 0)] * 2000
    looked = []
    draw = thumbnail._Canvas.draw
    monkeypatch.setattr(thumbnail._Canvas, "draw", lambda *call: looked.append(1) or draw(*call))
    assert picture(triangle(points=points)) is not None
    assert len(looked) < 20


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_never_stops_an_upload(data):
    content = bytearray(triangle())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    made = thumbnail.thumbnail(Bytes("model.glb", bytes(content)))
    assert made is None or made.startswith(b"\x89PNG")
