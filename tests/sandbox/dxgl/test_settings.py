from __future__ import annotations

import json

import pytest

from airflow_provider_render.sandbox.dxgl import products
from airflow_provider_render.sandbox.dxgl.errors import ApiError
from airflow_provider_render.sandbox.dxgl.settings import check, from_form
from airflow_provider_render.sandbox.rendering.spec import RenderSpec

SCENE = products.Scene(scale=1.0, fps=24)

ALLOWED = [
    {},
    None,
    {"quality": "pro", "effect": "hero-spin", "sweepAngle": 1080, "easeOutRatio": 1},
    {"effect": "showcase", "amplitude": 5},
    {"effect": "zoom-orbit", "zoomStart": 3, "zoomEnd": 0.1},
    {"effect": "reveal", "scaleFrom": 0, "sweepAngle": 10},
    {
        "aspect": "9:16",
        "bgColor": "#ff8800",
        "length": 15,
        "shadows": False,
        "reflector": True,
        "easing": False,
    },
    {"length": 3.0, "rotateY": -180, "tiltX": 90},
    {"bgColor": None, "length": None},
    {"output": "dataset", "datasetQuality": "400x2048", "coverage": "sphere"},
    {"somethingNew": [1]},
]

REFUSED = [
    ("quality", "8k"),
    ("effect", "spin"),
    ("sweepAngle", 9),
    ("sweepAngle", 1081),
    ("easeOutRatio", 1.1),
    ("amplitude", 4),
    ("amplitude", 181),
    ("zoomStart", 0.05),
    ("zoomEnd", 3.1),
    ("scaleFrom", -0.1),
    ("aspect", "4:3"),
    ("bgColor", "ff8800"),
    ("bgColor", "#fff"),
    ("length", 2),
    ("length", 16),
    ("length", 4.5),
    ("length", "6"),
    ("length", True),
    ("shadows", "yes"),
    ("reflector", 1),
    ("rotateY", 181),
    ("tiltX", -91),
    ("bgAlign", "somewhere"),
    ("output", "hologram"),
    ("datasetQuality", "10x10"),
    ("coverage", "cube"),
]


@pytest.mark.parametrize("sent", ALLOWED, ids=json.dumps)
def test_documented_settings_become_a_job_that_the_renderer_accepts(sent):
    made = products.wanted(check(sent), SCENE)
    assert RenderSpec.model_validate({"model": "m.glb", "output": "out", "products": made})


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_a_value_out_of_range_is_refused_by_its_name(field, value):
    with pytest.raises(ApiError, match=rf"^renderSettings\.{field}: ") as refused:
        check({field: value})
    assert refused.value.code == "invalid_settings"


@pytest.mark.parametrize("sent", [[], "text", 5])
def test_settings_must_be_an_object(sent):
    with pytest.raises(ApiError, match="must be an object"):
        check(sent)


def test_the_form_field_must_be_json():
    assert from_form(None) is None
    with pytest.raises(ApiError, match="not JSON"):
        from_form("{aspect")


@pytest.mark.parametrize(
    ("sent", "size", "main"),
    [
        ({}, (1920, 1080), "video.mp4"),
        ({"aspect": "9:16"}, (1080, 1920), "video.mp4"),
        ({"quality": "4k"}, (3840, 2160), "video.mp4"),
        ({"quality": "pro", "aspect": "1:1"}, (2160, 2160), "video.mov"),
    ],
)
def test_the_tier_decides_size_and_codec(sent, size, main):
    [video] = products.wanted(check(sent), SCENE)
    assert (video["width"], video["height"]) == size
    assert video["encodings"][0]["name"] == main


def test_only_pro_is_transparent():
    [video] = products.wanted(check({"quality": "pro"}), SCENE)
    assert [encoding.get("alpha", False) for encoding in video["encodings"]] == [True, False, False]


@pytest.mark.parametrize(("tier", "views", "size"), [("100x800", 100, 800), ("196x1024", 196, 1024)])
def test_a_dataset_has_the_views_of_its_tier(tier, views, size):
    dataset = products.wanted(check({"output": "dataset", "datasetQuality": tier}), SCENE)[-1]
    assert (dataset["views"], dataset["size"]) == (views, size)


def test_the_smallest_scale_still_gives_pictures():
    scene = products.Scene(scale=0.001, fps=1)
    made = [*products.wanted(check({}), scene), products.preview(0.001)]
    assert RenderSpec.model_validate({"model": "m.glb", "output": "out", "products": made})
