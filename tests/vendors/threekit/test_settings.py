from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import SettingsError
from tests.vendors.threekit.desk import STAGE, VENDOR


def test_settings_are_sent_under_the_vendor_s_names():
    given = {
        "stage_id": STAGE.upper(),
        "stage_configuration": {"Camera": "Top"},
        "render_missing_layers": True,
    }
    assert VENDOR.settings(given) == {
        "stageId": STAGE,
        "stageConfiguration": {"Camera": "Top"},
        "renderMissingLayers": True,
    }


def test_cells_of_a_catalog_are_read_as_text():
    cells = {
        "width": "640",
        "height": "480",
        "configuration": '{"Color": "Red"}',
        "stageId": "",
        "format": "JPG",
    }
    assert VENDOR.settings(cells) == {
        "width": 640,
        "height": 480,
        "configuration": {"Color": "Red"},
        "format": "jpeg",
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"width": 15}, "width: 15 is not allowed, use a whole number from 16 to 8192"),
        ({"height": 8193}, "use a whole number from 16 to 8192"),
        ({"width": True}, "width: True is not allowed"),
        ({"width": "wide"}, "width: 'wide' is not allowed"),
        ({"type": "raster"}, "type: 'raster' is not allowed, use one of webgl, vray"),
        ({"format": "gif"}, "format: 'gif' is not allowed, use one of png, jpeg, webp"),
        ({"stageId": "studio"}, "stageId: 'studio' is not allowed, use the id of a stage, a UUID"),
        ({"configuration": "Red"}, "configuration: 'Red' is not allowed, use a table of attributes"),
        ({"configuration": [1]}, "configuration: .* is not allowed"),
        ({"stageConfiguration": {"Camera": "Top"}}, "there is no stageId that it could be of"),
        ({"stageID": STAGE}, "stageID: unknown, did you mean stageId?"),
        ({"quality": "4k"}, "quality: unknown, known are stageId, configuration"),
        ({"stageId": STAGE, "stage_id": STAGE}, "stageId: given twice"),
        ({"renderMissingLayers": "perhaps"}, "use true or false"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_is_sent(given, message):
    with pytest.raises(SettingsError, match=message) as caught:
        VENDOR.settings(given)
    assert str(caught.value).endswith("Nothing was sent.")


def test_all_wrong_settings_are_named_at_once():
    with pytest.raises(SettingsError, match=r"width: .*; format: "):
        VENDOR.settings({"width": 1, "format": "gif"})


@pytest.mark.parametrize(
    ("given", "size"),
    [({}, (1024, 1024)), ({"width": 640}, (640, 640)), ({"height": 300}, (300, 300)), ({"width": 9}, (9, 9))],
)
def test_a_side_that_is_not_given_follows_the_other(given, size):
    filled = VENDOR.canonical(given)
    assert (filled["width"], filled["height"]) == size


def test_defaults_are_filled_in_for_comparing():
    assert VENDOR.canonical({"renderMissingLayers": False}) == {
        "configuration": {},
        "stageConfiguration": {},
        "type": "webgl",
        "format": "png",
        "width": 1024,
        "height": 1024,
    }
