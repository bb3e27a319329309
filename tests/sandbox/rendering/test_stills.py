from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from airflow_provider_render.sandbox.rendering.errors import ModelError

from .models import Model, ball, box, picture, plain

FRONT = {"azimuth": 0, "elevation": 10}


def still(**fields):
    return {"type": "still", "name": "a.png", "width": 96, "height": 96, "camera": FRONT, **fields}


def pixels(folder, name="a.png"):
    with Image.open(folder / name) as image:
        return np.asarray(image).astype(int)


def covered(image):
    rows, columns = np.nonzero(image[..., 3] > 128)
    return columns.min(), columns.max(), rows.min(), rows.max()


def test_a_white_background_is_exactly_white_in_the_corners(make, models):
    image = pixels(make(models / "ball.glb", still(background="#ffffff")))
    assert (image[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()


def test_a_brand_colour_survives_the_studio(make, models):
    image = pixels(make(models / "ball.glb", still(background="#336699", shadows=False)))
    assert image[0, 0].tolist() == [0x33, 0x66, 0x99]
    red, green, blue = image[40, 44]
    assert 190 < red < 256
    assert red > 1.4 * green > 1.4 * blue


def test_no_background_means_transparent(make, models):
    image = pixels(make(models / "ball.glb", still(background=None, shadows=False)))
    assert image.shape == (96, 96, 4)
    assert image[0, 0, 3] == 0
    assert image[48, 48, 3] == 255


def test_the_shadow_lies_under_the_product_and_is_soft(make, models):
    image = pixels(make(models / "box.glb", still(background=None)))
    alpha = image[..., 3]
    below = alpha[covered(image)[3] + 2, 48]
    assert 20 < below < 230
    steps = np.abs(np.diff(alpha[-20:, :], axis=1)).max()
    assert steps < 60


@pytest.mark.parametrize(("width", "height"), [(160, 90), (96, 96), (90, 160)])
def test_the_product_fills_the_frame_with_a_margin_in_every_aspect(make, models, width, height):
    image = pixels(
        make(models / "box.glb", still(width=width, height=height, background=None, shadows=False))
    )
    left, right, top, bottom = covered(image)
    margins = np.array([left / width, 1 - (right + 1) / width, top / height, 1 - (bottom + 1) / height])
    assert 0.07 < margins.min() < 0.13
    assert abs(margins[0] - margins[1]) < 0.04
    assert abs(margins[2] - margins[3]) < 0.04


@pytest.mark.parametrize("unit", [0.001, 1000.0])
def test_millimetres_and_metres_make_the_same_picture(make, models, tmp_path, unit):
    small = Model().add(box((1.0, 0.6, 0.4)), "box", **plain())
    small.tree["nodes"][0]["scale"] = [unit] * 3
    ordinary = pixels(make(models / "box.glb", still()))
    scaled = pixels(make(small.save(tmp_path / "scaled.glb"), still()))
    assert np.abs(ordinary - scaled).mean() < 0.5


def test_the_camera_goes_around_to_the_right_hand_side(make, tmp_path):
    model = Model().add(box(), "body", **plain((0.5, 0.5, 0.5, 1)))
    model.add(ball(0.3), "marker", at=(0.6, 0, 0), **plain((0, 0.8, 0, 1)))
    side = {"azimuth": 90, "elevation": 10}
    image = pixels(make(model.save(tmp_path / "m.glb"), still(camera=side)))
    red, green, _ = image[48, 48]
    assert green > 2 * red


def test_a_texture_lies_the_right_way_up(make, tmp_path):
    model = Model()
    sheet = Image.new("RGB", (8, 8), (0, 0, 255))
    sheet.paste((255, 0, 0), (0, 0, 8, 4))
    sheet.save(tmp_path / "sheet.png")
    texture = model.texture((tmp_path / "sheet.png").read_bytes())
    points, normals, _, faces = box()
    uv = np.stack([points[:, 0] + 0.5, 0.5 - points[:, 1]], 1)
    model.add(
        (points, normals, uv, faces), pbrMetallicRoughness={"baseColorTexture": texture, "metallicFactor": 0}
    )
    image = pixels(make(model.save(tmp_path / "m.glb"), still(shadows=False)))
    assert image[36, 48, 0] > 2 * image[36, 48, 2]
    assert image[66, 48, 2] > 2 * image[66, 48, 0]


def test_a_fine_weave_does_not_alias(make, tmp_path):
    model = Model()
    checker = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
    Image.fromarray(checker).convert("RGB").save(tmp_path / "weave.png")
    texture = model.texture((tmp_path / "weave.png").read_bytes())
    model.add(box(), pbrMetallicRoughness={"baseColorTexture": texture, "metallicFactor": 0})
    image = pixels(make(model.save(tmp_path / "m.glb"), still(shadows=False)))
    assert image[40:60, 40:56].std() < 12


def test_a_cut_out_leaves_a_hole(make, tmp_path):
    model = Model()
    sheet = Image.new("RGBA", (32, 32), (200, 200, 200, 255))
    sheet.paste((0, 0, 0, 0), (8, 8, 24, 24))
    sheet.save(tmp_path / "sheet.png")
    texture = model.texture((tmp_path / "sheet.png").read_bytes())
    points, normals, uv, faces = (
        values[20:24] if len(values) == 24 else values[10:12] - 20 for values in box()
    )
    plane = (points, normals, uv, faces)
    colour = {"baseColorTexture": texture, "metallicFactor": 0}
    model.add(plane, doubleSided=True, alphaMode="MASK", pbrMetallicRoughness=colour)
    image = pixels(make(model.save(tmp_path / "m.glb"), still(background=None, shadows=False)))
    assert image[48, 48, 3] == 0
    assert image[48, 16, 3] == 255


def test_glass_lets_through_what_is_behind(make, tmp_path):
    model = Model().add(ball(0.3), "core", **plain((0.9, 0, 0, 1)))
    model.add(box(), "glass", alphaMode="BLEND", **plain((1, 1, 1, 0.2), 0.1))
    image = pixels(make(model.save(tmp_path / "m.glb"), still(background=None, shadows=False)))
    assert image[50, 48, 0] > 1.5 * image[50, 48, 1]
    assert image[50, 48, 3] == 255
    assert 30 < image[22, 48, 3] < 220


def test_the_reflector_mirrors_the_product_below_it(make, models):
    bare = {"background": None, "shadows": False}
    plainly = pixels(make(models / "box.glb", still(**bare)))
    mirrored = pixels(make(models / "box.glb", still(reflector=True, **bare)))
    row = covered(plainly)[3] + 4
    assert plainly[row, 48, 3] == 0
    assert 20 < mirrored[row, 48, 3] < 120
    assert mirrored[row, 48, 0] > 1.5 * mirrored[row, 48, 2]


def test_a_variant_changes_one_material_only(make, tmp_path):
    model = Model().add(box(), "fabric", at=(-0.6, 0, 0), **plain())
    model.add(box(), "frame", at=(0.6, 0, 0), **plain())
    path = model.save(tmp_path / "m.glb")
    image = pixels(make(path, still(materials={"fab*": {"color": "#1030d0"}})))
    assert image[48, 30, 2] > 2 * image[48, 30, 0]
    assert image[48, 66, 0] > 2 * image[48, 66, 2]


def test_a_variant_keeps_the_pattern_of_a_texture(make, tmp_path):
    model = Model()
    texture = model.texture(picture((200, 180, 160)))
    model.add(box(), "fabric", pbrMetallicRoughness={"baseColorTexture": texture, "metallicFactor": 0})
    image = pixels(make(model.save(tmp_path / "m.glb"), still(materials={"*": {"color": "#1030d0"}})))
    assert image[50, 48, 2] > 3 * image[50, 48, 0]


def test_layers_of_one_product_lie_on_each_other(make, tmp_path):
    model = Model().add(box(), "left", at=(-0.6, 0, 0), **plain())
    model.add(box(), "right", at=(0.6, 0, 0), **plain())
    bare = {"background": None, "shadows": False}
    path = model.save(tmp_path / "m.glb")
    out = make(
        path,
        still(name="all.png", **bare),
        still(name="l.png", parts=["left"], **bare),
        still(name="r.png", parts=["right"], **bare),
    )
    whole, left, right = (pixels(out, name)[..., 3] for name in ("all.png", "l.png", "r.png"))
    assert np.abs(np.maximum(left, right) - whole).max() < 140
    assert np.abs(np.maximum(left, right) - whole).mean() < 0.6
    assert left[48, 66] == 0


def test_parts_that_do_not_exist_are_named_in_the_error(make, models):
    with pytest.raises(ModelError, match="is called wheel"):
        make(models / "box.glb", still(parts=["wheel"]))


def test_an_image_background_is_cropped_at_its_anchor(make, models, tmp_path):
    sheet = Image.new("RGB", (200, 50), (0, 200, 0))
    sheet.paste((200, 0, 0), (0, 0, 50, 50))
    sheet.save(tmp_path / "bg.png")
    for align, wanted in (("top-left", [200, 0, 0]), ("right", [0, 200, 0])):
        background = {"image": str(tmp_path / "bg.png"), "align": align}
        image = pixels(make(models / "ball.glb", still(background=background)))
        assert image[2, 2].tolist() == wanted


def test_the_ending_of_the_name_decides_the_format(make, models):
    out = make(models / "ball.glb", still(name="a.webp"), still(name="b.jpg"), still(name="c.png"))
    for name, kind in (("a.webp", "WEBP"), ("b.jpg", "JPEG"), ("c.png", "PNG")):
        with Image.open(out / name) as image:
            assert image.format == kind


@pytest.mark.parametrize("background", ["#000000", "#808080", "#ffffff"])
def test_a_watermark_can_be_read_on_every_background(make, models, background):
    plain_, marked = still(name="a.png"), still(name="b.png", watermark="PREVIEW")
    out = make(models / "ball.glb", *({**each, "background": background} for each in (plain_, marked)))
    changed = np.abs(pixels(out, "a.png") - pixels(out, "b.png")).max(2) > 40
    assert 0.01 < changed.mean() < 0.3
    middle = changed[
        changed.shape[0] // 4 : -changed.shape[0] // 4, changed.shape[1] // 4 : -changed.shape[1] // 4
    ]
    assert middle.any()


def test_smooth_normals_are_found_for_a_model_without_any(make, models, tmp_path):
    bare = Model().add(ball(), "ball", normals=False, **plain()).save(tmp_path / "bare.glb")
    difference = pixels(make(bare, still())) - pixels(make(models / "ball.glb", still()))
    assert np.abs(difference).mean() < 1.5


def test_the_same_job_makes_the_same_bytes(make, models):
    first = (make(models / "box.glb", still()) / "a.png").read_bytes()
    assert (make(models / "box.glb", still()) / "a.png").read_bytes() == first
