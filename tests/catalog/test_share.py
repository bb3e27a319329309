from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_render.catalog import share as share_module
from airflow_provider_render.catalog.share import Share
from airflow_provider_render.catalog.spec import CatalogSpec
from airflow_provider_render.catalog.storage import place
from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.core.errors import CatalogError
from airflow_provider_render.core.journal import Phase, Record
from tests.catalog.models import glb


@pytest.fixture
def catalog(tmp_path):
    """Write a catalog of so many products and return its path."""

    def write(products, name="catalog.csv"):
        rows = "".join(f"SKU-{number},m.glb,Chair {number},hd\n" for number in range(products))
        (tmp_path / name).write_text("sku,model,title,settings.quality\n" + rows)
        return str(tmp_path / name)

    return write


@pytest.fixture
def shares(tmp_path):
    """Return the shares of all groups of a catalog."""

    def divide(source, groups, output="out"):
        root = place(tmp_path / output)
        return [Share(CatalogSpec(source, root, group=n, groups=groups), root, root) for n in range(groups)]

    return divide


def keys(share):
    return {item.key for item in share.items}


@pytest.mark.parametrize("groups", [2, 5, 1000])
def test_the_groups_of_a_catalog_have_every_item_once(catalog, shares, groups):
    parts = [keys(share) for share in shares(catalog(300), groups)]
    assert sorted(key for part in parts for key in part) == sorted(f"SKU-{n}" for n in range(300))


def test_every_group_makes_the_state_for_the_whole_catalog(catalog, shares):
    assert [share.store.shards for share in shares(catalog(2000), 2)] == [64, 64]


def test_a_source_that_is_read_only_once_is_divided_all_the_same(tmp_path):
    root = place(tmp_path / "out")
    rows = [{"sku": f"S{number}", "model": "m.glb"} for number in range(100)]
    parts = [
        Share(CatalogSpec(iter(rows), root, group=group, groups=2), root, root).items for group in range(2)
    ]
    assert len(parts[0]) + len(parts[1]) == 100
    assert min(map(len, parts)) > 0


@given(st.sets(st.text(min_size=1), min_size=1), st.sets(st.text(min_size=1)), st.integers(1, 40))
def test_new_products_move_no_other_product_to_another_group(tmp_path_factory, old, new, groups):
    store = StateStore(tmp_path_factory.getbasetemp() / "moves", shards=64)

    def group_of(products):
        parts = [store.group(group, groups) for group in range(groups)]
        found = {key: store.shard_of(key) for key in products}
        return {key: next(n for n, part in enumerate(parts) if at in part) for key, at in found.items()}

    before, after = group_of(old), group_of(old | new)
    assert {key: after[key] for key in old} == before


def test_a_catalog_that_grew_a_hundredfold_keeps_its_files_and_its_groups(catalog, shares):
    before = [keys(share) for share in shares(catalog(20), 4)]
    after = shares(catalog(2000), 4)
    assert {share.store.shards for share in after} == {16}
    assert all(old <= keys(share) for old, share in zip(before, after, strict=True))


def test_rows_of_other_groups_are_not_kept_in_memory(catalog, shares):
    source = catalog(20_000)
    shares(source, 1)
    tracemalloc.start()
    held = len(Share(CatalogSpec(source, place(source).parent / "out", groups=200), *_root(source)).items)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < held < 400
    assert peak < 3_000_000


def _root(source):
    root = place(source).parent / "out"
    return root, root


def test_a_key_that_is_there_twice_is_noticed_by_every_group(catalog, shares, tmp_path):
    source = catalog(50)
    with open(source, "a") as file:
        file.write("SKU-7,m.glb,,\n")
    for group in range(3):
        root = place(tmp_path / "out")
        with pytest.raises(CatalogError, match=r"row 52 of catalog\.csv: 'SKU-7' is already in row 9 of"):
            Share(CatalogSpec(source, root, group=group, groups=3), root, root)


def test_wrong_settings_concern_the_group_of_their_row_alone(tmp_path, shares):
    rows = [{"sku": f"S{number}", "model": "m.glb", "settings": "{}"} for number in range(40)]
    rows[5]["settings"] = "{broken"
    StateStore(tmp_path / "out")
    failing = []
    for group in range(4):
        root = place(tmp_path / "out")
        try:
            Share(CatalogSpec(rows, root, group=group, groups=4), root, root)
        except CatalogError as error:
            failing.append(str(error))
    assert len(failing) == 1
    assert "row 6 of the list: column 'settings' is not JSON" in failing[0]


@pytest.mark.parametrize("groups", [1, 2])
def test_a_catalog_without_rows_is_refused_in_every_group_and_fixes_no_number_of_files(
    shares, groups, tmp_path
):
    with pytest.raises(CatalogError, match=r"the catalog has no rows: \[\]"):
        shares([], groups)
    assert not (tmp_path / "out").exists()
    for group in range(groups):
        root = place(tmp_path / "out")
        StateStore(root)
        with pytest.raises(CatalogError, match="the catalog has no rows"):
            Share(CatalogSpec([], root, group=group, groups=groups), root, root)


def test_a_group_may_be_empty_where_others_are_not(shares):
    parts = shares([{"sku": "A", "model": "m.glb"}], 8)
    assert sorted(len(part.items) for part in parts) == [0] * 7 + [1]


def test_equal_settings_of_many_rows_are_held_once(catalog, shares):
    (share,) = shares(catalog(50), 1)
    assert len({id(item.settings) for item in share.items}) == 1
    assert share.items[0].settings == {"quality": "hd"}


class TestWhatIsThere:
    @pytest.fixture
    def stocked(self, root):
        """A catalog of thirty products with models, of which all but one file are delivered."""
        rows, records = [], {}
        for number in range(30):
            key = f"SKU-{number}"
            (root / f"models/{key}.glb").write(glb())
            (root / f"out/{key}/a.png").write(b"12345")
            rows.append({"sku": key, "model": str(root / f"models/{key}.glb")})
            file = {"path": f"{key}/a.png", "size": 5}
            records[key] = Record("f", Phase.DELIVERED, files=(file,))
        (root / "out/SKU-3/a.png").remove()
        StateStore(root / "out").put(records)
        return rows

    @pytest.mark.parametrize("listable", [0, 1000], ids=["one_by_one", "listed"])
    def test_every_group_finds_its_models_and_files_however_it_looks(
        self, root, stocked, monkeypatch, listable
    ):
        monkeypatch.setattr(share_module, "LISTABLE", listable)
        models, whole = {}, {}
        for group in range(2):
            out = root / "out"
            share = Share(CatalogSpec(stocked, out, group=group, groups=2), out, out)
            records = share.records()
            present = share.delivered_whole(records, [])
            models |= share.models(records, lambda done, total: None)
            whole |= {key: present(record) for key, record in records.items()}
        assert {model.size for model in models.values()} == {len(glb())}
        assert sorted(key for key, there in whole.items() if not there) == ["SKU-3"]
        assert len(whole) == len(models) == 30
