from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from io import BytesIO

import pyarrow
import pytest
from pyarrow.parquet import ParquetFile, write_table

from airflow_provider_render.catalog.sources import read_catalog
from airflow_provider_render.core.errors import CatalogError

ROWS = [
    {"sku": "A", "model": "a.glb", "settings": {"aspect": "1:1", "quality": None}, "title": None},
    {"sku": "B", "model": "sub/b.glb", "settings": None, "title": "Böhm"},
]


def as_parquet(rows, schema=None, **options) -> bytes:
    file = BytesIO()
    write_table(pyarrow.Table.from_pylist(rows, schema=schema), file, **options)
    return file.getvalue()


@pytest.fixture
def told(root):
    """Write bytes as a catalog and read its items."""

    def read(data):
        (root / "c.parquet").write(data)
        return read_catalog(str(root / "c.parquet"))

    return read


def refused(items) -> str:
    with pytest.raises(CatalogError) as caught:
        list(items)
    return str(caught.value)


def test_rows_are_read_and_empty_fields_are_left_out(told, root):
    one, other = told(as_parquet(ROWS))
    assert (one.key, one.model, one.settings) == ("A", str(root / "a.glb"), {"aspect": "1:1"})
    assert (other.key, other.settings, other.title) == ("B", {}, "Böhm")
    assert other.row == "row 2 of c.parquet"


def test_numbers_and_dates_become_what_json_knows(told):
    settings = pyarrow.struct(
        [
            ("length", pyarrow.decimal128(5, 2)),
            ("turns", pyarrow.float64()),
            ("loop", pyarrow.bool_()),
            ("day", pyarrow.date32()),
            ("sides", pyarrow.list_(pyarrow.int8())),
        ]
    )
    schema = pyarrow.schema(
        [("sku", pyarrow.decimal128(8, 2)), ("model", pyarrow.large_string()), ("settings", settings)]
    )
    row = {"length": Decimal(3), "turns": 1.5, "loop": True, "day": date(2026, 1, 2), "sides": [1, 2]}
    (item,) = told(as_parquet([{"sku": Decimal(1001), "model": "a.glb", "settings": row}], schema))
    assert item.key == "1001"
    assert item.settings == {**row, "length": 3, "day": "2026-01-02"}


def test_words_that_are_kept_once_each_are_read_as_any_others(told):
    table = pyarrow.table({"sku": ["A", "B"], "model": ["x.glb", "x.glb"]})
    file = BytesIO()
    write_table(table.set_column(1, "model", table["model"].dictionary_encode()), file)
    assert [item.key for item in told(file.getvalue())] == ["A", "B"]


def test_broken_rows_are_named_by_their_number_in_the_whole_file(told):
    rows = [{"sku": f"SKU-{number}", "model": "a.glb"} for number in range(2500)]
    rows[2100]["sku"] = None
    rows[7]["model"] = " "
    message = refused(told(as_parquet(rows, row_group_size=900)))
    assert "row 8 of c.parquet: column 'model' is empty" in message
    assert "row 2101 of c.parquet: column 'sku' is missing" in message


def test_a_file_is_read_row_group_by_row_group(told):
    rows = [{"sku": f"SKU-{number}", "model": "a.glb"} for number in range(3000)]
    data = bytearray(as_parquet(rows, row_group_size=1000, compression="none", use_dictionary=False))
    last = ParquetFile(BytesIO(data)).metadata.row_group(2).column(0).data_page_offset
    data[last : last + 40] = bytes(40)
    items = told(bytes(data))
    assert [next(items).key for _ in range(2000)] == [row["sku"] for row in rows[:2000]]
    assert "c.parquet is not a parquet file: " in refused(items)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PAR1",
        b"sku,model\nA,a.glb\n",
        as_parquet(ROWS)[:200],
        as_parquet(ROWS)[:10] + bytes(40) + as_parquet(ROWS)[50:],
    ],
    ids=["empty", "only its first bytes", "CSV", "cut short", "damaged within"],
)
def test_what_is_no_parquet_is_refused_with_a_reason(told, data):
    assert "c.parquet is not a parquet file: " in refused(told(data))


def test_without_pyarrow_the_extra_is_named(told, monkeypatch):
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    assert "pip install 'airflow-provider-render[parquet]'" in refused(told(as_parquet(ROWS)))
