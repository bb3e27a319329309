from __future__ import annotations

import io
import json
import re
import struct
import zipfile

import numpy as np
import pytest
import trimesh
from PIL import Image
from pydantic import ValidationError

from airflow_provider_render.sandbox import rendering
from airflow_provider_render.sandbox.rendering.errors import ModelError
from airflow_provider_render.sandbox.rendering.scene import Scene
from airflow_provider_render.sandbox.rendering.spec import ModelExport

from .conftest import in_child, pixels
from .models import Model, ball, box, picture, plain


def export(name, **fields):
    return {"type": "model", "name": name, **fields}


def tree_of(path):
    data = path.read_bytes()
    return json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])


@pytest.fixture
def pair(models):
    """A scene of two models, one of them turned and recoloured."""
    changed = {"*": {"color": "#2040ff", "roughness": 0.3}}
    return [
        {
            "model": str(models / "box.glb"),
            "position": [-1, 0, 0],
            "rotation": [0, 40, 10],
            "scale": 1.5,
            "materials": changed,
        },
        {"model": str(models / "fabrics.glb"), "position": [1, 0, 0], "variant": "Green"},
    ]


@pytest.fixture
def textured(tmp_path):
    """A box whose base colour, normals and roughness come from textures, placed by a transform."""
    model = Model()
    moved = {"KHR_texture_transform": {"offset": [0.25, 0.5], "scale": [2, 1]}}
    base = {**model.texture(picture((200, 120, 40))), "extensions": moved}
    surface, normal = model.texture(picture((0, 128, 255))), model.texture(picture((128, 128, 255)))
    pbr = {"baseColorTexture": base, "metallicRoughnessTexture": surface, "baseColorFactor": [1, 0.5, 1, 1]}
    model.add(box(), "crate", pbrMetallicRoughness=pbr, normalTexture={**normal, "scale": 0.5})
    return model.save(tmp_path / "crate.glb")


def test_an_unchanged_glb_is_copied_byte_for_byte(make, models):
    out = make(models / "fabrics.glb", export("m.glb"))
    assert (out / "m.glb").read_bytes() == (models / "fabrics.glb").read_bytes()


def test_an_exported_scene_looks_like_the_scene(make, pair, still):
    shot = make(pair, still(), export("scene.glb"))
    picture_of_scene = pixels(shot)
    again = pixels(make(shot / "scene.glb", still(name="b.png")), "b.png")
    assert np.abs(picture_of_scene - again).mean() < 0.5


def test_an_exported_variant_is_what_the_model_then_shows_and_no_choice_is_left(make, models, still):
    out = make(
        models / "fabrics.glb", export("blue.glb", variant="Blue"), still(name="b.png", variant="Blue")
    )
    assert rendering.variants(out / "blue.glb") == []
    assert "extensionsUsed" not in tree_of(out / "blue.glb")
    wanted = pixels(out, "b.png")
    assert np.abs(wanted - pixels(make(out / "blue.glb", still()))).max() <= 1


def test_an_exported_scene_keeps_the_choice_of_variants(make, models, still):
    scene = [
        {"model": str(models / "fabrics.glb"), "position": [x, 0, 0], "variant": "Green"} for x in (-1, 1)
    ]
    out = make(scene, export("m.glb"), still(name="b.png", variant="Blue"))
    assert rendering.variants(out / "m.glb") == ["Blue", "Green"]
    wanted = pixels(out, "b.png")
    assert np.abs(wanted - pixels(make(out / "m.glb", still(variant="Blue")))).mean() < 0.5


@pytest.mark.parametrize(
    "change", [{"color": "#3060c0"}, {"color": "#ffffff"}, {"roughness": 0.2, "metallic": 1}]
)
def test_a_change_of_material_looks_the_same_in_the_export(make, textured, still, change):
    changes = {"crate": change}
    out = make(textured, still(name="b.png", materials=changes), export("m.glb", materials=changes))
    wanted = pixels(out, "b.png")
    assert np.abs(wanted - pixels(make(out / "m.glb", still()))).mean() < 1


def test_exported_parts_are_only_those(make, models, tmp_path):
    twice = Model().add(box(), "left", **plain())
    twice.tree["nodes"].append({"name": "right", "mesh": 0, "translation": [3, 0, 0]})
    twice.tree["scenes"][0]["nodes"].append(1)
    out = make(twice.save(tmp_path / "m.glb"), export("right.glb", parts=["right"]))
    assert Scene(out / "right.glb", 512).mesh.low[0] == pytest.approx(2.5)
    with pytest.raises(ModelError, match="is called wheel"):
        make(models / "box.glb", export("m.stl", parts=["wheel"]))


def test_a_model_without_names_and_materials_can_be_changed_and_exported(make, tmp_path, still):
    bare = Model().add(box(), "x", **plain())
    del bare.tree["nodes"][0]["name"], bare.tree["meshes"][0]["name"], bare.tree["materials"]
    del bare.tree["meshes"][0]["primitives"][0]["material"]
    changes = {"default": {"color": "#00ff00"}}
    path = bare.save(tmp_path / "bare.glb")
    out = make(path, export("m.glb", materials=changes, parts=["node 0"]), export("m.usdz"))
    image = pixels(make(out / "m.glb", still()))
    assert image[48, 48, 1] > 2 * image[48, 48, 0]


@pytest.mark.parametrize("name", ["m.stl", "m.obj", "m.zip"])
def test_other_programs_read_the_same_triangles(make, pair, name):
    out = make(pair, export(name), export("m.glb"))
    meshes = trimesh.load_scene(out / name, process=False)
    mesh = Scene(out / "m.glb", 512).mesh
    assert sum(len(one.faces) for one in meshes.geometry.values()) == 36
    assert meshes.bounds == pytest.approx(np.stack([mesh.low, mesh.high]), abs=1e-5)


def test_an_stl_is_binary_and_looks_outwards(make, models):
    data = (make(models / "ball.glb", export("m.stl")) / "m.stl").read_bytes()
    count = struct.unpack_from("<I", data, 80)[0]
    assert len(data) == 84 + 50 * count
    assert not data.startswith(b"solid")
    assert trimesh.load(io.BytesIO(data), file_type="stl").volume == pytest.approx(np.pi / 6, rel=0.02)


def dxf_pairs(path):
    lines = path.read_text("ascii").splitlines()
    return [(int(code), value) for code, value in zip(lines[::2], lines[1::2], strict=True)]


def test_a_dxf_holds_a_face_per_triangle_on_its_materials_layer(make, models):
    pairs = dxf_pairs(make(models / "fabrics.glb", export("m.dxf")) / "m.dxf")
    assert pairs[-1] == (0, "EOF")
    assert sum(pair == (0, "SECTION") for pair in pairs) == sum(pair == (0, "ENDSEC") for pair in pairs) == 3
    assert sum(pair == (0, "3DFACE") for pair in pairs) == 24
    assert {value for code, value in pairs if code == 8} == {"SEAT", "LEGS"}
    assert {value for code, value in pairs if code == 2} >= {"SEAT", "LEGS", "ENTITIES"}
    heights = [float(value) for code, value in pairs if code in (20, 21, 22, 23)]
    assert (min(heights), max(heights)) == (pytest.approx(-0.2), pytest.approx(0.6))


def test_an_obj_package_carries_its_materials_and_textures(make, textured, still):
    out = make(textured, export("m.zip"), export("m.obj"))
    with zipfile.ZipFile(out / "m.zip") as archive:
        names, library = set(archive.namelist()), archive.read("model.mtl").decode()
        wanted = set(re.findall(r"^(?:map_\w+|norm) (.+)$", library, re.MULTILINE))
    assert names == {"model.obj", "model.mtl", *wanted}
    assert len(wanted) == 2
    assert "newmtl crate" in library
    assert b"mtllib" not in (out / "m.obj").read_bytes()
    image = pixels(make(out / "m.zip", still(shadows=False)))
    assert image[48, 48, 0] > 2 * image[48, 48, 2]


def usd_parts(path):
    """The layer of a USDZ and its other files, after a look at the package's own rules."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for info in archive.infolist():
            name, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
            assert (info.header_offset + 30 + name + extra) % 64 == 0
            assert info.compress_type == zipfile.ZIP_STORED
        first, *others = archive.namelist()
        assert first.endswith(".usda")
        return archive.read(first).decode(), {name: archive.read(name) for name in others}


def values(layer, declaration):
    found = re.search(rf"{re.escape(declaration)} = \[(.*?)\]", layer, re.DOTALL)
    return np.array([float(word) for word in re.findall(r"[-+\d.e]+", found[1])])


def test_a_usdz_follows_the_rules_of_the_package(make, textured):
    layer, files = usd_parts(make(textured, export("m.usdz")) / "m.usdz")
    assert layer.startswith("#usda 1.0")
    assert 'upAxis = "Y"' in layer
    assert "metersPerUnit = 1\n" in layer
    assert 'defaultPrim = "Root"' in layer
    assert layer.count("{") == layer.count("}")
    assert set(re.findall(r"@([^@]+)@", layer)) == set(files)
    assert all(Image.open(io.BytesIO(data)).format == "PNG" for data in files.values())
    paths = set(re.findall(r"<(/Root[^>.]*)", layer))
    assert {path.rpartition("/")[2] for path in paths} <= set(re.findall(r'def \w+ "(\w+)"', layer))


def test_a_usdz_has_the_models_triangles_and_coordinates_with_v_upwards(make, textured):
    layer, _ = usd_parts(make(textured, export("m.usdz")) / "m.usdz")
    assert len(values(layer, "int[] faceVertexIndices")) == 36
    points = values(layer, "point3f[] points").reshape(-1, 3)
    assert (points.min(0), points.max(0)) == (pytest.approx([-0.5] * 3), pytest.approx([0.5] * 3))
    moved, original = (values(layer, f"texCoord2f[] primvars:st{k}").reshape(-1, 2) for k in (0, 1))
    assert original[:4].tolist() == [[0, 1], [1, 1], [1, 0], [0, 0]]
    assert moved[:4].tolist() == [[0.25, 0.5], [2.25, 0.5], [2.25, -0.5], [0.25, -0.5]]


def test_a_usdz_connects_the_textures_of_a_material(make, textured):
    layer, files = usd_parts(make(textured, export("m.usdz")) / "m.usdz")
    for name, output in (("diffuseColor", "rgb"), ("roughness", "g"), ("metallic", "b"), ("normal", "rgb")):
        assert re.search(rf"inputs:{name}\.connect = </Root/Materials/crate/\w+\.outputs:{output}>", layer)
    assert "float4 inputs:scale = (1, 0.5, 1, 1)" in layer
    assert "float4 inputs:scale = (1, 1, 2, 1)" in layer
    assert len(files) == 3


def test_a_usdz_shows_variant_materials_and_parts(make, models):
    changes = {"seat Blue": {"color": "#ffffff", "roughness": 0.25}}
    wanted = export("m.usdz", variant="Blue", materials=changes, parts=["seat"])
    layer, files = usd_parts(make(models / "fabrics.glb", wanted) / "m.usdz")
    assert files == {}
    assert re.findall(r'def Mesh "(\w+)"', layer) == ["seat"]
    assert re.findall(r'def Material "(\w+)"', layer) == ["seat_Blue"]
    assert "color3f inputs:diffuseColor = (1, 1, 1)" in layer
    assert "float inputs:roughness = 0.25" in layer


def test_equal_names_become_different_prims(make, models):
    scene = [{"model": str(models / "box.glb"), "position": [x, 0, 0]} for x in (0, 2, 4)]
    layer, _ = usd_parts(make(scene, export("m.usdz")) / "m.usdz")
    assert re.findall(r'def Mesh "(\w+)"', layer) == ["box", "box_2", "box_3"]
    assert re.findall(r'def Material "(\w+)"', layer) == ["box", "box_2", "box_3"]


def test_odd_names_become_valid_prims(make, tmp_path):
    model = Model().add(ball(rings=6), '3 "Ösen" {x}', **plain())
    layer, _ = usd_parts(make(model.save(tmp_path / "m.glb"), export("m.usdz")) / "m.usdz")
    assert re.search(r'def Mesh "_3_+sen_x_"', layer)


@pytest.mark.parametrize("name", ["m.step", "m.STP"])
def test_step_is_refused_before_anything_is_made(models, tmp_path, name):
    spec = {"model": str(models / "box.glb"), "output": str(tmp_path / "out"), "products": [export("m.glb")]}
    spec["products"].append(export(name))
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    code, events = in_child(tmp_path / "spec.json")
    assert code == 1
    assert [event["event"] for event in events] == ["started", "failed"]
    assert "a B-rep), and a mesh has none" in events[-1]["error"]


def test_an_unknown_format_is_refused_by_the_spec():
    with pytest.raises(ValidationError, match=r"must end in \.glb or \.usdz"):
        ModelExport(name="m.fbx")


@pytest.mark.parametrize("name", ["m.glb", "m.usdz", "m.dxf"])
def test_the_same_export_makes_the_same_bytes(make, pair, name):
    first = (make(pair, export(name)) / name).read_bytes()
    assert (make(pair, export(name)) / name).read_bytes() == first
