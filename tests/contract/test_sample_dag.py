"""One sample DAG at every vendor: only the connection and the settings change."""

from __future__ import annotations

import json

from airflow_provider_render.hooks.base import BUILT_IN
from tests.contract.vendors import VENDORS
from tests.dags.conftest import start_airflow
from tests.operators.account import new_model

__all__ = ["start_airflow"]


def test_the_nightly_catalog_runs_at_every_vendor_by_changing_two_variables(account, tmp_path, start_airflow):
    new_model(tmp_path / "models")
    catalog = tmp_path / "catalog.csv"
    other = next(name for name in BUILT_IN if name != account.name)
    catalog.write_text(f"sku,model,settings@{other}.x\nCHR-{account.name},models/chair.glb,1\n")
    connection = {f"AIRFLOW_CONN_{account.conn_id.upper()}": account.connection()}
    airflow = start_airflow(
        **connection,
        AIRFLOW_VAR_RENDER_CONNECTION=account.conn_id,
        AIRFLOW_VAR_RENDER_SETTINGS=json.dumps(VENDORS[account.name](account).first),
        AIRFLOW_VAR_RENDER_CATALOG=str(catalog),
        AIRFLOW_VAR_RENDER_OUTPUT=str(tmp_path / "out"),
    )
    nights = [airflow.run("nightly_catalog") for _ in range(2)]
    assert [night["state"] for night in nights] == ["success"] * 2, nights[0]["said"]
    first, second = (next(value for task, _, value in night["xcoms"] if task == "render") for night in nights)
    assert (first["delivered"], first["credits_spent"]) == (1, "1")
    assert (second["unchanged"], second["credits_spent"]) == (1, "0")
    assert (tmp_path / "out" / account.conn_id / f"CHR-{account.name}" / "render.json").exists()
    assert account.token not in "".join(night["said"] for night in nights)
