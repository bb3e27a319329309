from __future__ import annotations

import pytest

from airflow_provider_render.catalog.table import COLUMNS
from airflow_provider_render.catalog.table_sql import IDENTITY, TYPES, SqlTable
from airflow_provider_render.core.errors import OutputError, RenderInputError

HOME = "s3://acme-renders"


def row(key, path=None, **more):
    return {**dict.fromkeys(COLUMNS), "item_key": key, "path": path or f"{key}/a.png", "credits": 0.0, **more}


@pytest.fixture
def told(database):
    """A table of renders in the database, filled file by file of the state, and read back."""

    class Told:
        def sync(self, shards, *, home=HOME, count=16, name="renders"):
            SqlTable(database.conn_id, name).sync(home, iter(sorted(shards.items())), count)

        def rows(self, columns="item_key, path", name="renders"):
            return database.run(f"SELECT {columns} FROM {name} ORDER BY item_key, path")

        def watch(self):
            """Count what is written from now on."""
            database.run("CREATE TABLE changes (word)")
            for word in ("INSERT", "DELETE", "UPDATE"):
                database.run(
                    f"CREATE TRIGGER on_{word} AFTER {word} ON renders"
                    f" BEGIN INSERT INTO changes VALUES ('{word}'); END"
                )

        def changes(self):
            return dict(database.run("SELECT word, COUNT(*) FROM changes GROUP BY word"))

    return Told()


def test_the_table_has_every_column_and_is_created_where_it_is_missing(told):
    assert set(TYPES) == {*COLUMNS, "output_folder", "shard", "checksum"}
    told.sync({3: [row("A", sku="A", size_bytes=9, credits=1.5, link="https://x")]})
    assert told.rows("output_folder, shard, item_key, path, sku, size_bytes, credits, link, variant") == [
        (HOME, 3, "A", "A/a.png", "A", 9, 1.5, "https://x", None)
    ]


def test_a_table_that_is_there_is_used_as_it_is(told, database):
    columns = ", ".join(f"{name} TEXT" if name != "shard" else "shard INTEGER" for name in reversed(TYPES))
    database.run(f"CREATE TABLE renders ({columns}, remark TEXT)")
    told.sync({3: [row("A")]})
    assert told.rows() == [("A", "A/a.png")]


def test_what_did_not_change_is_not_written_again(told):
    files = {number: [row(f"SKU-{number}-{n}") for n in range(3)] for number in range(40)}
    told.sync(files, count=64)
    told.watch()
    told.sync(files, count=64)
    assert told.changes() == {}
    files[7] = [row("SKU-7-0", sha256="new"), *files[7][1:]]
    told.sync(files, count=64)
    assert told.changes() == {"DELETE": 1, "INSERT": 1}
    assert len(told.rows()) == 120


def test_rows_of_items_and_files_that_left_are_removed(told):
    told.sync({3: [row("A"), row("A", "A/b.png"), row("B")], 4: [row("C")]})
    told.sync({3: [row("A")], 4: []})
    assert told.rows() == [("A", "A/a.png")]


def test_rows_of_files_of_the_state_that_belong_to_other_groups_are_left_alone(told):
    told.sync({3: [row("A")], 4: [row("B")]})
    told.sync({3: []})
    assert told.rows() == [("B", "B/a.png")]


def test_rows_of_a_state_that_had_more_files_are_removed(told):
    told.sync({30: [row("A")]}, count=32)
    told.sync({14: [row("A")]}, count=16)
    assert told.rows("item_key, shard") == [("A", 14)]


def test_several_catalogs_share_a_table(told):
    told.sync({3: [row("A")]})
    told.sync({3: [row("B")]}, home="s3://acme-other")
    told.sync({3: []}, home="s3://acme-other")
    assert told.rows() == [("A", "A/a.png")]


def test_two_groups_that_both_find_no_table_create_one(database, monkeypatch):
    table, other = SqlTable(database.conn_id, "renders"), SqlTable(database.conn_id, "renders")
    look = SqlTable._is_there

    def meanwhile(self, connection, cursor):
        there = look(self, connection, cursor)
        monkeypatch.setattr(SqlTable, "_is_there", look)
        if not there:
            other.sync(HOME, [(4, [row("B")])], 16)
        return there

    monkeypatch.setattr(SqlTable, "_is_there", meanwhile)
    table.sync(HOME, [(3, [row("A")])], 16)
    assert database.run("SELECT item_key FROM renders ORDER BY item_key") == [("A",), ("B",)]


def test_a_row_is_told_from_others_by_what_it_is_looked_up_by(told, database):
    told.sync({3: [row("A")]})
    keys = database.run("SELECT name FROM pragma_table_info('renders') WHERE pk > 0 ORDER BY pk")
    assert tuple(name for (name,) in keys) == IDENTITY


def test_a_transaction_that_fails_leaves_the_rows_of_its_items_as_they_were(told):
    told.sync({3: [row("A")]})
    with pytest.raises(OutputError, match="cannot write renders on connection 'warehouse'"):
        told.sync({3: [row("B"), row("C", kind=object())]})
    assert told.rows() == [("A", "A/a.png")]


def test_a_database_that_cannot_be_reached_is_an_output_error(database, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", '{"conn_type": "sqlite", "host": "/nowhere/at.all"}')
    with pytest.raises(OutputError, match="connection 'warehouse'"):
        SqlTable(database.conn_id, "renders").sync(HOME, [], 16)


@pytest.mark.parametrize("name", ["", "renders; DROP TABLE x", "a b", '"renders"', "a.b.c.d", "1st"])
def test_a_name_that_is_no_name_is_refused(database, name):
    with pytest.raises(RenderInputError, match="table_name: must be a plain name"):
        SqlTable(database.conn_id, name)


def test_a_connection_that_is_not_there_is_told_before_anything_is_done():
    with pytest.raises(RenderInputError, match="table_conn_id: there is no Airflow connection 'nowhere'"):
        SqlTable("nowhere", "renders")
