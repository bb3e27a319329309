from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import ValidationError

from airflow_provider_render.sandbox import rendering
from airflow_provider_render.sandbox.rendering.assembly import placing
from airflow_provider_render.sandbox.rendering.errors import ModelError
from airflow_provider_render.sandbox.rendering.scene import Scene
from airflow_provider_render.sandbox.rendering.spec import PlacedModel, RenderSpec

from .conftest import in_child, pixels
from .models import Model, box, picture, plain

BARE = {"background": None, "shadows": False}
SEAT = (32, 48)


def strongest(colour):
    return ["red", "green", "blue"][int(np.argmax(colour[:3]))]


def test_a_variant_shows_its_own_materials_and_no_variant_the_models_own(make, models, still):
    out = make(
        models / "fabrics.glb",
        still(name="own.png"),
        still(name="blue.png", variant="Blue"),
        still(name="green.png", variant="Green"),
    )
    shown = {name: pixels(out, f"{name}.png") for name in ("own", "blue", "green")}
    assert [strongest(image[SEAT]) for image in shown.values()] == ["red", "blue", "green"]
    assert np.abs(shown["own"][70:] - shown["blue"][70:]).max() < 12


def test_an_unknown_variant_is_refused_with_the_names_that_there_are(make, models, still):
    with pytest.raises(ModelError, match="no variant called 'Pink': it has Blue, Green"):
        make(models / "fabrics.glb", still(variant="Pink"))
    with pytest.raises(ModelError, match="it has none"):
        make(models / "box.glb", still(variant="Pink"))


def test_a_change_of_material_reaches_the_variants_material(make, models, still):
    change = {"seat Blue": {"color": "#00ff00"}}
    assert strongest(pixels(make(models / "fabrics.glb", still(variant="Blue", materials=change)))[SEAT]) == (
        "green"
    )


@pytest.mark.parametrize(
    ("mapping", "wanted"),
    [
        ({"material": 99, "variants": [0]}, "refers to materials 99"),
        ({"material": 0, "variants": [7]}, "refers to variant 7, but the file has 2"),
        ({"material": 0, "variants": "x"}, "."),
    ],
)
def test_a_broken_variant_is_refused_with_one_sentence(models, tmp_path, mapping, wanted):
    broken = Model().add(box(), "seat", **plain()).offer("seat", A=plain(), B=plain())
    primitive = broken.tree["meshes"][0]["primitives"][0]
    primitive["extensions"]["KHR_materials_variants"]["mappings"].append(mapping)
    with pytest.raises(ModelError, match=wanted):
        Scene(broken.save(tmp_path / "m.glb"), 512)


def test_names_are_listed_without_a_render(models, tmp_path):
    path = models / "fabrics.glb"
    assert rendering.variants(path) == ["Blue", "Green"]
    assert rendering.materials(str(path)) == ["seat", "legs", "seat Blue", "seat Green"]
    assert rendering.nodes(path) == ["seat", "legs"]
    tree = {"nodes": [{}, {"name": "arm"}], "materials": [{}]}
    (tmp_path / "m.gltf").write_text(json.dumps(tree), encoding="utf-8-sig")
    assert rendering.nodes(tmp_path / "m.gltf") == ["node 0", "arm"]
    assert rendering.materials(tmp_path / "m.gltf") == ["material 0"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"glTF",
        b"glTF" + b"\xff" * 16 + b"JSON",
        b"solid chair",
        b'glTF\2\0\0\0\x20\0\0\0\x08\0\0\0JSON{"nodes"',
        b"glTF\2\0\0\0\x20\0\0\0\x04\0\0\0JSON[1]]",
        b'glTF\2\0\0\0\x20\0\0\0\x10\0\0\0JSON{"nodes":["x"]}',
    ],
)
def test_a_broken_file_lists_no_names(tmp_path, data):
    for name in ("m.glb", "m.gltf"):
        (tmp_path / name).write_bytes(data)
        assert rendering.variants(tmp_path / name) == rendering.nodes(tmp_path / name) == []
    assert rendering.materials(tmp_path / "none.glb") == []


def test_models_stand_where_they_are_placed(make, models, still):
    scene = [
        {"model": str(models / "ball.glb"), "position": [-1, 0, 0], "materials": {"*": {"color": "#0000ff"}}},
        {"model": str(models / "ball.glb"), "position": [1, 0, 0]},
    ]
    image = pixels(make(scene, still(width=192, **BARE)))
    assert strongest(image[48, 40]) == "blue"
    assert strongest(image[48, 152]) == "red"
    assert image[48, 96, 3] == 0


def test_a_turned_and_scaled_model_has_the_extent_it_should(models):
    placed = PlacedModel(model=str(models / "box.glb"), rotation=(0, 0, 90), scale=2, position=(0, 5, 0))
    mesh = Scene([placed], 512).mesh
    assert mesh.low == pytest.approx([-0.6, 4, -0.4], abs=1e-5)
    assert mesh.high == pytest.approx([0.6, 6, 0.4], abs=1e-5)
    assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1, abs=1e-4)


def test_rotations_are_applied_about_x_then_y_then_z():
    matrix = placing(PlacedModel(model="m", rotation=(90, 90, 0), position=(1, 2, 3)))
    assert matrix @ (0, 1, 0, 1) == pytest.approx([2, 2, 3, 1])
    matrix = placing(PlacedModel(model="m", rotation=(0, 90, 90)))
    assert matrix @ (1, 0, 0, 1) == pytest.approx([0, 0, -1, 1])


def test_parts_and_variant_of_a_placed_model_are_its_own(make, models, still):
    path = str(models / "fabrics.glb")
    scene = [
        {"model": path, "position": [-1, 0, 0], "variant": "Blue", "parts": ["seat"]},
        {"model": path, "position": [1, 0, 0]},
    ]
    image = pixels(make(scene, still(width=192, **BARE)))
    assert strongest(image[32, 52]) == "blue"
    assert strongest(image[32, 140]) == "red"
    assert image[66, 52, 3] == 0
    assert image[66, 140, 3] == 255


def test_a_pictures_variant_applies_to_every_model_that_has_it(make, models, still):
    scene = [
        {"model": str(models / "fabrics.glb"), "position": [-1, 0, 0], "variant": "Blue"},
        {"model": str(models / "ball.glb"), "position": [1, 0.3, 0]},
    ]
    image = pixels(make(scene, still(width=192, variant="Green", **BARE)))
    assert strongest(image[32, 52]) == "green"
    assert strongest(image[48, 150]) == "red"


def test_one_broken_model_of_a_scene_fails_the_job_with_its_sentence(make, models, still, tmp_path):
    (tmp_path / "bad.glb").write_bytes((models / "ball.glb").read_bytes()[:100])
    scene = [{"model": str(models / "ball.glb")}, {"model": str(tmp_path / "bad.glb")}]
    with pytest.raises(ModelError, match="truncated"):
        make(scene, still())


def test_a_scene_of_too_many_triangles_is_refused(models, monkeypatch):
    monkeypatch.setattr("airflow_provider_render.sandbox.rendering.assembly.MOST_TRIANGLES", 3000)
    ball = PlacedModel(model=str(models / "ball.glb"))
    assert Scene([ball], 512).mesh.materials
    with pytest.raises(ModelError, match="the scene has more than 3000 triangles"):
        Scene([ball, ball], 512)


def test_textures_of_a_scene_are_smaller_the_more_models_it_has(tmp_path):
    placed = []
    for number in range(5):
        model = Model()
        texture = model.texture(picture((90, 90, 90), (1024, 1024)))
        model.add(box(), pbrMetallicRoughness={"baseColorTexture": texture})
        placed.append(PlacedModel(model=str(model.save(tmp_path / f"{number}.glb"))))
    assert Scene(placed[:1], 1024).mesh.materials[0].stacks[0].size == (1024, 1024)
    assert {m.stacks[0].size for m in Scene(placed, 1024).mesh.materials} == {(256, 256)}


@pytest.mark.parametrize(
    "shown", [{}, {"model": "a.glb", "scene": [{"model": "a.glb"}]}, {"scene": []}, {"scene": [{}]}]
)
def test_a_spec_has_either_a_model_or_a_scene(shown, still):
    with pytest.raises(ValidationError):
        RenderSpec.model_validate({**shown, "output": "o", "products": [still()]})


def test_a_free_camera_sees_what_it_looks_at(make, models, still):
    scene = [
        {"model": str(models / "ball.glb"), "position": [0, 0, -3]},
        {"model": str(models / "ball.glb"), "position": [3, 0, 0], "materials": {"*": {"color": "#0000ff"}}},
    ]
    ahead = {"type": "free", "position": [0, 0, 0], "target": [0, 0, -3], "fov": 40}
    aside = {**ahead, "target": [3, 0, 0]}
    out = make(scene, still(camera=ahead, **BARE), still(name="b.png", camera=aside, **BARE))
    assert strongest(pixels(out)[48, 48]) == "red"
    assert strongest(pixels(out, "b.png")[48, 48]) == "blue"
    rows = np.flatnonzero(pixels(out)[:, 48, 3] > 128)
    wanted = 96 * np.tan(np.arcsin(0.5 / 3)) / np.tan(np.radians(20))
    assert len(rows) == pytest.approx(wanted, abs=2)


def test_a_free_camera_may_look_straight_down(make, models, still):
    scene = [
        {"model": str(models / "ball.glb"), "scale": 0.5},
        {"model": str(models / "ball.glb"), "scale": 0.5, "position": [1, 0, 0]},
    ]
    camera = {"type": "free", "position": [0, 4, 0], "target": [0, 0, 0], "fov": 40}
    image = pixels(make(scene, still(camera=camera, **BARE)))
    assert image[48, 48, 3] == 255
    assert image[48, 80, 3] == 255
    assert image[16, 48, 3] == image[48, 16, 3] == 0


def test_a_camera_inside_the_product_still_makes_a_picture(make, models, still):
    camera = {"type": "free", "position": [0.1, 0, 0.1], "target": [0, 0, -3]}
    assert pixels(make(models / "ball.glb", still(camera=camera))).shape == (96, 96, 3)


def test_a_camera_must_look_somewhere(tmp_path, still):
    camera = {"type": "free", "position": [1, 1, 1], "target": [1, 1, 1]}
    spec = {"model": "m.glb", "output": str(tmp_path), "products": [still(camera=camera)]}
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    code, events = in_child(tmp_path / "spec.json")
    assert code == 1
    assert "the same point" in events[-1]["error"]


def test_a_spec_survives_its_own_json(still):
    spec = {"model": "m.glb", "output": "o", "products": [still(**{"pass": "color"}, room={}, tone="filmic")]}
    parsed = RenderSpec.model_validate(spec)
    assert '"pass":"color"' in parsed.model_dump_json()
    assert RenderSpec.model_validate_json(parsed.model_dump_json()) == parsed


def test_film_deepens_shadows_and_softens_highlights(make, tmp_path, still):
    model = Model().add(box(), "light", at=(-0.7, 0, 0), **plain((1, 1, 1, 1)))
    path = model.add(box(), "dark", at=(0.7, 0, 0), **plain((0.02, 0.02, 0.02, 1))).save(tmp_path / "m.glb")
    out = make(path, still(**BARE), still(name="film.png", tone="filmic", **BARE))
    plainly, film = pixels(out), pixels(out, "film.png")
    assert (plainly[..., 3] == film[..., 3]).all()
    assert film[50, 28, 0] < plainly[50, 28, 0] - 5
    assert film[50, 68, 0] < plainly[50, 68, 0] - 5


def test_film_leaves_the_background_alone(make, models, still):
    image = pixels(make(models / "ball.glb", still(background="#336699", shadows=False, tone="filmic")))
    assert image[0, 0].tolist() == [0x33, 0x66, 0x99]


def test_a_colour_pass_is_flat_on_black_and_tells_materials_apart(make, models, still):
    mask = {"pass": "color", "watermark": "PREVIEW", "background": "#ffffff"}
    image = pixels(make(models / "fabrics.glb", still(**mask), still(name="beauty.png")))
    colours = {tuple(colour) for colour in image.reshape(-1, 3).tolist()}
    assert len(colours) == 3
    assert (0, 0, 0) in colours
    assert tuple(image[0, 0]) == (0, 0, 0)
    assert tuple(image[SEAT]) != tuple(image[66, 48])


def test_a_colour_pass_gives_two_of_the_same_model_two_colours(make, models, still):
    ball = str(models / "ball.glb")
    scene = [{"model": ball, "position": [x, 0, 0]} for x in (-1, 1)]
    image = pixels(make(scene, still(width=192, **{"pass": "color"})))
    assert tuple(image[48, 40]) != tuple(image[48, 152])
