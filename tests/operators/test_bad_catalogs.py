"""What users get wrong in a catalog, and what they are told; nothing of it is paid."""

from __future__ import annotations

import json

import pytest

from airflow_provider_render.core.errors import CatalogError, RenderFailedError
from airflow_provider_render.operators.catalog import RenderCatalogOperator, RenderModelOperator
from tests.operators.account import SETTINGS, new_model
from tests.operators.task import Task


def run(account, tmp_path, catalog, **more):
    given = {"task_id": "render", "render_conn_id": account.conn_id, "settings": SETTINGS}
    given |= {"catalog": str(catalog), "output": str(tmp_path / "out"), "poll_interval": 0.1, **more}
    return Task(lambda: RenderCatalogOperator(**given)).run()


def csv(tmp_path, *lines):
    path = tmp_path / "catalog.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def report(tmp_path):
    folder = tmp_path / "out/_render/reports"
    return json.loads((folder / "latest.json").read_text()), (folder / "latest.md").read_text()


def test_settings_for_a_misspelt_vendor_are_not_rendered_without_them(idle, tmp_path):
    catalog = csv(tmp_path, "sku,model,settings@dxlg.length", f"A,{new_model(tmp_path)},9")
    with pytest.raises(CatalogError, match=r"did you mean 'settings@dxgl\.length'"):
        run(idle, tmp_path, catalog)
    assert idle.spent == 0


def test_wrong_settings_and_missing_models_are_told_with_their_rows(idle, tmp_path):
    catalog = csv(tmp_path, "sku,model,settings.length", f"A,{new_model(tmp_path)},900", "B,nowhere.glb,3")
    with pytest.raises(RenderFailedError, match=r"2 of 2\. The first: A: row 2 of catalog\.csv: .*length: "):
        run(idle, tmp_path, catalog)
    told, text = report(tmp_path)
    reasons = {item["key"]: item["reason"] for item in told["items"]}
    assert reasons["A"].startswith("row 2 of catalog.csv: DXGL render settings: length: ")
    assert reasons["B"].startswith("row 3 of catalog.csv: there is no model file at ")
    assert "row 3 of catalog.csv" in text
    assert idle.spent == 0


def test_wrong_settings_of_the_task_are_not_blamed_on_a_row(idle, tmp_path):
    catalog = csv(tmp_path, "sku,model", f"A,{new_model(tmp_path)}")
    with pytest.raises(RenderFailedError, match=r"The first: A: DXGL render settings: length: "):
        run(idle, tmp_path, catalog, settings={"length": 900})


def test_a_plan_names_the_row_once(idle, tmp_path):
    plan = run(idle, tmp_path, csv(tmp_path, "sku,model", "B,nowhere.glb"), plan_only=True)
    (item,) = plan["plan"]
    assert item["row"] == "row 2 of catalog.csv"
    assert item["reason"].startswith("there is no model file at ")


def test_a_single_model_stands_in_no_row(idle, tmp_path):
    given = {"task_id": "one", "render_conn_id": idle.conn_id, "output": str(tmp_path / "out")}
    with pytest.raises(RenderFailedError, match="The first: chair: there is no model file at /nowhere"):
        Task(lambda: RenderModelOperator(model="/nowhere/chair.glb", **given)).run()


@pytest.mark.parametrize("lines", [["sku,model"], ["sku,model", "", ",,"]])
def test_a_catalog_of_a_header_alone_has_no_rows(idle, tmp_path, lines):
    with pytest.raises(CatalogError, match=r"the catalog has no rows: '.*catalog\.csv'"):
        run(idle, tmp_path, csv(tmp_path, *lines))


def test_a_sku_cannot_leave_the_output_folder(dxgl, rendered, tmp_path):
    run(dxgl, tmp_path, csv(tmp_path, "sku,model", f"../x,{rendered[0]}"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["_render", "~2E.~2Fx"]
    assert not (tmp_path / "x").exists()
