from __future__ import annotations

import pytest
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

from airflow_provider_render.catalog.columns import missing_names
from airflow_provider_render.catalog.items import read_rows
from airflow_provider_render.core.errors import CatalogError
from airflow_provider_render.hooks import known
from airflow_provider_render.hooks.base import RenderHook
from tests.another_package import register


class AcmeHook(RenderHook):
    """A vendor of another package."""

    conn_type = "acme"
    hook_name = "Acme renders"


@pytest.fixture
def acme(monkeypatch):
    """Register another package's vendor with Airflow, as its provider would."""
    register(monkeypatch, AcmeHook)
    known._derives.cache_clear()
    yield
    known._derives.cache_clear()


def read(**columns):
    return list(read_rows([(2, {"sku": "A", "model": "a.glb", **columns})], where="row {} of c.csv".format))


def refused(row, **options) -> str:
    with pytest.raises(CatalogError) as caught:
        list(read_rows([(2, row)], where="row {} of c.csv".format, **options))
    return str(caught.value)


@pytest.mark.parametrize(
    ("column", "meant"),
    [
        ("settings@dxlg.length", "settings@dxgl.length"),
        ("settings@dxlg.camera.fov", "settings@dxgl.camera.fov"),
        ("settings@DXGL", "settings@dxgl"),
        ("settings@glosi", "settings@glossi"),
    ],
)
def test_settings_for_a_misspelt_vendor_are_refused_with_the_one_that_was_meant(column, meant):
    told = refused({"sku": "A", "model": "a.glb", column: "3"})
    assert told.startswith(f"row 2 of c.csv: column '{column}': there is no vendor")
    assert f"did you mean '{meant}'?" in told
    assert "known are dxgl, glossi, imagine, threekit" in told


@pytest.mark.parametrize("name", ["http", "fs", "nothing_like_it"])
def test_settings_for_what_is_no_render_vendor_are_refused_without_a_guess(name):
    told = refused({"sku": "A", "model": "a.glb", f"settings@{name}.length": ""})
    assert f"there is no vendor '{name}';" in told


def test_settings_for_several_known_vendors_stand_side_by_side():
    columns = {"settings@dxgl.length": "3", "settings@glossi": '{"imageQuality": 2}', "settings@threekit": ""}
    (item,) = read(**columns)
    assert item.vendor_settings == {"dxgl": {"length": "3"}, "glossi": {"imageQuality": 2}}


@pytest.fixture
def broken_registry(monkeypatch):
    """Let the metadata of some installed package keep Airflow from telling any hook."""

    def hooks(self):
        raise RuntimeError("provider.yaml of another package is broken")

    monkeypatch.setattr(ProvidersManagerTaskRuntime, "hooks", property(hooks))
    known._derives.cache_clear()
    yield
    known._derives.cache_clear()


@pytest.mark.parametrize(("name", "hint"), [("dxlg", " (did you mean 'settings@dxgl.size'?)"), ("zzz", "")])
def test_a_registry_that_airflow_cannot_read_does_not_hide_the_column_that_is_wrong(
    broken_registry, name, hint
):
    told = refused({"sku": "A", "model": "a.glb", f"settings@{name}.size": "3"})
    assert f"there is no vendor '{name}'{hint};" in told


def test_a_vendor_whose_hook_cannot_be_imported_is_none(monkeypatch, acme):
    monkeypatch.delattr("acme_hooks.AcmeHook")
    assert "there is no vendor 'acme';" in refused({"sku": "A", "model": "a", "settings@acme.size": "3"})


@pytest.mark.parametrize(
    ("column", "meant"),
    [
        ("Settings@dxgl.length", "settings@dxgl.length"),
        ("Settings@DXLG.bgColor", "settings@dxgl.bgColor"),
        (" settings@dxgl", "settings@dxgl"),
        ("setings@elsewhere.size", "settings@elsewhere.size"),
        ("SETTINGS.bgColor", "settings.bgColor"),
    ],
)
def test_a_misspelt_column_of_settings_keeps_its_vendor_and_the_case_of_the_setting(column, meant):
    assert f"unknown column '{column}' (did you mean '{meant}'?)" in refused(
        {"sku": "A", "model": "a.glb", column: "3"}
    )


@pytest.mark.parametrize("column", ["Model.x", "title.de", "sku."])
def test_a_part_of_a_column_that_has_none_is_refused_without_a_guess(column):
    assert f"unknown column '{column}'; allowed are" in refused({"sku": "A", "model": "a", column: "3"})


def test_names_in_capitals_are_said_to_be_wrong_for_that():
    told = missing_names(["SKU", "Model"])
    assert told is not None
    assert told.startswith("no column 'sku' and no 'model'; it has 'SKU', 'Model'")
    assert told.endswith("; names are in small letters")
    assert "small letters" not in str(missing_names(["sku", "file"]))


def test_a_vendor_of_another_package_is_known_by_its_connection_type(acme):
    (item,) = read(**{"settings@acme.size": "3"})
    assert item.vendor_settings == {"acme": {"size": "3"}}
    assert "did you mean 'settings@acme.size'?" in refused(
        {"sku": "A", "model": "a", "settings@acmee.size": "3"}
    )


def test_settings_for_an_unknown_vendor_can_be_ignored_as_other_columns_can():
    row = {"sku": "A", "model": "a.glb", "settings@elsewhere.size": "3"}
    (item,) = read_rows([(2, row)], where=str, extra_columns="ignore")
    assert item.settings == {}


@pytest.mark.parametrize("options", [{}, {"extra_columns": "ignore"}])
@pytest.mark.parametrize("column", ["settings.", "settings.a.", "settings..a", "settings@", "settings@.a"])
def test_a_setting_without_a_name_is_refused_in_any_case(column, options):
    told = refused({"sku": "A", "model": "a.glb", column: "3"}, **options)
    assert f"column '{column}' leaves a name empty" in told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"sku": "A", "file": "a.glb"}, "unknown column 'file' (did you mean 'model', which is missing?)"),
        ({"id": "A", "model": "a.glb"}, "unknown column 'id' (did you mean 'sku', which is missing?)"),
        (
            {"sku": "A", "Model ": "a.glb"},
            "unknown column 'Model ' (did you mean 'model', which is missing?)",
        ),
        ({"sku": "A", "model": "a.glb", "name": "x"}, "unknown column 'name' (did you mean 'title'?)"),
        ({"sku": "A", "model": "a.glb", "modle": "x"}, "unknown column 'modle' (did you mean 'model'?)"),
        (
            {"sku": "A", "model": "a.glb", "setings.aspect": "x"},
            "unknown column 'setings.aspect' (did you mean 'settings.aspect'?)",
        ),
        ({"sku": "A", "model": "a.glb", "zzz": "x"}, "unknown column 'zzz'; allowed are sku, model,"),
        ({"sku": "A", "model": "a.glb", None: ["x"]}, "unknown column None; allowed are"),
    ],
)
def test_an_unknown_column_is_taken_first_for_one_that_is_missing(row, told):
    assert told in refused(row)
