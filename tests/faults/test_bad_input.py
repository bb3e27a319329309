"""Wrong input is named before anything is paid, at every vendor."""

from __future__ import annotations

import os
import re

import pytest
from airflow.sdk.exceptions import AirflowException

from airflow_provider_render.catalog.files import check_output, model_file, publish
from airflow_provider_render.catalog.preflight import check_model
from airflow_provider_render.core.errors import (
    CatalogError,
    ConnectionConfigError,
    ModelFileError,
    OutputError,
    RenderError,
    SettingsError,
)
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.http import registry
from airflow_provider_render.operators.catalog import RenderCatalogOperator
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor
from airflow_provider_render.vendors.threekit.vendor import ThreekitVendor
from tests.catalog.models import OBJ, glb, zipped
from tests.catalog.runs import Shop, outcomes
from tests.faults.accounts import ACCOUNTS
from tests.faults.bad_models import ANY, GLB_ZIP, GLTF_ZIP, WHOLE, WHOLE_ZIP, WRONG
from tests.http.probe import Bytes
from tests.http.scripted import reply
from tests.operators.task import Task

VENDORS = {
    vendor.name: vendor
    for vendor in (
        DxglVendor("https://v.test", "token"),
        GlossiVendor("https://v.test", "key"),
        ImagineVendor("https://v.test", "key", "shop.example"),
        ThreekitVendor("https://v.test", "token", "11111111-2222-3333-4444-555555555555"),
    )
}
every_vendor = pytest.mark.parametrize("name", VENDORS)
TYPES = [
    (name, extension) for name, one in VENDORS.items() for extension in sorted(one.capabilities.extensions)
]
OPAQUE = [(name, extension) for name, extension in TYPES if extension not in WHOLE]


def look(name, extension, data, tmp_path):
    path = tmp_path / f"chair{extension}"
    path.write_bytes(data)
    return check_model(model_file(path), VENDORS[name].capabilities)


class TestModels:
    @pytest.mark.parametrize(("name", "extension"), TYPES)
    def test_whole_models_of_every_type_pass(self, name, extension, tmp_path):
        data = WHOLE.get(extension, b"binary of a closed format")
        assert look(name, extension, data, tmp_path).size == len(data)

    @pytest.mark.parametrize(("name", "extension"), TYPES)
    def test_what_is_wrong_is_named_for_every_type(self, name, extension, tmp_path):
        for data, message in (*ANY.values(), *WRONG.get(extension, {}).values()):
            with pytest.raises(ModelFileError, match=message) as caught:
                look(name, extension, data, tmp_path)
            assert f"chair{extension}" in str(caught.value)

    @pytest.mark.parametrize(("name", "extension"), OPAQUE)
    def test_a_closed_format_passes_whatever_its_bytes_are(self, name, extension, tmp_path):
        assert look(name, extension, b"\0\xff" * 50, tmp_path).triangles is None

    @every_vendor
    def test_a_missing_model_and_a_folder_are_named(self, name, tmp_path):
        (tmp_path / "folder.glb").mkdir()
        for model, message in (("missing.glb", "there is no model file"), ("folder.glb", "is a folder")):
            with pytest.raises(ModelFileError, match=message):
                check_model(model_file(tmp_path / model), VENDORS[name].capabilities)

    @every_vendor
    @pytest.mark.parametrize("extension", [".png", ".exe", "", ".glb2", ".usdx"])
    def test_a_type_that_the_vendor_does_not_take_is_refused_with_those_it_takes(
        self, name, extension, tmp_path
    ):
        with pytest.raises(ModelFileError, match=r"does not take; it takes .*\.glb"):
            look(name, extension, glb(), tmp_path)

    def test_types_differ_from_vendor_to_vendor(self, tmp_path):
        takes = {name: one.capabilities.extensions for name, one in VENDORS.items()}
        assert [name for name in takes if ".fbx" in takes[name]] == ["glossi", "imagine", "threekit"]
        assert [name for name in takes if ".zip" in takes[name]] == ["dxgl", "imagine", "threekit"]
        with pytest.raises(ModelFileError, match="does not take"):
            look("glossi", ".zip", WHOLE_ZIP, tmp_path)

    @every_vendor
    def test_a_model_above_the_vendors_limit_is_not_even_opened(self, name):
        class Large(Bytes):
            def open(self):
                raise AssertionError("it was opened")

        most = VENDORS[name].capabilities.max_model_bytes
        assert (most is None) is (name != "dxgl")
        if most is not None:
            large = ModelFile(Large(b"", announced=most + 1), "a" * 64)
            with pytest.raises(ModelFileError, match=r"100,000,001 bytes .* the vendor takes 100,000,000"):
                check_model(large, VENDORS[name].capabilities)


class TestZips:
    @pytest.mark.parametrize("name", ["imagine", "threekit"])
    @pytest.mark.parametrize(
        "data",
        [GLB_ZIP, GLTF_ZIP, zipped(a__fbx=b"x"), zipped(a__obj=OBJ, b__obj=OBJ), zipped(a__vrscene=b"x")],
        ids=["GLB", "glTF", "FBX", "two OBJ", "V-Ray"],
    )
    def test_a_vendor_without_a_rule_gets_every_whole_archive(self, name, data, tmp_path):
        assert look(name, ".zip", data, tmp_path).size == len(data)

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (GLB_ZIP, "must hold exactly one OBJ, it holds 0"),
            (zipped(a__obj=OBJ, b__obj=OBJ), "must hold exactly one OBJ, it holds 2: a.obj, b.obj"),
        ],
    )
    def test_dxgl_takes_one_obj_in_an_archive(self, data, message, tmp_path):
        with pytest.raises(ModelFileError, match=message):
            look("dxgl", ".zip", data, tmp_path)

    @pytest.mark.parametrize("name", ["dxgl", "imagine", "threekit"])
    def test_an_archive_without_files_is_refused_everywhere(self, name, tmp_path):
        with pytest.raises(ModelFileError, match="zip archive without files"):
            look(name, ".zip", zipped(), tmp_path)


@every_vendor
def test_bad_models_fail_alone_and_only_the_good_one_is_paid(name, tmp_path):
    abilities = VENDORS[name].capabilities
    shop = Shop(tmp_path, extensions=abilities.extensions, max_model_bytes=abilities.max_model_bytes)
    shop.stock("GOOD")
    for extension, flaws in WRONG.items():
        for flaw, (data, _) in flaws.items():
            shop.stock(f"BAD{extension}-{flaw}")
            path = shop.model("GOOD").with_name(f"{flaw}{extension}")
            path.write_bytes(data)
            shop.rows[f"BAD{extension}-{flaw}"]["model"] = str(path)
    report = shop.render()
    failed = [key for key, outcome in outcomes(report).items() if outcome == "failed"]
    assert sorted(failed) == sorted(shop.rows.keys() - {"GOOD"})
    assert len(shop.service.renders) == 1
    assert {path.partition("/")[0] for path in shop.files()} == {"GOOD"}


@pytest.fixture(params=ACCOUNTS.values(), ids=ACCOUNTS.keys())
def operator(request, server, monkeypatch, tmp_path):
    """Run the catalog operator at a vendor whose every answer is trouble; returns the error."""
    server.plays(reply(500, b"it was called"))
    monkeypatch.setenv("AIRFLOW_CONN_FAULTY", request.param.connection(server))
    good = tmp_path / "good.glb"
    good.write_bytes(glb())

    def run(**wrong):
        fields = {"catalog": [{"sku": "A", "model": str(good)}], "output": str(tmp_path / "out"), **wrong}
        task = Task(lambda: RenderCatalogOperator(task_id="render", render_conn_id="faulty", **fields))
        with pytest.raises((RenderError, AirflowException)) as caught:
            task.run()
        return caught.value

    yield run
    for _, key in list(registry._sync):
        registry.forget(key)


def written(path, text):
    path.write_text(text)
    return str(path)


class TestCatalogs:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("sku,model\nA,good.glb\nA,good.glb\n", r"row 3 of c\.csv: 'A' is already in row 2 of c\.csv"),
            ("sku,model\nA,good.glb\nB,\n", r"row 3 of c\.csv: column 'model' is empty"),
            ("sku,model\nA,good.glb\n,good.glb\n", r"row 3 of c\.csv: column 'sku' is empty"),
            ("sku,model\nA,good.glb,x\n", r"row 2 of c\.csv has 3 cells but there are 2 columns"),
            ("SKU,model\nA,good.glb\n", r"c\.csv has no column 'sku'; .*\(did you mean 'sku' by 'SKU'\?\)"),
            (
                "sku,file\nA,good.glb\n",
                r"c\.csv has no column 'model'; .*\(did you mean 'model' by 'file'\?\)",
            ),
            ("sku,model,colour\nA,good.glb,red\n", "unknown column 'colour'"),
            ("sku,model,settings\nA,good.glb,{\n", r"row 2 of c\.csv: column 'settings' is not JSON"),
            ("", r"c\.csv is empty"),
            ("sku,model\n", "no rows"),
        ],
    )
    def test_a_broken_catalog_is_refused_by_row_and_nothing_is_sent(
        self, text, message, operator, server, tmp_path
    ):
        error = operator(catalog=written(tmp_path / "c.csv", text))
        assert isinstance(error, CatalogError)
        assert re.search(message, str(error), re.DOTALL), error
        assert server.requests == []


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "settings", "message"),
        [
            ("dxgl", {"asspect": "1:1"}, "asspect"),
            ("dxgl", {"length": 10_000}, "length"),
            ("glossi", {"templateId": "T1", "qualty": "high"}, "qualty"),
            ("glossi", {}, "template"),
            ("imagine", {"contents": ["silo"]}, "contents"),
            ("imagine", {"content": ["holograms"]}, "holograms"),
            ("threekit", {"widht": 100}, "widht"),
            ("threekit", {"width": -1}, "width"),
        ],
    )
    def test_an_unknown_or_impossible_setting_is_named(self, name, settings, message):
        with pytest.raises(SettingsError, match=message):
            VENDORS[name].settings(settings)

    def test_a_setting_that_no_vendor_has_pays_nothing_anywhere(self, operator, server):
        error = operator(settings={"no_such_setting": 1})
        assert "no_such_setting" in str(error)
        assert [one for one in server.requests if one.method != "GET"] == []


class TestOutputs:
    @pytest.mark.parametrize(
        ("output", "message"),
        [
            ("good.glb", "is a file, not a folder"),
            ("good.glb/below", "cannot write to the output folder"),
            ("/proc/renders", "cannot write to the output folder"),
            ("/dev/null", "is a file, not a folder"),
            ("name\0nul", "cannot write to the output folder"),
            ("x" * 300, "cannot write to the output folder .*name too long"),
        ],
    )
    def test_an_output_that_cannot_be_written_is_refused_and_nothing_is_sent(
        self, output, message, operator, server, tmp_path
    ):
        error = operator(output=os.path.join(str(tmp_path), output))
        assert isinstance(error, OutputError)
        assert re.search(message, str(error), re.DOTALL), error
        assert server.requests == []

    def test_a_loop_of_links_is_no_output(self, tmp_path):
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        with pytest.raises(OutputError, match="cannot write to the output folder"):
            check_output(tmp_path / "a")

    def test_a_picture_that_cannot_be_put_in_place_leaves_no_part_of_it(self, tmp_path):
        picture = tmp_path / "picture.png"
        picture.write_bytes(b"pixels")
        (tmp_path / "out/a.png").mkdir(parents=True)
        with pytest.raises(OutputError, match="cannot write"):
            publish(picture, check_output(tmp_path / "out") / "a.png")
        assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


class TestConnections:
    @pytest.mark.parametrize("kind", ["http", "dxgll", "aws", ""])
    def test_a_connection_of_no_vendor_is_refused(self, kind, monkeypatch):
        monkeypatch.setenv("AIRFLOW_CONN_FAULTY", f'{{"conn_type": "{kind}", "host": "x.test"}}')
        with pytest.raises(ConnectionConfigError, match="dxgl, glossi, imagine, threekit"):
            RenderHook.for_connection("faulty")

    @pytest.mark.parametrize("account", ACCOUNTS.values(), ids=ACCOUNTS.keys())
    @pytest.mark.parametrize("password", [None, "", "  "])
    def test_a_connection_without_a_token_is_refused(self, account, password, server, monkeypatch):
        text = account.connection(server).replace(f'"{account.token}"', f'"{password or ""}"')
        monkeypatch.setenv("AIRFLOW_CONN_FAULTY", text)
        with pytest.raises(RenderError, match="no password"):
            _ = RenderHook.for_connection("faulty").vendor
        assert server.requests == []
