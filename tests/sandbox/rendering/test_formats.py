from __future__ import annotations

import numpy as np
import pytest
import trimesh

from airflow_provider_render.sandbox.rendering.convert import to_glb
from airflow_provider_render.sandbox.rendering.errors import ModelError
from airflow_provider_render.sandbox.rendering.scene import Scene

from .conftest import in_child, pixels
from .models import picture

TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
CLOUD = "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"


@pytest.mark.parametrize("ending", ["obj", "stl", "ply"])
def test_a_bare_mesh_is_read(tmp_path, ending):
    trimesh.creation.box((1, 2, 3)).export(tmp_path / f"m.{ending}")
    mesh = Scene(tmp_path / f"m.{ending}", 512).mesh
    assert mesh.high - mesh.low == pytest.approx([1, 2, 3])


def test_a_bare_mesh_becomes_a_glb(tmp_path):
    trimesh.creation.box((1, 2, 3)).export(tmp_path / "m.STL", file_type="stl")
    code, events = in_child("--to-glb", tmp_path / "m.STL", tmp_path / "m.glb")
    assert (code, events[-1]["event"]) == (0, "done")
    assert Scene(tmp_path / "m.glb", 512).mesh.high == pytest.approx([0.5, 1, 1.5])


def test_a_ply_keeps_the_colours_of_its_vertices(make, tmp_path, still):
    mesh = trimesh.creation.box()
    mesh.visual.vertex_colors = np.tile([20, 200, 20, 255], (len(mesh.vertices), 1)).astype(np.uint8)
    mesh.export(tmp_path / "m.ply")
    out = make(tmp_path / "m.ply", still(), {"type": "model", "name": "m.usdz"})
    assert pixels(out)[48, 48, 1] > 2 * pixels(out)[48, 48, 0]
    assert b"primvars:displayColor" in (out / "m.usdz").read_bytes()


def test_an_obj_alone_reads_no_file_beside_it(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret.mtl").write_text("newmtl clay\nmap_Kd secret.png\n")
    (tmp_path / "secret.png").write_bytes(picture((9, 9, 9)))
    path = tmp_path / "inner" / "m.obj"
    path.write_text("mtllib ../secret.mtl\nusemtl clay\n" + TRIANGLE)
    assert not Scene(path, 512).mesh.materials[0].stacks


@pytest.mark.parametrize("name", ["chair.fbx", "chair.usdz", "chair.STEP", "chair.3ds"])
def test_a_foreign_format_is_refused_with_the_formats_that_are_read(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\3\4 or whatever")
    with pytest.raises(ModelError, match=r"files cannot be read; the engine reads \.glb, .* and \.ply"):
        Scene(tmp_path / name, 512)


def test_a_glb_is_read_whatever_its_ending(models, tmp_path):
    (tmp_path / "m.max").write_bytes((models / "box.glb").read_bytes())
    assert len(Scene(tmp_path / "m.max", 512).mesh.faces)


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("m.obj", "hello", "the OBJ file has no faces"),
        ("m.stl", "solid x", "the STL file has no faces"),
        ("m.ply", CLOUD + "end_header\n0 0 0\n", "the PLY file has no faces"),
        ("m.ply", CLOUD, "the PLY file cannot be read"),
        ("m.obj", TRIANGLE.replace("1 2 3", "1 2 9"), "."),
    ],
)
def test_a_broken_bare_mesh_is_refused_with_one_sentence(tmp_path, name, text, wanted):
    (tmp_path / name).write_text(text)
    with pytest.raises(ModelError, match=wanted) as caught:
        to_glb(tmp_path / name, tmp_path / "m.glb")
    assert "\n" not in str(caught.value)
