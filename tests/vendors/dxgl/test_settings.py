from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_render.core.errors import SettingsError
from airflow_provider_render.vendors.dxgl.settings import equal
from tests.vendors.dxgl.desk import VENDOR

EVERYTHING = {
    "quality": "4k",
    "effect": "hero-spin",
    "sweepAngle": 720,
    "easeOutRatio": 0.5,
    "amplitude": 45,
    "zoomStart": 1.5,
    "zoomEnd": 0.5,
    "scaleFrom": 0.1,
    "aspect": "9:16",
    "bgColor": "#FF8800",
    "length": 9,
    "shadows": False,
    "reflector": True,
    "easing": False,
    "rotateY": -90,
    "tiltX": 30,
    "bgImageId": "abc123DEF456",
    "bgAlign": "center",
}
RANGES = {
    "sweepAngle": (10, 1080),
    "easeOutRatio": (0, 1),
    "amplitude": (5, 180),
    "zoomStart": (0.1, 3),
    "zoomEnd": (0.1, 3),
    "scaleFrom": (0, 1),
    "length": (3, 15),
    "rotateY": (-180, 180),
    "tiltX": (-90, 90),
}


def test_every_documented_setting_is_taken_as_given():
    assert VENDOR.settings(EVERYTHING) == EVERYTHING


def test_only_what_is_given_is_sent():
    assert VENDOR.settings({}) == {}
    assert VENDOR.settings({"aspect": "1:1", "bgColor": None}) == {"aspect": "1:1"}


def test_snake_case_is_sent_in_the_vendors_names():
    assert VENDOR.settings({"bg_color": "#000000", "rotate_y": 10}) == {"bgColor": "#000000", "rotateY": 10}


def test_texts_of_a_table_become_values():
    raw = {"length": "9", "shadows": "false", "sweep_angle": "360.5"}
    assert VENDOR.settings(raw) == {"length": 9, "shadows": False, "sweepAngle": 360.5}


@pytest.mark.parametrize(("field", "bounds"), RANGES.items())
def test_a_range_is_kept_to_its_last_value(field, bounds):
    low, high = bounds
    for value in bounds:
        assert VENDOR.settings({field: value}) == {field: value}
    for value in (low - 1, high + 1):
        with pytest.raises(SettingsError, match=f"{field}: .*from {low}.* to {high}"):
            VENDOR.settings({field: value})


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"quality": "8k"}, "quality: '8k' is not allowed, use one of standard, 4k, pro"),
        ({"aspect": "4:3"}, "aspect: '4:3' is not allowed, use one of 16:9, 1:1, 9:16"),
        ({"effect": "spin"}, "use one of turntable, hero-spin, showcase, zoom-orbit, reveal, dataset"),
        ({"bgColor": "white"}, "bgColor: 'white' is not allowed, use # and six hex digits"),
        ({"bg_color": "#fff"}, "bgColor: '#fff' is not allowed"),
        ({"length": 6.5}, "length: 6.5 is not allowed, use a whole number from 3 to 15"),
        ({"rotateY": True}, "rotateY: True is not allowed, use a whole number"),
        ({"shadows": "perhaps"}, "shadows: 'perhaps' is not allowed, use true or false"),
        ({"bgImageId": ""}, "bgImageId: '' is not allowed, use a text that is not empty"),
        ({"bgcolor": "#000000"}, "bgcolor: unknown, did you mean bgColor?"),
        ({"lenght": 6}, "lenght: unknown, did you mean length?"),
        ({"sweep_angel": 6}, "sweep_angel: unknown, did you mean sweep_angle?"),
        ({"fog": 1}, "fog: unknown, known are quality, effect"),
        ({"effect": "reveal", "output": "dataset"}, "effect: 'reveal' contradicts output 'dataset'"),
        ({"datasetQuality": "100x800"}, "datasetQuality: only for datasets"),
        ({"effect": "reveal", "coverage": "sphere"}, "coverage: only for datasets"),
        ({"bgColor": "#000000", "bg_color": "#ffffff"}, "bgColor: given twice"),
        ({"extra_settings": "quality"}, "extra_settings: a table of settings is wanted"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(raw, message):
    with pytest.raises(SettingsError) as caught:
        VENDOR.settings(raw)
    assert message in str(caught.value)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(SettingsError) as caught:
        VENDOR.settings({"length": 99, "aspct": "1:1", "quality": "best"})
    assert all(word in str(caught.value) for word in ("length", "did you mean aspect?", "quality"))


def test_what_the_vendor_adds_tomorrow_is_sent_on_purpose():
    raw = {"aspect": "1:1", "extra_settings": {"quality": "8k", "fog": {"density": 2}}}
    assert VENDOR.settings(raw) == {"aspect": "1:1", "quality": "8k", "fog": {"density": 2}}


DATASET = {"effect": "dataset", "output": "dataset", "datasetQuality": "100x800"}


@pytest.mark.parametrize("raw", [{"effect": "dataset"}, {"output": "dataset"}])
def test_either_way_to_ask_for_a_dataset_sends_both(raw):
    assert VENDOR.settings(raw) == DATASET


def test_one_of_the_two_ways_can_be_turned_off():
    assert VENDOR.settings({"effect": "dataset", "output": None}) == {
        "effect": "dataset",
        "datasetQuality": "100x800",
    }
    assert VENDOR.settings({"output": "dataset", "effect": None, "dataset_quality": "196x1024"}) == {
        "output": "dataset",
        "datasetQuality": "196x1024",
    }


EQUAL = [
    ({}, {"aspect": "16:9", "quality": "standard", "effect": "turntable", "length": 6}),
    ({}, {"shadows": True, "reflector": False, "easing": True, "rotateY": 0, "tiltX": 0}),
    ({}, {"bgColor": "#FFFFFF", "output": "video", "bgImageId": None}),
    ({"bgColor": "#ff8800"}, {"bgColor": "#FF8800"}),
    ({"length": 9}, {"length": 9.0}),
    ({"effect": "hero-spin"}, {"effect": "hero-spin", "sweepAngle": 540, "easeOutRatio": 0.6}),
    ({"effect": "reveal"}, {"effect": "reveal", "sweepAngle": 180.0, "scaleFrom": 0}),
    ({}, {"sweepAngle": 360, "easeOutRatio": 0.6, "amplitude": 60, "zoomStart": 1.0, "scaleFrom": 0}),
    ({"effect": "zoom-orbit"}, {"effect": "zoom-orbit", "sweepAngle": 360.0}),
    ({"effect": "showcase"}, {"effect": "showcase", "amplitude": 60}),
    ({"effect": "zoom-orbit"}, {"effect": "zoom-orbit", "zoomStart": 1, "zoomEnd": 0.7}),
    ({"effect": "turntable", "amplitude": 99}, {}),
    ({"bgImageId": "o1", "bgColor": "#000000"}, {"bgImageId": "o1", "bgAlign": "top-left"}),
    (DATASET, {"effect": "dataset"}),
    (DATASET, {"output": "dataset", "effect": "turntable", "coverage": "hemisphere", "aspect": "16:9"}),
    ({"aspect": "1:1"}, {"aspect": "1:1", "seed": 7, "addedByTheVendor": True}),
]


@pytest.mark.parametrize(("wanted", "returned"), EQUAL)
def test_naming_a_default_changes_nothing(wanted, returned):
    assert equal(wanted, returned)


@pytest.mark.parametrize(
    ("wanted", "returned"),
    [
        ({}, {"aspect": "1:1"}),
        ({"quality": "4k"}, {}),
        ({"effect": "reveal"}, {"effect": "hero-spin"}),
        ({"effect": "hero-spin", "sweepAngle": 180}, {"effect": "hero-spin"}),
        ({"bgColor": "#000000"}, {"bgImageId": "o1"}),
        ({"bgImageId": "o1"}, {"bgImageId": "o2"}),
        ({}, {"sweepAngle": 90}),
        ({}, DATASET),
        (DATASET, {**DATASET, "coverage": "sphere"}),
        ({"fog": 2}, {}),
        ({"fog": 2}, {"fog": 3}),
    ],
)
def test_a_setting_that_shows_makes_a_difference(wanted, returned):
    assert not equal(wanted, returned)


def test_a_fingerprint_ignores_named_defaults_but_not_the_rest():
    plain = VENDOR.fingerprint("ab", {})
    assert plain == VENDOR.fingerprint("ab", {"length": 6.0, "bgColor": "#FFFFFF"})
    assert plain != VENDOR.fingerprint("ab", {"length": 7})


@given(st.dictionaries(st.sampled_from(sorted(EVERYTHING)), st.none()).map(lambda keys: set(keys)))
def test_filling_in_defaults_twice_changes_nothing_more(names):
    filled = VENDOR.canonical({name: EVERYTHING[name] for name in names})
    assert VENDOR.canonical(filled) == filled


@pytest.mark.parametrize(
    ("settings", "price"),
    [
        ({}, 1),
        ({"quality": "standard"}, 1),
        ({"quality": "4k"}, 4),
        ({"quality": "pro"}, 16),
        ({"quality": "8k"}, 16),
        (DATASET, 1),
        ({"effect": "dataset"}, 1),
        ({"output": "dataset", "datasetQuality": "196x1024", "quality": "pro"}, 4),
        ({"output": "dataset", "datasetQuality": "400x2048"}, 16),
    ],
)
def test_a_render_costs_what_the_document_says(settings, price):
    assert VENDOR.price(settings) == Decimal(price)
