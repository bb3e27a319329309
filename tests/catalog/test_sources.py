from __future__ import annotations

import gzip
import json
import re

import pytest

from airflow_provider_render.catalog.sources import count_rows, read_catalog
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


def test_a_folder_also_has_the_models_that_the_vendor_alone_takes(root):
    for name in ("chair.glb", "lamp.DAE", "vase.usd", "note.txt"):
        (root / name).write(b"x")
    items = list(read_catalog(root, extensions={".glb", ".dae"}))
    assert [item.sku for item in items] == ["chair", "lamp"]
    assert count_rows(root, {".dae", ".usd"}) == 3


def test_a_folder_without_models_says_what_the_vendor_takes(root):
    (root / "readme.txt").write(b"x")
    with pytest.raises(CatalogError, match=r"looked for \.dae, \.fbx, "):
        list(read_catalog(root, extensions={".dae"}))


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
        ("c.csv", b"", "is empty, or its first row is: that must name the columns, sku and model"),
        ("c.csv", b"\nsku,model\nA,a.glb", "its first row is: that must name the columns"),
        (
            "c.csv",
            b"sku|model\nA|a.glb",
            "it has 'sku|model'; cells are separated by comma, semicolon or tab",
        ),
        ("c.csv", b"Catalog,2026\nsku,model", "no column 'sku' and no 'model'; it has 'Catalog', '2026'"),
        ("c.csv", b"sku,file\nA,a.glb", "no column 'model'; it has 'sku', 'file' (did you mean 'model' by"),
        ("c.csv", b"SKU;Model\nA;a.glb", "(did you mean 'sku' by 'SKU' and 'model' by 'Model'?)"),
        ("c.csv", b"sku,model,sku\nA,a.glb,B", "more than one column 'sku'"),
        ("c.csv", b"sku,model\nA,a.glb,extra", "row 2 of c.csv has 3 cells but there are 2 columns"),
        ("c.csv", b'sku,model,settings\nA,a.glb,{"a": 1, "b": 2}', "such as JSON, into quotes"),
        ("c.csv", b'sku,model\nA,"a.glb', "row 2 of c.csv is not CSV: unexpected end of data"),
        (
            "c.csv",
            b'sku,model,title\nA,a.glb,\nB,b.glb,"{"a": 1}"',
            "row 3 of c.csv is not CSV: .*written twice",
        ),
        (
            "c.csv",
            b"sku,model,title\nA,a.glb," + b"x" * 17_000_000,
            "row 2 of c.csv is not CSV: field larger",
        ),
        ("c.csv", "sku,model\nA,Bühne.glb".encode("latin-1"), "UTF-8: byte 0xfc, in Windows-1252 .*Bühne"),
        ("c.csv", "sku,model\nA,a.glb".encode("utf-16"), "is not a .csv file in UTF-8: it is UTF-16"),
        ("c.csv", gzip.compress(b"sku,model\nA,a.glb"), "is not a .csv file in UTF-8: it is gzip"),
        ("c.csv", b"PK\x03\x04\xff", "it is a ZIP archive or Excel workbook"),
        ("c.csv.gz", gzip.compress(b"sku,model\nA,a.glb"), r"one of \.csv.*; unpack it"),
        ("c.json", b'{"sku": "A"}\n{"sku": "B"}', "Extra data.*a .jsonl file has one whole object a line"),
        ("c.json", '[{"sku": "ü"}]'.encode("latin-1"), "is not a .json file in UTF-8: byte 0xfc"),
        ("c.json", b'{"sku": "A"}', "must hold one JSON array of objects, not dict"),
        ("c.json", b"[1]", "row 1 of c.json must be a mapping of columns to values, not int"),
        ("c.json", b"[" * 100_000, "is not JSON"),
        ("c.jsonl", b"[1]", "row 1 of c.jsonl must be a mapping .*a .json file one array of objects"),
        ("c.jsonl", b'{\n "sku": "A"\n}', "row 1 of c.jsonl is not JSON: .*one whole object a line"),
        ("c.xlsx", b"PK", r"it must be a folder or one of \.csv.*; save it as CSV"),
    ],
)
def test_a_broken_catalog_is_refused_with_a_reason(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    told = refused(tmp_path / name)
    assert message in told or re.search(message, told, re.DOTALL), told


def test_a_missing_catalog_and_an_empty_folder_are_refused(root):
    assert "there is no catalog at" in refused(root / "none.csv")
    (root / "empty/readme.txt").write(b"")
    assert "there is no model file below" in refused(root / "empty")


@pytest.mark.parametrize("text", ["", "  ", "None"])
def test_a_path_of_which_a_template_left_nothing_is_not_the_working_folder(text):
    assert "catalog: must be a path, a URL or rows, not" in refused(text)


@pytest.mark.parametrize("text", ["[{'sku': 'A'}]", '[{"sku": "A"}]', '{"conn_id": "pim"}'])
def test_rows_that_a_template_made_text_of_are_told_from_a_path(text):
    assert "a template gives text: pass the rows themselves" in refused(text)


@pytest.mark.parametrize("source", [{"sku": "A"}, 3, None])
def test_what_is_no_catalog_is_refused(source):
    assert "a catalog is a path, a URL or a list of mappings" in refused(source)


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
