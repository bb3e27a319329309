from __future__ import annotations

import json
import sys
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from pyarrow.parquet import ParquetFile

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
    submitted="2026-01-02T03:04:05+00:00",
    rendered="2026-01-02T03:05:06+00:00",
    updated="2026-01-02T03:06:07+00:00",
)


def rows(record, key="CHR-1/dark", run="nightly/monday/render[3]"):
    return list(rows_of(key, record, root=place("/renders"), run=run))


def some_rows(*numbers):
    return [
        {**dict.fromkeys(COLUMNS), "item_key": f"SKU-{n}", "size_bytes": n, "credits": 0.5} for n in numbers
    ]


def parquet(there):
    return ParquetFile(BytesIO(there.read()))


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
            "submitted_at": "2026-01-02T03:04:05+00:00",
            "rendered_at": "2026-01-02T03:05:06+00:00",
            "delivered_at": "2026-01-02T03:06:07+00:00",
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
            facts = ("credits", "vendor", "job_id", "model_id", "submitted_at", "rendered_at", "delivered_at")
            assert [row[column] for column in facts] == [None] * 7
            assert row["sha256"] == "ab" * 32

    def test_times_that_an_older_state_did_not_note_are_not_made_up(self):
        row = rows(replace(DONE, submitted="", rendered=""))[0]
        assert (row["submitted_at"], row["rendered_at"]) == (None, None)
        assert row["delivered_at"] == DONE.updated

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
    def test_rows_come_back_as_they_were_with_the_same_types_for_all_batches(self, root, monkeypatch):
        monkeypatch.setattr(table, "BATCH", 2)
        TableFile(root / "table.parquet").write(some_rows(1, 2, 3))
        file = parquet(root / "table.parquet")
        assert file.num_row_groups == 2
        assert file.read().to_pylist() == some_rows(1, 2, 3)
        types = dict(zip(file.schema_arrow.names, map(str, file.schema_arrow.types), strict=True))
        assert list(types) == list(COLUMNS)
        assert (types.pop("size_bytes"), types.pop("credits")) == ("int64", "double")
        assert set(types.values()) == {"string"}

    def test_a_table_without_rows_has_all_columns(self, root):
        TableFile(root / "table.parquet").write([])
        file = parquet(root / "table.parquet")
        assert (file.metadata.num_rows, file.schema_arrow.names) == (0, list(COLUMNS))

    def test_a_row_of_the_wrong_type_leaves_the_old_table_as_it_was(self, root):
        TableFile(root / "table.parquet").write(some_rows(1))
        with pytest.raises(OutputError, match=r"cannot write .*table\.parquet"):
            TableFile(root / "table.parquet").write([{**some_rows(2)[0], "size_bytes": "many"}])
        assert parquet(root / "table.parquet").read().to_pylist() == some_rows(1)

    def test_without_pyarrow_the_extra_is_named_before_anything_is_done(self, root, monkeypatch):
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        message = r"pip install 'airflow-provider-render\[parquet\]'; or name a \.jsonl file"
        with pytest.raises(RenderInputError, match=message):
            TableFile(root / "table.parquet")


class TestCheck:
    @pytest.mark.parametrize("groups", [1, 3])
    def test_a_place_that_can_be_written_passes_and_keeps_what_is_there(self, root, groups):
        TableFile(root / "table.jsonl", 0, groups).write(some_rows(1))
        before = {root.below(entry): entry.size for entry in root.walk()}
        TableFile(root / "table.jsonl", 0, groups).check()
        assert {root.below(entry): entry.size for entry in root.walk()} == before

    @pytest.mark.parametrize("groups", [1, 3])
    def test_a_folder_in_the_place_of_the_table_is_refused(self, root, groups):
        (root / "table.jsonl/kept.txt").write(b"")
        with pytest.raises(RenderInputError, match=r"table\.jsonl is a folder, not a file"):
            TableFile(root / "table.jsonl", 0, groups).check()

    @pytest.mark.parametrize("groups", [1, 3])
    def test_a_place_that_cannot_be_written_is_refused(self, tmp_path, groups):
        (tmp_path / "file").write_text("")
        (tmp_path / "dangling").symlink_to(tmp_path / "nowhere/at/all")
        for folder in ("file", "dangling"):
            with pytest.raises(OutputError, match=r"table: cannot write .*table\.jsonl"):
                TableFile(place(tmp_path / folder / "table.jsonl"), 0, groups).check()


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
