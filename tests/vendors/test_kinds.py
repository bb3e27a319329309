"""Which kinds of files the vendors say that renders have."""

from __future__ import annotations

import pytest

from airflow_provider_render.vendors.dxgl.vendor import DxglVendor
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor
from airflow_provider_render.vendors.threekit.vendor import ThreekitVendor

VIDEO = "video web_video poster thumbnail archive"
IN_A_TEMPLATE = {"templateId": "T"}


@pytest.mark.parametrize(
    ("vendor", "settings", "kinds"),
    [
        (DxglVendor, {}, VIDEO),
        (DxglVendor, {"quality": "pro", "effect": "showcase"}, VIDEO),
        (DxglVendor, {"output": "dataset"}, "dataset"),
        (DxglVendor, {"extra_settings": {"effect": "dataset"}}, "dataset"),
        (GlossiVendor, IN_A_TEMPLATE, "image video"),
        (GlossiVendor, {**IN_A_TEMPLATE, "renderShots": "false"}, "image"),
        (GlossiVendor, {**IN_A_TEMPLATE, "render_bookmarks": False}, "video"),
        (GlossiVendor, {**IN_A_TEMPLATE, "renderShots": False, "renderBookmarks": False}, "image video"),
        (
            GlossiVendor,
            {**IN_A_TEMPLATE, "renderShots": False, "extra_settings": {"renderSpins": True}},
            "image video",
        ),
        (ImagineVendor, {}, "image thumbnail"),
        (ImagineVendor, {"content": ["viewer", "ar"]}, "viewer ar thumbnail"),
        (ImagineVendor, {"content": ["360"]}, "viewer thumbnail"),
        (ImagineVendor, {"scene_id": 1, "cameras": [2]}, "image thumbnail"),
        (ThreekitVendor, {}, "image"),
        (ThreekitVendor, {"format": "jpg", "type": "vray"}, "image"),
    ],
)
def test_a_render_has_the_kinds_that_its_settings_make(vendor, settings, kinds):
    there = vendor()
    assert there.kinds(there.settings(settings)) == set(kinds.split())


@pytest.mark.parametrize(
    ("vendor", "kinds"),
    [
        (DxglVendor, f"{VIDEO} dataset"),
        (GlossiVendor, "image video"),
        (ImagineVendor, "image viewer ar thumbnail"),
        (ThreekitVendor, "image model ar archive"),
    ],
)
def test_a_vendor_names_all_kinds_that_it_ever_makes(vendor, kinds):
    assert vendor().kinds() == set(kinds.split()) >= vendor.default_outputs
