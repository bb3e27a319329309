"""The page on catalogs shows one that is divided among mapped tasks; here it runs as it is written."""

from __future__ import annotations

import json
import re

from tests.dags.conftest import ROOT
from tests.operators.account import new_model

SKUS = [f"CHR-{number}" for number in range(6)]


def sample(catalog, output) -> str:
    """The DAG of the page, with another catalog and output folder."""
    page = (ROOT / "docs/catalog.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    (text,) = (block for block in blocks if "shard_groups" in block)
    for before, after in (("s3://acme-pim/catalog.parquet", catalog), ("s3://acme-renders/", output)):
        assert text.count(before) == 1
        text = text.replace(before, str(after))
    return text


def test_a_catalog_in_groups_runs_as_the_page_says_and_is_paid_once(dxgl, tmp_path, start_airflow):
    catalog = tmp_path / "catalog.csv"
    rows = [f"{sku},{new_model(tmp_path / 'models', sku)},3" for sku in SKUS]
    catalog.write_text("\n".join(["sku,model,settings.length", *rows]) + "\n")
    folder = tmp_path / "dags"
    folder.mkdir()
    (folder / "large_catalog.py").write_text(sample(catalog, tmp_path / "out"))
    airflow = start_airflow(
        AIRFLOW__CORE__DAGS_FOLDER=str(folder), AIRFLOW_CONN_DXGL_DEFAULT=dxgl.connection()
    )

    first, second = (airflow.run("large_catalog") for _ in range(2))

    assert [first["state"], second["state"]] == ["success"] * 2, first["said"]
    assert sorted(first["tasks"]) == [f"render[{index}]" for index in range(8)]
    told = [value for _, _, value in first["xcoms"]]
    assert sum(one["delivered"] for one in told) == sum(one["items"] for one in told) == len(SKUS)
    assert sum(value["unchanged"] for _, _, value in second["xcoms"]) == len(SKUS)
    assert dxgl.spent == len(SKUS)
    for sku in SKUS:
        assert json.loads((tmp_path / "out" / sku / "render.json").read_text())["sku"] == sku


def test_more_groups_than_airflow_maps_are_an_import_error_of_the_dag(tmp_path):
    from airflow.dag_processing.dagbag import DagBag

    text = sample("c.csv", "out").replace("shard_groups=8", "shard_groups=5000")
    (tmp_path / "large_catalog.py").write_text(text)
    (error,) = DagBag(tmp_path, safe_mode=False).import_errors.values()
    assert "shard_groups: 5000 groups are more tasks than Airflow may map: 1024" in error
