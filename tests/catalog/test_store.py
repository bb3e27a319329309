from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_render.catalog.items import CatalogItem
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.catalog.store import StateStore, remove_item, write_item
from airflow_provider_render.core.errors import OutputError
from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.core.journal import Phase, Record


def record(name: str = "f", **changes) -> Record:
    return Record(name, Phase.DELIVERED, **changes)


FULL = record(
    job=RenderJob("dxgl", "r1", "m1", {"aspect": "1:1"}),
    model_id="m1",
    spent=Decimal("1.5"),
    files=({"path": "A/x.png", "size": 3},),
    source={"path": "/a.glb", "size": 5, "mtime": 1795322294380054123, "sha256": "ab"},
    submitted="2026-01-02T03:04:05+00:00",
    rendered="2026-01-02T03:05:06+00:00",
    updated="2026-01-02T03:06:07+00:00",
)


def test_records_outlive_the_store(root):
    StateStore(root).put({"A": FULL, "B/dark": record()})
    again = StateStore(root)
    assert again.get("A") == FULL
    assert again.get("none") is None
    assert again.load() == {"A": FULL, "B/dark": record()}
    assert again.keys() == ["A", "B/dark"]


def test_records_are_replaced_and_forgotten(root):
    store = StateStore(root)
    store.put({"A": record("one"), "B": record()})
    store.put({"A": record("two")})
    store.forget(["B", "never there"])
    assert StateStore(root).load() == {"A": record("two")} == store.load()


@pytest.mark.parametrize(
    ("items", "shards"), [(0, 16), (800, 16), (801, 32), (10_000, 256), (50_000, 1024), (10**9, 4096)]
)
def test_a_file_holds_about_fifty_items(tmp_path, items, shards):
    assert StateStore(tmp_path, expected_items=items).shards == shards


def test_the_number_of_files_is_fixed_when_the_store_is_made(root):
    StateStore(root, expected_items=800).put({"A": FULL})
    grown = StateStore(root, expected_items=50_000)
    assert grown.shards == 16
    assert grown.get("A") == FULL
    assert json.loads((root / "_render/store.json").read()) == {"version": 1, "shards": 16}


def test_a_new_item_rewrites_one_file_only(tmp_path):
    StateStore(tmp_path).put({f"SKU-{number}": record() for number in range(200)})
    before = {path: path.read_bytes() for path in (tmp_path / "_render/state").iterdir()}
    StateStore(tmp_path).put({"new": record()})
    after = {path: path.read_bytes() for path in (tmp_path / "_render/state").iterdir()}
    assert len([path for path in after if after[path] != before.get(path)]) == 1


@given(st.text())
def test_an_item_always_is_in_the_same_file(tmp_path_factory, key):
    folder = tmp_path_factory.getbasetemp() / "stable"
    number = StateStore(folder, shards=64).shard_of(key)
    assert 0 <= number < 64
    assert StateStore(folder).shard_of(key) == number


def test_the_file_of_an_item_does_not_depend_on_the_version_of_this_package(tmp_path):
    store = StateStore(tmp_path, shards=256)
    assert [store.shard_of(key) for key in ("CHR-1001", "CHR-1001/dark", "ü")] == [155, 32, 36]


@pytest.mark.parametrize("groups", [1, 3, 16])
def test_groups_of_tasks_share_no_file_and_leave_none_out(tmp_path, groups):
    store = StateStore(tmp_path)
    parts = [store.group(number, groups) for number in range(groups)]
    assert sorted(shard for part in parts for shard in part) == list(range(16))
    with pytest.raises(ValueError, match="is not one of"):
        store.group(groups, groups)


def test_a_group_reads_only_its_own_files(tmp_path):
    store = StateStore(tmp_path)
    keys = [f"SKU-{number}" for number in range(100)]
    store.put({key: record() for key in keys})
    for path in (tmp_path / "_render/state").iterdir():
        if int(path.stem, 16) % 2:
            path.write_bytes(b"damaged")
    again = StateStore(tmp_path)
    even = again.group(0, 2)
    assert again.keys(even) == sorted(key for key in keys if again.shard_of(key) in even)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is damaged"),
        (b'{"version": 1, "items": {"A": {"fing', "is damaged"),
        (b"[]", "is not a JSON object"),
        (b'{"version": 1}', "it has no items"),
        (b'{"version": 1, "items": {"A": {"phase": "delivered"}}}', "item 'A'"),
        (b'{"version": 1, "items": {"A": null}}', None),
        (b'{"version": 1, "items": {"A": 3}}', "item 'A'"),
        (b'{"version": 2, "items": {}}', "has version 2, this package knows 1: upgrade"),
    ],
)
def test_a_damaged_file_is_named_and_never_taken_for_empty(root, data, message):
    store = StateStore(root)
    file = root / f"_render/state/{store.shard_of('A'):04x}.json"
    file.write(data)
    if message is None:
        assert store.get("A") is None
        return
    with pytest.raises(OutputError, match=f"{file.name}.*{message}"):
        store.get("A")
    assert file.read() == data


def test_a_damaged_file_is_not_overwritten(root):
    store = StateStore(root)
    file = root / f"_render/state/{store.shard_of('A'):04x}.json"
    file.write(b"damaged")
    with pytest.raises(OutputError, match="is damaged"):
        store.put({"A": FULL})
    assert file.read() == b"damaged"


@pytest.mark.parametrize("data", [b"{", b'{"version": 1}', b'{"version": 1, "shards": 0}', b'{"version": 9}'])
def test_a_damaged_store_is_refused(root, data):
    (root / "_render/store.json").write(data)
    with pytest.raises(OutputError, match=r"store\.json"):
        StateStore(root)


def test_two_runs_on_one_output_are_noticed_and_nothing_is_lost(root):
    one, other = StateStore(root), StateStore(root)
    assert one.get("A") is None
    other.put({"A": record("other")})
    with pytest.raises(OutputError, match="was changed by something else"):
        one.put({"A": record("one")})
    assert StateStore(root).get("A") == record("other")


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path):
    store = StateStore(tmp_path)
    (tmp_path / "_render/state").write_bytes(b"a file where the folder should be")
    with pytest.raises(OutputError, match="state"):
        store.put({"A": FULL})


def test_threads_lose_nothing(root):
    store = StateStore(root)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.put({f"SKU-{number}": record(str(number))}), range(100)))
    assert StateStore(root).load() == {f"SKU-{number}": record(str(number)) for number in range(100)}


def test_the_state_of_ten_thousand_items_is_one_file_per_fifty(tmp_path):
    store = StateStore(tmp_path, expected_items=10_000)
    store.put({f"SKU-{number:05}": FULL for number in range(10_000)})
    assert len(list((tmp_path / "_render/state").iterdir())) == 256
    assert len(StateStore(tmp_path).load()) == 10_000


def test_render_json_tells_other_programs_about_an_item(root):
    item = CatalogItem("A/dark", "A", "a.glb", "dark", {"aspect": "16:9"}, "Böhm", ("seating",))
    write_item(root, item, FULL, vendor="dxgl")
    assert json.loads((root / "A/dark/render.json").read()) == {
        "sku": "A",
        "variant": "dark",
        "title": "Böhm",
        "tags": ["seating"],
        "vendor": "dxgl",
        "settings": {"aspect": "1:1"},
        "model": {"path": "a.glb", "sha256": "ab", "id": "m1"},
        "render_id": "r1",
        "credits": "1.5",
        "fingerprint": "f",
        "submitted_at": "2026-01-02T03:04:05+00:00",
        "rendered_at": "2026-01-02T03:05:06+00:00",
        "delivered_at": "2026-01-02T03:06:07+00:00",
        "files": [{"path": "A/x.png", "size": 3}],
    }


def test_the_store_takes_urls_and_paths(tmp_path):
    StateStore(str(tmp_path)).put({"A": FULL})
    assert StateStore(f"file://{tmp_path}").get("A") == StateStore(place(tmp_path)).get("A") == FULL


def test_an_item_that_left_takes_its_files_along_and_leaves_those_of_its_variants(root):
    for path in ("A/x.png", "A/dark/x.png"):
        (root / path).write(b"123")
    write_item(root, CatalogItem("A", "A", "a.glb"), FULL, vendor="dxgl")
    dark = record(files=({"path": "A/dark/x.png", "size": 3},))
    write_item(root, CatalogItem("A/dark", "A", "a.glb", "dark"), dark, vendor="dxgl")
    remove_item(root, FULL)
    assert sorted(map(root.below, root.walk())) == ["A/dark/render.json", "A/dark/x.png"]
    remove_item(root, dark)
    assert list(root.walk()) == []
    assert (root / "A/dark").entry() is None
