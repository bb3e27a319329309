from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest

from airflow_provider_render.catalog.sources import read_catalog
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.core.errors import CatalogError
from tests.catalog.models import glb

ROWS = [
    {"sku": "A", "model": "a.glb", "settings": {"aspect": "1:1"}},
    {"sku": "B", "model": "sub/b.glb", "title": "Böhm"},
]


def refused(source, **options) -> str:
    with pytest.raises(CatalogError) as caught:
        list(read_catalog(source, **options))
    return str(caught.value)


def as_csv(delimiter: str) -> bytes:
    cells = [
        ["sku", "model", "settings.aspect", "title"],
        ["A", "a.glb", "1:1", ""],
        [],
        ["B", "sub/b.glb", "", "Böhm"],
    ]
    text = "\r\n".join(delimiter.join(row) for row in cells)
    return b"\xef\xbb\xbf" + text.encode()


CATALOGS = {
    "comma.csv": as_csv(","),
    "semicolon.CSV": as_csv(";"),
    "tab.csv": as_csv("\t"),
    "lines.jsonl": "\n\n".join(map(json.dumps, ROWS)).encode(),
    "lines.ndjson": "\n".join(map(json.dumps, ROWS)).encode() + b"\n",
    "array.json": json.dumps(ROWS).encode(),
}


@pytest.mark.parametrize("name", CATALOGS)
def test_every_format_gives_the_same_items(root, name):
    (root / name).write(CATALOGS[name])
    one, other = read_catalog(str(root / name))
    assert (one.key, one.model, one.settings) == ("A", str(root / "a.glb"), {"aspect": "1:1"})
    assert (other.key, other.model, other.title) == ("B", str(root / "sub/b.glb"), "Böhm")


def test_rows_may_come_as_mappings_from_anywhere():
    items = list(read_catalog(iter(ROWS), base="s3://acme/models"))
    assert [item.model for item in items] == ["s3://acme/models/a.glb", "s3://acme/models/sub/b.glb"]
    assert items[1].row == "row 2 of the list"


def test_a_path_object_and_an_object_storage_path_are_read(bucket, tmp_path):
    from airflow.sdk import ObjectStoragePath

    (tmp_path / "c.csv").write_bytes(CATALOGS["comma.csv"])
    (place(bucket) / "c.csv").write(CATALOGS["comma.csv"])
    assert len(list(read_catalog(tmp_path / "c.csv"))) == 2
    assert len(list(read_catalog(ObjectStoragePath(bucket) / "c.csv"))) == 2


def test_a_folder_of_models_is_a_catalog(root):
    for name in ("chair.glb", "sub/lamp.GLB", "note.txt", ".hidden.glb", "_render/x.glb", "sub/.git/y.glb"):
        (root / name).write(glb())
    items = list(read_catalog(root))
    assert [(item.sku, item.model) for item in items] == [
        ("chair", str(root / "chair.glb")),
        ("lamp", str(root / "sub/lamp.GLB")),
    ]


def test_models_of_one_name_in_two_folders_are_refused(root):
    (root / "a/chair.glb").write(b"x")
    (root / "b/chair.glb").write(b"x")
    assert "file b/chair.glb: 'chair' is already in file a/chair.glb" in refused(root)


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path):
    (tmp_path / "c.csv").write_text('sku,model,title\nA,a.glb,"two\nlines"\n,b.glb,\n')
    assert "row 3 of c.csv: column 'sku' is empty" in refused(tmp_path / "c.csv")


def test_a_large_catalog_is_not_held_in_memory(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n{broken")
    stream = read_catalog(path)
    assert next(stream).key == "A"
    with pytest.raises(CatalogError, match=r"row 2 of c\.jsonl is not JSON"):
        next(stream)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("c.csv", b"", "is empty: its first row must name the columns"),
        ("c.csv", b"sku,model,sku\nA,a.glb,B", "more than one column 'sku'"),
        ("c.csv", b"sku,model\nA,a.glb,extra", "row 2 of c.csv has 3 cells but there are 2 columns"),
        ("c.csv", b'sku,model\nA,"a.glb', "is not a .csv file"),
        ("c.csv", "sku,model\nA,Bühne.glb".encode("latin-1"), "is not a .csv file in UTF-8"),
        ("c.json", b'{"sku": "A"}', "must hold one JSON array of objects, not dict"),
        ("c.json", b"[1]", "row 1 of c.json must be a mapping of columns to values, not int"),
        ("c.json", b"[" * 100_000, "is not JSON"),
        ("c.jsonl", b"[1]", "row 1 of c.jsonl must be a mapping"),
        ("c.xlsx", b"PK", "it must be a folder or one of .csv"),
    ],
)
def test_a_broken_catalog_is_refused_with_a_reason(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    assert message in refused(tmp_path / name)


def test_a_missing_catalog_and_an_empty_folder_are_refused(root):
    assert "there is no catalog at" in refused(root / "none.csv")
    (root / "empty/readme.txt").write(b"")
    assert "there is no model file below" in refused(root / "empty")


@pytest.mark.parametrize("source", [{"sku": "A"}, 3, None])
def test_what_is_no_catalog_is_refused(source):
    assert "a catalog is a path, a URL or a list of mappings" in refused(source)


def test_parquet_without_pyarrow_names_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "c.parquet").write_bytes(b"PAR1")
    assert "needs the package pyarrow" in refused(tmp_path / "c.parquet")


class Batch(list):
    """A batch of parquet rows, without the hundred megabytes of pyarrow."""

    to_pylist = list.copy


def test_parquet_rows_are_read_in_batches_and_empty_fields_are_left_out(tmp_path, monkeypatch):
    batches = [
        Batch([{"sku": 1, "model": "a.glb", "settings": {"aspect": "1:1", "quality": None}, "title": None}]),
        Batch([{"sku": 2, "model": "b.glb", "settings": None, "title": "Lamp"}]),
    ]

    class ParquetFile:
        def __init__(self, file):
            assert file.read() == b"PAR1"

        def iter_batches(self, batch_size):
            return iter(batches)

    parquet = ModuleType("pyarrow.parquet")
    parquet.ParquetFile = ParquetFile
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", parquet)
    (tmp_path / "c.parquet").write_bytes(b"PAR1")
    one, other = read_catalog(tmp_path / "c.parquet")
    assert (one.key, one.settings, one.title) == ("1", {"aspect": "1:1"}, None)
    assert (other.key, other.settings, other.row) == ("2", {}, "row 2 of c.parquet")


def test_the_connection_of_a_catalog_is_used_for_its_models(bucket):
    from airflow.sdk.io import attach
    from fsspec.implementations.memory import MemoryFileSystem

    attach("memory", "pim", fs=MemoryFileSystem())
    (place(bucket) / "c.csv").write(b"sku,model\nA,a.glb\n")
    named = bucket.replace("memory://", "memory://pim@")
    for items in (read_catalog(f"{bucket}/c.csv", conn_id="pim"), read_catalog(f"{named}/c.csv")):
        assert [item.model for item in items] == [f"{named}/a.glb"]
    (place(f"{named}/a.glb")).write(b"model")
    assert place(f"{bucket}/a.glb").read() == b"model"
