"""What a catalog takes of the memory of a task that works on one of many groups of it."""

from __future__ import annotations

import json
import tracemalloc

import pyarrow
import pytest
from pyarrow import parquet

from airflow_provider_render.catalog.sources import read_catalog

FEW, MANY = 2_000, 20_000
BYTES_A_ROW = 150
"""At most, for telling rows apart; the cells of a row take some 600."""


def write_csv(path, rows):
    path.write_text("sku,model,title\n" + "".join(f"{row:07},models/{row}.glb,Chair {row}\n" for row in rows))


def write_jsonl(path, rows):
    lines = (json.dumps({"sku": f"{row:07}", "model": f"models/{row}.glb"}) for row in rows)
    path.write_text("\n".join(lines))


def write_parquet(path, rows):
    skus = [f"{row:07}" for row in rows]
    table = pyarrow.table({"sku": skus, "model": [f"models/{sku}.glb" for sku in skus]})
    parquet.write_table(table, path, row_group_size=500)


@pytest.mark.parametrize(
    ("kind", "write"), [("csv", write_csv), ("jsonl", write_jsonl), ("parquet", write_parquet)]
)
def test_rows_of_other_groups_are_not_kept(tmp_path, kind, write):
    def most(count):
        path = tmp_path / f"{count}.{kind}"
        write(path, range(count))
        tracemalloc.start()
        kept = list(read_catalog(str(path), keep=lambda number: number % 1000 == 0))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert 0 < len(kept) < count / 100
        return peak

    most(FEW)
    assert most(MANY) - most(FEW) < (MANY - FEW) * BYTES_A_ROW
