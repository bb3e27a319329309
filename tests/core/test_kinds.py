from __future__ import annotations

import pytest

from airflow_provider_render.core.errors import RenderInputError, SettingsError
from airflow_provider_render.core.job import OutputKind
from airflow_provider_render.core.kinds import require_kinds, wanted_kinds
from tests.fake_vendor import FakeVendor


class Telling(FakeVendor):
    """A vendor that tells what it makes: pictures, and videos of what is dear."""

    def kinds(self, settings=None):
        dear = settings is None or settings.get("quality") == "4k"
        return frozenset({OutputKind.IMAGE, OutputKind.VIDEO} if dear else {OutputKind.IMAGE})


SILENT, TELLING = FakeVendor(), Telling()


@pytest.mark.parametrize("vendor", [SILENT, TELLING])
def test_where_no_kinds_are_named_the_usual_ones_are_wanted(vendor):
    assert wanted_kinds(vendor, None) == {OutputKind.IMAGE, OutputKind.VIDEO}
    assert wanted_kinds(vendor, [OutputKind.VIDEO]) == {OutputKind.VIDEO}


def test_a_kind_that_the_vendor_never_makes_is_refused_beside_others_too():
    wanted = [OutputKind.IMAGE, OutputKind.MODEL]
    message = "outputs: Fake Renders never makes model; it makes image, video"
    with pytest.raises(RenderInputError, match=f"^{message}$"):
        wanted_kinds(TELLING, wanted)
    assert wanted_kinds(SILENT, wanted) == set(wanted)


@pytest.mark.parametrize(
    ("vendor", "offered"), [(TELLING, "image, video$"), (SILENT, "image, video, web_video, ")]
)
def test_no_kind_at_all_is_refused_with_those_there_are(vendor, offered):
    with pytest.raises(RenderInputError, match=f"^outputs: names no kind.* there are {offered}"):
        wanted_kinds(vendor, [])


def test_settings_that_make_nothing_of_what_is_wanted_are_refused():
    with pytest.raises(SettingsError, match=r"makes image at Fake Renders.* wanted: video$"):
        require_kinds(TELLING, {OutputKind.VIDEO}, {"quality": "hd"})


@pytest.mark.parametrize(
    ("vendor", "wanted", "quality"),
    [
        (TELLING, {OutputKind.VIDEO}, "4k"),
        (TELLING, {OutputKind.VIDEO, OutputKind.IMAGE}, "hd"),
        (SILENT, {OutputKind.DATASET}, "hd"),
    ],
)
def test_settings_that_make_some_of_what_is_wanted_will_do(vendor, wanted, quality):
    require_kinds(vendor, wanted, {"quality": quality})
