from __future__ import annotations

import string
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_render.catalog.items import CatalogItem, read_rows
from airflow_provider_render.core.errors import CatalogError


def read(*cells, **options):
    return list(stream(*cells, **options))


def stream(*cells, **options):
    return read_rows(enumerate(cells, 2), where="row {} of catalog.csv".format, **options)


def refused(*cells, **options) -> str:
    with pytest.raises(CatalogError) as caught:
        read(*cells, **options)
    return str(caught.value)


def test_a_row_becomes_an_item():
    (item,) = read(
        {
            "sku": " CHR-1 ",
            "model": "chair.glb",
            "variant": "dark",
            "settings": '{"aspect": "1:1"}',
            "title": "Chair",
            "tags": "seating, wood;wood",
        },
        base="/catalog",
    )
    assert item == CatalogItem(
        key="CHR-1/dark",
        sku="CHR-1",
        model="/catalog/chair.glb",
        variant="dark",
        settings={"aspect": "1:1"},
        title="Chair",
        tags=("seating", "wood"),
        row="row 2 of catalog.csv",
    )
    assert item.label == "Chair"


def test_without_variant_the_key_is_the_sku_and_without_title_the_label_is_the_key():
    (item,) = read({"sku": 1001.0, "model": "a.glb", "variant": float("nan")})
    assert (item.key, item.label, item.variant) == ("1001", "1001", None)


def test_settings_columns_win_over_the_settings_column_and_may_nest():
    (item,) = read(
        {
            "sku": "A",
            "model": "a.glb",
            "settings": {"aspect": "1:1", "camera": {"fov": 30}},
            "settings.aspect": "16:9",
            "settings.camera.height": "1.5",
            "settings.shadow": "",
            "settings.tints": '["red"]',
        }
    )
    assert item.settings == {
        "aspect": "16:9",
        "camera": {"fov": 30, "height": "1.5"},
        "tints": ["red"],
    }


def test_a_cell_that_looks_like_a_number_stays_text_because_it_may_be_a_colour():
    (item,) = read({"sku": "A", "model": "a.glb", "settings.background": "112233"})
    assert item.settings == {"background": "112233"}


@pytest.mark.parametrize(
    ("base", "model", "resolved"),
    [
        ("/catalog", "models/a.glb", "/catalog/models/a.glb"),
        ("/catalog", "../a.glb", "/a.glb"),
        ("/catalog", "/other/a.glb", "/other/a.glb"),
        ("s3://aws@acme/pim", "a.glb", "s3://aws@acme/pim/a.glb"),
        ("s3://acme/pim", "../models/a.glb", "s3://acme/models/a.glb"),
        ("s3://acme/pim", "gs://else/a.glb", "gs://else/a.glb"),
        (None, "a.glb", "a.glb"),
    ],
)
def test_relative_models_count_from_the_catalogs_folder(base, model, resolved):
    (item,) = read({"sku": "A", "model": model}, base=base)
    assert item.model == resolved


def test_an_unknown_column_is_refused_with_a_guess_and_the_allowed_ones():
    message = refused(
        {"sku": "A", "model": "a.glb", "modle": "x"}, {"sku": "B", "model": "b.glb", "modle": ""}
    )
    assert message.count("unknown column 'modle'") == 1
    assert "did you mean 'model'?" in message
    assert "settings.<name>" in message


def test_unknown_columns_can_be_ignored():
    (item,) = read({"sku": "A", "model": "a.glb", "price": 3}, extra_columns="ignore")
    assert item.key == "A"


@pytest.mark.parametrize(
    ("cell", "sku"),
    [(1001, "1001"), (1001.0, "1001"), (Decimal("1001.00"), "1001"), (1001.5, "1001.5"), ("01001", "01001")],
)
def test_a_sku_that_is_a_number_is_read_as_it_is_written(cell, sku):
    (item,) = read({"sku": cell, "model": "a.glb"})
    assert item.key == sku


def test_a_number_with_and_without_a_point_is_one_sku():
    told = refused({"sku": 1001, "model": "a.glb"}, {"sku": 1001.0, "model": "a.glb"})
    assert "row 3 of catalog.csv: '1001' is already in row 2" in told


@pytest.mark.parametrize("cell", [None, float("nan"), Decimal("NaN"), Decimal("sNaN"), "", "  "])
def test_a_sku_that_is_not_there_is_empty(cell):
    assert refused({"sku": cell, "model": "a.glb"}) == "row 2 of catalog.csv: column 'sku' is empty"


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (True, "bool"),
        (b"A", "bytes"),
        (float("inf"), "inf"),
        (Decimal("-Infinity"), "-Infinity"),
        (Decimal("1E+5000"), "1E+5000"),
        (Decimal("1E+400"), "1E+400"),
        ({}, "dict"),
    ],
)
def test_a_sku_that_is_no_text_is_refused_with_what_it_is(cell, kind):
    told = refused({"sku": cell, "model": "a.glb"})
    assert told == f"row 2 of catalog.csv: column 'sku' must be text, not {kind}"


@pytest.mark.parametrize(
    "cells",
    [
        {"settings.length": float("inf")},
        {"settings.length": Decimal("-Infinity")},
        {"settings.length": Decimal("1E+5000")},
        {"settings.camera": '{"fov": [1e999]}'},
        {"settings.camera": {"fov": float("nan")}},
        {"settings": '{"length": NaN}'},
        {"settings": {"camera": ({"fov": Decimal("sNaN")},)}},
        {"settings@dxgl.length": float("inf")},
    ],
)
def test_a_setting_that_no_json_can_hold_is_refused_with_row_and_column(cells):
    (column,) = cells
    told = refused({"sku": "A", "model": "a.glb", **cells})
    assert told.startswith(f"row 2 of catalog.csv: column '{column}' holds a number that is not finite")


def test_all_problems_are_told_at_once_with_row_and_column():
    message = refused(
        {"sku": "", "model": "a.glb"},
        {"sku": "B"},
        {"sku": "C", "model": "c.glb", "settings": "{broken"},
        {"sku": "D", "model": "d.glb", "settings": "[1]"},
        {"sku": "E", "model": "e.glb", "tags": 3},
        {"sku": ["F"], "model": "f.glb"},
        {"sku": "ok", "model": "g.glb"},
        {"sku": "ok", "model": "h.glb"},
    )
    for part in (
        "row 2 of catalog.csv: column 'sku' is empty",
        "row 3 of catalog.csv: column 'model' is missing",
        "row 4 of catalog.csv: column 'settings' is not JSON",
        "row 5 of catalog.csv: column 'settings' must hold a JSON object",
        "row 6 of catalog.csv: column 'tags'",
        "row 7 of catalog.csv: column 'sku' must be text",
        "row 9 of catalog.csv: 'ok' is already in row 8 of catalog.csv",
    ):
        assert part in message


def test_reading_stops_at_twenty_problems():
    message = refused(*[{"sku": "", "model": "a.glb"}] * 1000)
    assert message.count("column 'sku'") == 20
    assert "20 or more problems" in message


def test_good_rows_pass_before_a_bad_one_is_told():
    items = stream({"sku": "A", "model": "a.glb"}, {"sku": "", "model": "b.glb"})
    assert next(items).key == "A"
    with pytest.raises(CatalogError):
        next(items)


def test_a_sku_with_a_slash_that_equals_another_ones_variant_is_refused():
    message = refused({"sku": "A/dark", "model": "a.glb"}, {"sku": "A", "variant": "dark", "model": "a.glb"})
    assert "'A/dark' is already in row 2" in message


@pytest.mark.parametrize(
    ("sku", "variant", "folder"),
    [
        ("CHR-1001", None, "CHR-1001"),
        ("123.456.78", "1.5x", "123.456.78/1~2E5x"),
        ("a/b", None, "a~2Fb"),
        ("..", None, "~2E~2E"),
        ("_render", None, "~5Frender"),
        ("_Render", None, "~5FRender"),
        ("Größe 42", None, "Größe 42"),
    ],
)
def test_folders_are_readable_where_they_can_be(sku, variant, folder):
    assert CatalogItem("k", sku, "m.glb", variant).folder == folder


NASTY = st.one_of(
    st.text(min_size=1),
    st.text("./\\~_ \0:*?%#" + string.ascii_letters, min_size=1),
    st.text("ü家", min_size=90),
)


@given(NASTY, st.none() | NASTY)
@example("../../etc/passwd", "..")
@example("x" * 500, "y" * 500)
@example("\ud800", None)
def test_every_folder_is_safe_on_every_storage(sku, variant):
    folder = CatalogItem("k", sku, "m.glb", variant).folder
    parts = folder.split("/")
    assert len(parts) == (1 if variant is None else 2)
    assert len(folder.encode()) <= 200
    for part in parts:
        assert part
        assert not part.startswith(".")
        assert not part.endswith((".", " "))
        assert not set(part) & set('\\\0:*?"<>|%#\n')
        assert part.lower() != "_render"


@given(NASTY, NASTY)
@example("a/b", "a~2Fb")
@example("x" * 300, "x" * 301)
@example("_render", "~5Frender")
def test_different_products_have_different_folders(one, other):
    same = CatalogItem("k", one, "m.glb").folder == CatalogItem("k", other, "m.glb").folder
    assert same == (one == other)


def test_columns_for_one_vendor_are_kept_apart():
    row = {
        "sku": "A",
        "model": "a.glb",
        "settings.aspect": "1:1",
        "settings@dxgl": '{"bgColor": "#ffffff"}',
        "settings@dxgl.length": "3",
        "settings@threekit.configuration": '{"Color": "Oak"}',
        "settings@glossi": "",
    }
    (item,) = read(row)
    assert item.settings == {"aspect": "1:1"}
    assert item.vendor_settings == {
        "dxgl": {"bgColor": "#ffffff", "length": "3"},
        "threekit": {"configuration": {"Color": "Oak"}},
    }


@pytest.mark.parametrize("column", ["settings@", "settings#dxgl"])
def test_a_column_for_no_vendor_is_unknown(column):
    with pytest.raises(CatalogError, match="settings@<vendor>"):
        read({"sku": "A", "model": "a.glb", column: "x"})
