"""Settings are checked before anything is sent, also as a catalog's cells have them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from airflow_provider_render.core.errors import SettingsError
from airflow_provider_render.vendors.imagine.settings import ALLOWED, NAMES, placement
from tests.vendors.imagine.account import VENDOR


@pytest.mark.parametrize(
    "given",
    [
        ["360", "silo"],
        ("silo", "360", "silo"),
        "silo,360",
        " Silo ; 360 ",
        "silo 360",
        '["silo", 360]',
        [360, "silo"],
        ["Product Image", "360_degree_spin"],
        ["spin", "silo"],
    ],
)
def test_content_is_a_list_or_a_cell(given):
    assert VENDOR.settings({"content": given}) == {"content": ["360", "silo"]}


@pytest.mark.parametrize(
    ("given", "kind"), [("Product Image", "silo"), (360, "360"), ("3d", "viewer"), ("AR", "ar")]
)
def test_one_type_may_be_given_alone(given, kind):
    assert VENDOR.settings({"content": given}) == {"content": [kind]}


def test_silo_pictures_are_made_where_nothing_is_said():
    assert VENDOR.settings({}) == {}
    assert VENDOR.canonical({}) == {"content": ["silo"]}
    assert VENDOR.canonical({"content": ["silo"]}) == VENDOR.canonical({})


def test_a_scene_is_read_from_cells():
    row = {
        "scene_id": "7550",
        "cameras": "8152586, 8152584 8152586",
        "position": "0; 1.5; -2",
        "rotation": "[0, 90, 0]",
        "material_id": "500",
        "units": "cm",
        "content": "",
    }
    assert VENDOR.settings(row) == {
        "scene_id": 7550,
        "cameras": [8152586, 8152584],
        "position": [0.0, 1.5, -2.0],
        "rotation": [0.0, 90.0, 0.0],
        "material_id": 500,
        "units": "cm",
    }


def test_equal_scenes_have_one_canonical_form():
    one = VENDOR.canonical(VENDOR.settings({"scene_id": 7550, "cameras": [2, 1], "position": [0, 0, 1.0]}))
    other = VENDOR.canonical(
        VENDOR.settings({"scene_id": "7550", "cameras": "1 2", "position": "0 0 1", "units": "inches"})
    )
    assert one == other
    assert VENDOR.canonical(one) == one
    assert VENDOR.fingerprint("a", one) != VENDOR.fingerprint("a", {**one, "scene_id": 1})


def test_a_single_camera_may_be_given_alone():
    assert VENDOR.settings({"scene_id": 1, "cameras": 5})["cameras"] == [5]
    assert VENDOR.settings({"scene_id": 1, "cameras": "5"})["cameras"] == [5]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", ["sila"]),
        ("content", []),
        ("content", {"silo": True}),
        ("content", True),
        ("content", "[silo"),
        ("scene_id", 0),
        ("scene_id", True),
        ("scene_id", "x"),
        ("scene_id", 1.5),
        ("cameras", []),
        ("cameras", [0]),
        ("cameras", "a,b"),
        ("cameras", [[1]]),
        ("position", [1, 2]),
        ("position", "1 2 3 4"),
        ("position", [1, 2, float("nan")]),
        ("rotation", "up"),
        ("material_id", -1),
        ("units", 5),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_what_is_allowed(field, value):
    scene = {} if field == "content" else {"scene_id": 1, "cameras": [1]}
    with pytest.raises(SettingsError) as caught:
        VENDOR.settings({**scene, field: value})
    assert f"{field}: " in str(caught.value)
    assert ALLOWED[field] in str(caught.value)
    assert "Nothing was sent" in str(caught.value)


def test_content_and_a_scene_exclude_each_other():
    with pytest.raises(SettingsError, match="content: cannot be mixed with scene_id, cameras"):
        VENDOR.settings({"content": ["silo"], "scene_id": 1, "cameras": [1]})


@pytest.mark.parametrize(
    ("given", "missing"),
    [({"scene_id": 1}, "cameras"), ({"cameras": [1]}, "scene_id"), ({"position": [0, 0, 0]}, "scene_id")],
)
def test_half_a_scene_is_refused(given, missing):
    with pytest.raises(SettingsError, match=f"{missing}: missing"):
        VENDOR.settings(given)


def test_an_unknown_setting_is_refused_with_the_nearest_name():
    with pytest.raises(SettingsError, match="camera: unknown, did you mean cameras"):
        VENDOR.settings({"camera": [1]})
    with pytest.raises(SettingsError, match=f"quality: unknown, known are {', '.join(NAMES)}"):
        VENDOR.settings({"quality": "4k"})


def test_all_mistakes_are_told_at_once():
    with pytest.raises(SettingsError, match=r"cameras: .*; material_id: "):
        VENDOR.settings({"scene_id": 1, "cameras": "x", "material_id": "y"})


def test_a_placement_holds_what_was_given():
    assert placement("S", {"scene_id": 1, "cameras": [1]}) == {"sku_id": "S"}
    placed = placement("S", {"position": [0.0, 0.0, 0.0], "material_id": 500})
    assert placed == {"sku_id": "S", "position": [0.0, 0.0, 0.0], "material_id": 500}


@pytest.mark.parametrize("given", [{}, {"content": ["ar", "silo"]}, {"scene_id": 1, "cameras": [1, 2]}])
def test_every_job_costs_one_credit(given):
    assert VENDOR.price(VENDOR.settings(given)) == Decimal(1)
