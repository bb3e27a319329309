from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.operators.catalog import RenderCatalogOperator
from tests.catalog.database import database as database
from tests.operators.account import SETTINGS, new_model, rows
from tests.operators.task import Task


def catalog(account, rows_, output, *, run_id="nightly-1", params=None, **more) -> Task:
    fields = {
        "task_id": "render",
        "render_conn_id": account.conn_id,
        "catalog": rows_,
        "output": str(output),
        "settings": SETTINGS,
        "poll_interval": 0.2,
        **more,
    }
    return Task(lambda: RenderCatalogOperator(**fields), run_id=run_id, params=params)


def test_results_leave_as_a_file_and_as_rows_of_a_database(dxgl, rendered, tmp_path, database):
    task = catalog(
        dxgl,
        rows(*rendered[:2]),
        tmp_path / "out",
        table="{{ params.table }}",
        table_conn_id="{{ params.warehouse }}",
        table_name="renders",
        params={"table": str(tmp_path / "results/table.jsonl"), "warehouse": database.conn_id},
        deferrable=True,
    )
    assert task.run()["delivered"] == 2

    lines = [json.loads(line) for line in (tmp_path / "results/table.jsonl").read_text().splitlines()]
    assert sorted((line["sku"], line["kind"]) for line in lines) == [
        ("bench", "poster"),
        ("bench", "video"),
        ("lamp", "poster"),
        ("lamp", "video"),
    ]
    for line in lines:
        assert Path(line["uri"]).stat().st_size == line["size_bytes"]
        assert (line["delivered"], line["vendor"]) == ("this run", "dxgl")
    told = database.run("SELECT item_key, path, sha256 FROM renders ORDER BY path")
    assert told == sorted((line["item_key"], line["path"], line["sha256"]) for line in lines)


def test_products_come_from_a_query_that_the_run_fills_in(dxgl, rendered, tmp_path, database):
    products = [("BNC", rendered[0], "garden"), ("LMP", rendered[1], "office")]
    database.fill("products", ["sku", "model", "room"], products)
    query = {
        "conn_id": database.conn_id,
        "sql": "SELECT sku, model FROM products WHERE room = '{{ params.room }}'",
    }

    summary = catalog(dxgl, query, tmp_path / "out", params={"room": "garden"}, table=True).run()

    assert (summary["items"], summary["delivered"]) == (1, 1)
    table = tmp_path / "out/_render/table.jsonl"
    assert {json.loads(line)["sku"] for line in table.read_text().splitlines()} == {"BNC"}


@pytest.mark.parametrize("off", ["{{ params.table }}", None, False])
def test_a_table_that_a_template_leaves_empty_is_none(dxgl, rendered, tmp_path, off):
    catalog(dxgl, rows(rendered[0]), tmp_path / "out", table=off, params={"table": None}).run()
    assert not list(tmp_path.rglob("*.jsonl"))


def test_a_table_is_written_even_where_items_failed_and_the_task_says_so(dxgl, rendered, tmp_path):
    broken = tmp_path / "broken.glb"
    broken.write_bytes(b"glTF, but not really")
    table = [*rows(rendered[0]), {"sku": "BAD", "model": str(broken)}]
    with pytest.raises(Exception, match="items that failed: 1 of 2"):
        catalog(dxgl, table, tmp_path / "out", table=True, fail_on_item_failure=True).run()
    lines = (tmp_path / "out/_render/table.jsonl").read_text().splitlines()
    assert {json.loads(line)["item_key"] for line in lines} == {"bench"}


def test_a_table_that_cannot_be_had_fails_the_task_before_anything_is_paid(idle, tmp_path):
    for wrong in ({"table": "table.xlsx"}, {"table_conn_id": "nowhere", "table_name": "renders"}):
        with pytest.raises(RenderInputError, match=r"^table"):
            catalog(idle, rows(new_model(tmp_path)), tmp_path / "out", **wrong).run()
    assert idle.spent == 0


def test_a_plan_alone_writes_no_table(idle, tmp_path):
    catalog(idle, rows(new_model(tmp_path)), tmp_path / "out", plan_only=True, table=True).run()
    assert not list(tmp_path.rglob("*.jsonl"))
