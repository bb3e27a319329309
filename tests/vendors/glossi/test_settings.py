from __future__ import annotations

from decimal import Decimal

import pytest

from airflow_provider_render.core.errors import SettingsError
from airflow_provider_render.vendors.glossi.settings import DEFAULTS, order
from tests.vendors.glossi.desk import VENDOR

EVERYTHING = {
    "templateId": "T1",
    "renderBookmarks": True,
    "renderShots": True,
    "renderVariants": True,
    "imageQuality": 1,
    "videoQuality": 1,
}


def test_every_field_is_sent_so_that_the_vendors_defaults_do_not_matter():
    assert VENDOR.settings({"templateId": "T1"}) == EVERYTHING
    assert {"templateId": "T1", **DEFAULTS} == EVERYTHING


def test_the_template_is_no_setting_of_the_render_call():
    assert "templateId" not in order(EVERYTHING)
    assert order({"templateId": "T1", "imageQuality": 2})["imageQuality"] == 2


def test_the_cells_of_a_catalog_are_read():
    cells = {"template_id": " T1 ", "renderShots": "false", "render_variants": "TRUE", "imageQuality": "2"}
    wanted = {**EVERYTHING, "renderShots": False, "imageQuality": 2}
    assert VENDOR.settings(cells) == wanted


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, ["templateId", r"templates.list()", "Nothing was sent"]),
        ({"templateId": " "}, ["templateId", "templates.list()"]),
        ({"templateId": "T1", "imageQuality": 3}, ["imageQuality: 3 is not allowed", "2 (4K)"]),
        ({"templateId": "T1", "imageQuality": True}, ["imageQuality: True is not allowed"]),
        ({"templateId": "T1", "videoQuality": "high"}, ["videoQuality: 'high'", "1 (balanced)"]),
        ({"templateId": "T1", "renderShots": "maybe"}, ["renderShots: 'maybe'", "true or false"]),
        ({"templateId": "T1", "imagequality": 1}, ["imagequality: unknown, did you mean imageQuality?"]),
        ({"templateId": "T1", "aspect": "1:1"}, ["aspect: unknown, known are templateId, renderBookmarks"]),
        ({"templateId": "T1", "template_id": "T2"}, ["templateId: given twice"]),
        ({"templateId": "T1", "extra_settings": "x"}, ["extra_settings: a table"]),
        (
            {"templateId": "T1", "renderBookmarks": 0, "renderShots": 0, "renderVariants": "no"},
            ["nothing would be rendered"],
        ),
    ],
)
def test_wrong_settings_are_told_with_what_is_allowed(raw, words):
    with pytest.raises(SettingsError) as raised:
        VENDOR.settings(raw)
    assert [word for word in words if word not in str(raised.value)] == []


def test_all_problems_are_told_at_once():
    with pytest.raises(SettingsError, match=r"every render needs one.*imageQuality: 9 .*colour: unknown"):
        VENDOR.settings({"imageQuality": 9, "colour": "red"} | {"templateId": None})


def test_what_the_vendor_adds_tomorrow_can_be_sent():
    sent = VENDOR.settings({"templateId": "T1", "extra_settings": {"denoise": True}})
    assert order(sent)["denoise"] is True


def test_a_named_default_is_the_same_render():
    bare, full = VENDOR.canonical({"templateId": "T1"}), VENDOR.canonical(EVERYTHING)
    assert VENDOR.fingerprint("a" * 64, bare) == VENDOR.fingerprint("a" * 64, full)
    assert VENDOR.batch_key(bare) == VENDOR.batch_key(dict(reversed(full.items())))


@pytest.mark.parametrize("change", [{"templateId": "T2"}, {"imageQuality": 2}, {"renderShots": False}])
def test_another_setting_is_another_render(change):
    other = {**EVERYTHING, **change}
    assert VENDOR.fingerprint("a" * 64, other) != VENDOR.fingerprint("a" * 64, EVERYTHING)
    assert VENDOR.batch_key(other) != VENDOR.batch_key(EVERYTHING)


def test_a_render_counts_as_one_credit():
    assert VENDOR.price(EVERYTHING) == Decimal(1)
