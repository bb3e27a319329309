from __future__ import annotations

import json
import sys
from dataclasses import replace
from decimal import Decimal
from types import ModuleType, SimpleNamespace

import pytest

from airflow_provider_render.catalog import table
from airflow_provider_render.catalog.items import CatalogItem
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.catalog.table import COLUMNS, TableFile, rows_of, table_place
from airflow_provider_render.core.errors import OutputError, RenderInputError
from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.core.journal import Phase, Record

VIDEO = {
    "path": "CHR-1/dark/video.mp4",
    "name": "video.mp4",
    "kind": "video",
    "media_type": "video/mp4",
    "size": 9,
    "sha256": "ab" * 32,
}
VIEWER = {**VIDEO, "path": "CHR-1/dark/viewer.url", "kind": "viewer", "link": "https://vendor.example/v/1"}
DONE = Record(
    "f",
    Phase.DELIVERED,
    job=RenderJob("dxgl", "R1", "M1"),
    model_id="M1",
    delivered_by="nightly/monday/render[3]",
    spent=Decimal("1.5"),
    files=(VIDEO, VIEWER),
    updated="2026-01-02T03:04:05+00:00",
)


def rows(record, key="CHR-1/dark", run="nightly/monday/render[3]"):
    return list(rows_of(key, record, root=place("/renders"), run=run))


def some_rows(*numbers):
    return [
        {**dict.fromkeys(COLUMNS), "item_key": f"SKU-{n}", "size_bytes": n, "credits": 0.5} for n in numbers
    ]


def lines(there):
    return [json.loads(line) for line in there.read().decode().splitlines()]


class TestRows:
    def test_each_file_is_a_row_with_all_that_is_known_of_its_render(self):
        video, viewer = rows(DONE)
        assert video == {
            "item_key": "CHR-1/dark",
            "sku": "CHR-1",
            "variant": "dark",
            "path": "CHR-1/dark/video.mp4",
            "uri": "/renders/CHR-1/dark/video.mp4",
            "kind": "video",
            "media_type": "video/mp4",
            "size_bytes": 9,
            "sha256": "ab" * 32,
            "link": None,
            "credits": 1.5,
            "vendor": "dxgl",
            "job_id": "R1",
            "model_id": "M1",
            "rendered_at": "2026-01-02T03:04:05+00:00",
            "delivered": "this run",
            "delivered_by": "nightly/monday/render[3]",
        }
        assert viewer["link"] == "https://vendor.example/v/1"

    def test_the_sum_over_all_rows_is_what_the_renders_cost(self):
        assert sum(row["credits"] for row in rows(DONE)) == 1.5

    @pytest.mark.parametrize(
        ("run", "told"),
        [
            ("nightly/monday/render[7]", "this run"),
            ("nightly/tuesday/render[3]", "before"),
            ("nightly/monday/other[3]", "before"),
        ],
    )
    def test_what_another_group_of_the_run_delivered_was_delivered_by_this_run(self, run, told):
        assert {row["delivered"] for row in rows(DONE, run=run)} == {told}

    @pytest.mark.parametrize("phase", [Phase.INTENT, Phase.SUBMITTED, Phase.FAILED])
    def test_files_that_await_a_new_render_stay_without_the_facts_of_that_render(self, phase):
        for row in rows(replace(DONE, phase=phase)):
            facts = ("credits", "vendor", "job_id", "model_id", "rendered_at")
            assert [row[column] for column in facts] == [None] * 5
            assert row["sha256"] == "ab" * 32

    def test_an_item_without_files_has_no_rows(self):
        assert rows(replace(DONE, files=())) == []

    @pytest.mark.parametrize(
        ("sku", "variant"),
        [
            ("CHR-1", None),
            ("A/B", None),
            ("A/B", "dark"),
            ("A", "B/dark"),
            ("A", "B"),
            ("ü", "ä"),
            ("/", "x"),
        ],
    )
    def test_sku_and_variant_are_told_apart_even_where_they_have_slashes(self, sku, variant):
        key = f"{sku}/{variant}" if variant else sku
        folder = CatalogItem(key, sku, "", variant).folder
        record = replace(DONE, files=({**VIDEO, "path": f"{folder}/video.mp4"},))
        (row,) = rows(record, key)
        assert (row["sku"], row["variant"]) == (sku, variant)


class TestLines:
    def test_a_table_holds_a_row_a_line_in_the_order_they_come(self, root):
        file = TableFile(root / "table.jsonl")
        file.write(iter(some_rows(1, 2)))
        assert lines(root / "table.jsonl") == some_rows(1, 2)

    def test_a_new_table_replaces_the_old_one_and_an_empty_one_is_a_file_too(self, root):
        for rows_ in (some_rows(1, 2), []):
            TableFile(root / "table.jsonl").write(rows_)
            assert lines(root / "table.jsonl") == rows_

    def test_a_table_that_is_not_finished_leaves_the_old_one_as_it_was(self, root):
        TableFile(root / "table.jsonl").write(some_rows(1))

        def broken():
            yield from some_rows(2)
            raise OutputError("the state is damaged")

        with pytest.raises(OutputError, match="damaged"):
            TableFile(root / "table.jsonl").write(broken())
        assert lines(root / "table.jsonl") == some_rows(1)

    def test_a_place_that_cannot_be_written_is_told(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(OutputError, match=r"cannot write .*table\.jsonl"):
            TableFile(place(tmp_path / "file/table.jsonl")).write([])

    def test_text_that_is_no_text_does_not_sink_the_table(self, root):
        TableFile(root / "table.jsonl").write([{"path": "a\udc80"}])
        assert lines(root / "table.jsonl") == [{"path": "a?"}]


class TestParts:
    def test_each_group_writes_a_part_of_its_own(self, root):
        for group in range(3):
            TableFile(root / "table.jsonl", group, 3).write(some_rows(group))
        parts = sorted(map(root.below, root.walk()))
        assert parts == [f"table.jsonl.parts/part-0000{group}-of-00003.jsonl" for group in range(3)]
        assert [lines(root / part) for part in parts] == [some_rows(group) for group in range(3)]

    @pytest.mark.parametrize(("before", "after"), [(3, 2), (2, 3), (1, 2), (2, 1)])
    def test_when_the_division_changes_no_row_stays_twice(self, root, before, after):
        for groups in (before, after):
            for group in range(groups):
                TableFile(root / "table.jsonl", group, groups).write(some_rows(group))
        assert len(list(root.walk())) == after

    def test_what_somebody_else_keeps_beside_the_parts_is_left_alone(self, root):
        (root / "table.jsonl.parts/notes.txt").write(b"mine")
        TableFile(root / "table.jsonl").write([])
        assert (root / "table.jsonl.parts/notes.txt").read() == b"mine"


class TestParquet:
    @pytest.fixture
    def written(self, monkeypatch):
        """What was written by a stand-in for pyarrow, without its hundred megabytes."""
        tables = []

        class ParquetWriter:
            def __init__(self, where, schema):
                self.where = where

            def __enter__(self):
                return self

            def __exit__(self, *_):
                with open(self.where, "wb") as file:
                    file.write(b"PAR1")

            def write_table(self, batch):
                tables.append(batch)

        arrow, parquet = ModuleType("pyarrow"), ModuleType("pyarrow.parquet")
        arrow.string, arrow.int64, arrow.float64 = lambda: "string", lambda: "int64", lambda: "float64"
        arrow.schema = dict
        arrow.Table = SimpleNamespace(from_pylist=lambda rows_, schema: (schema, rows_))
        parquet.ParquetWriter = ParquetWriter
        monkeypatch.setitem(sys.modules, "pyarrow", arrow)
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", parquet)
        return tables

    def test_rows_are_written_in_batches_with_the_same_columns_for_all(self, root, written, monkeypatch):
        monkeypatch.setattr(table, "BATCH", 2)
        TableFile(root / "table.parquet").write(some_rows(1, 2, 3))
        assert [rows_ for _, rows_ in written] == [some_rows(1, 2), some_rows(3)]
        for schema, _ in written:
            assert list(schema) == list(COLUMNS)
            assert (schema["size_bytes"], schema["credits"]) == ("int64", "float64")
        assert (root / "table.parquet").read() == b"PAR1"

    def test_without_pyarrow_the_package_is_named_before_anything_is_done(self, root, monkeypatch):
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(RenderInputError, match=r"pip install pyarrow; or name a \.jsonl file"):
            TableFile(root / "table.parquet")


class TestWhere:
    @pytest.mark.parametrize("off", [None, False, "", "None", "False", " false "])
    def test_nothing_is_written_unless_it_is_wanted(self, root, off):
        assert table_place(off, root) is None

    @pytest.mark.parametrize("on", [True, "True", "true"])
    def test_true_is_a_place_beside_the_reports(self, root, on):
        assert str(table_place(on, root)) == str(root / "_render/table.jsonl")

    def test_a_path_is_taken_as_it_is(self, root, tmp_path):
        assert table_place(str(tmp_path / "t.jsonl"), root).path == str(tmp_path / "t.jsonl")

    @pytest.mark.parametrize("name", ["table.csv", "table", "table.jsonl.gz"])
    def test_another_ending_is_refused(self, root, name):
        with pytest.raises(RenderInputError, match=r"table: must end in \.jsonl or \.parquet"):
            TableFile(root / name)
