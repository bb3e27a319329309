from __future__ import annotations

import re

import pytest
from sqlalchemy import types
from sqlalchemy.dialects import mysql, postgresql, sqlite

from airflow_provider_render.catalog.table import COLUMNS
from airflow_provider_render.catalog.table_sql import (
    IDENTITY,
    MOST_REFUSED,
    SHARDS_AT_ONCE,
    TYPES,
    SqlTable,
)
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
    assert set(TYPES) == {*COLUMNS, "output_folder", "folder_id", "shard", "row_id", "checksum"}
    told.sync({3: [row("A", sku="A", size_bytes=9, credits=1.5, link="https://x")]})
    assert told.rows("output_folder, shard, item_key, path, sku, size_bytes, credits, link, variant") == [
        (HOME, 3, "A", "A/a.png", "A", 9, 1.5, "https://x", None)
    ]


def test_a_table_that_is_there_is_used_as_it_is(told, database):
    columns = ", ".join(f"{name} TEXT" if name != "shard" else "shard INTEGER" for name in reversed(TYPES))
    database.run(f"CREATE TABLE renders ({columns}, remark TEXT)")
    told.sync({3: [row("A")]})
    assert told.rows() == [("A", "A/a.png")]


def test_items_that_tell_of_one_file_have_rows_of_their_own(told):
    told.sync({3: [row("A", "x.png"), row("B", "x.png")]})
    assert told.rows() == [("A", "x.png"), ("B", "x.png")]


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
    look = SqlTable._has

    def meanwhile(self, connection, cursor, columns):
        there = look(self, connection, cursor, columns)
        monkeypatch.setattr(SqlTable, "_has", look)
        if not there:
            other.sync(HOME, [(4, [row("B")])], 16)
        return there

    monkeypatch.setattr(SqlTable, "_has", meanwhile)
    table.sync(HOME, [(3, [row("A")])], 16)
    assert database.run("SELECT item_key FROM renders ORDER BY item_key") == [("A",), ("B",)]


def test_a_row_is_told_from_others_by_what_it_is_looked_up_by(told, database):
    told.sync({3: [row("A")]})
    keys = database.run("SELECT name FROM pragma_table_info('renders') WHERE pk > 0 ORDER BY pk")
    assert tuple(name for (name,) in keys) == IDENTITY


class TestTypes:
    @pytest.mark.parametrize("dialect", [mysql, postgresql, sqlite])
    def test_each_type_is_one_that_the_database_has(self, dialect):
        known = {
            "TEXT": types.Text(),
            "INTEGER": types.Integer(),
            "NUMERIC(20)": types.Numeric(20),
            "NUMERIC(18, 6)": types.Numeric(18, 6),
        }
        for column, kind in TYPES.items():
            told = kind.removesuffix(" NOT NULL")
            length = re.fullmatch(r"VARCHAR\((\d+)\)", told)
            same = types.String(int(length[1])) if length else known[told]
            assert same.compile(dialect.dialect()) == told, column

    def test_mysql_can_index_the_key_and_hold_the_row(self):
        lengths = {name: int(size) * 4 for name, size in _lengths()}
        assert sum(lengths.get(name, 4) for name in IDENTITY) <= 3072
        assert sum(lengths.values()) <= 65_535
        assert all("TEXT" not in TYPES[name] and "NOT NULL" in TYPES[name] for name in IDENTITY)

    def test_no_text_of_a_catalog_or_vendor_is_cut_short_by_its_column(self):
        bounded = {name for name, _ in _lengths()}
        assert bounded.isdisjoint(
            {"item_key", "sku", "variant", "path", "uri", "link", "output_folder", "job_id", "model_id"}
        )

    def test_a_sku_of_any_length_and_what_no_database_stores_are_written(self, told):
        told.sync({3: [row("S" * 3000, "p" * 500), row("B", link="https://x/\0y", job_id="a\udc80")]})
        assert told.rows("item_key, length(path), link, job_id") == [
            ("B", 7, "https://x/y", "a?"),
            ("S" * 3000, 500, None, None),
        ]

    def test_keys_that_a_database_may_take_for_the_same_are_rows_of_their_own(self, told, database):
        columns = ", ".join(f"{name} {kind} COLLATE NOCASE" for name, kind in TYPES.items())
        database.run(f"CREATE TABLE renders ({columns}, PRIMARY KEY ({', '.join(IDENTITY)}))")
        told.sync({3: [row("abc"), row("ABC")]})
        told.sync({3: [row("abc"), row("ABC")]}, home=HOME.upper())
        assert len(told.rows()) == 4


def _lengths():
    found = ((name, re.match(r"VARCHAR\((\d+)\)", kind)) for name, kind in TYPES.items())
    return [(name, length[1]) for name, length in found if length]


class TestRefusedRows:
    BAD = 10**30
    """A size that SQLite has no room for."""

    def test_one_does_not_keep_the_others_from_being_written_and_is_named(self, told):
        told.sync({3: [row("A"), row("B"), row("OLD")]})
        message = r"rows refused: 1; all others are written\. The first: B, B/a\.png: .*too large"
        with pytest.raises(OutputError, match=message):
            told.sync({3: [row("A", size_bytes=1), row("B", size_bytes=self.BAD), row("C")]})
        assert told.rows("item_key, size_bytes") == [("A", 1), ("B", None), ("C", None)]

    def test_it_is_written_as_soon_as_it_is_good(self, told):
        with pytest.raises(OutputError):
            told.sync({3: [row("A", size_bytes=self.BAD), row("B")]})
        told.sync({3: [row("A", size_bytes=5), row("B")]})
        assert told.rows("item_key, size_bytes") == [("A", 5), ("B", None)]

    def test_those_of_one_file_of_the_state_do_not_stop_the_files_after_it(self, told):
        files = {number: [row(f"SKU-{number}")] for number in range(40)}
        files[0] = [row("SKU-0", size_bytes=self.BAD)]
        with pytest.raises(OutputError, match="rows refused: 1"):
            told.sync(files, count=64)
        assert len(told.rows()) == 39

    def test_a_database_that_refuses_many_is_not_asked_for_each_of_a_large_catalog(self, told):
        rows = [row(f"SKU-{number}", size_bytes=self.BAD) for number in range(1000)]
        with pytest.raises(OutputError, match=f"rows refused: {MOST_REFUSED}; the rest was left"):
            told.sync({3: rows})

    def test_nor_where_they_are_spread_over_all_files_of_the_state(self, told, database):
        bad_and_good = (
            (number, [row(f"BAD-{number}", size_bytes=self.BAD), row(f"GOOD-{number}")])
            for number in range(64)
        )
        with pytest.raises(OutputError, match=f"rows refused: {MOST_REFUSED}; the rest was left"):
            SqlTable(database.conn_id, "renders").sync(HOME, bad_and_good, 64)
        written = {int(key.removeprefix("GOOD-")) for key, _ in told.rows()}
        assert set(range(SHARDS_AT_ONCE)) <= written
        assert max(written) < 2 * SHARDS_AT_ONCE
        assert next(bad_and_good)[0] == 2 * SHARDS_AT_ONCE


class TestCheck:
    def test_it_creates_the_table_and_writes_no_row(self, told, database):
        SqlTable(database.conn_id, "renders").check()
        assert told.rows() == []
        told.sync({3: [row("A")]})
        told.watch()
        SqlTable(database.conn_id, "renders").check()
        assert (told.changes(), len(told.rows())) == ({}, 1)

    def test_columns_that_a_table_lacks_are_named(self, database):
        columns = ", ".join(name for name in TYPES if name not in ("rendered_at", "checksum"))
        database.run(f"CREATE TABLE renders ({columns})")
        with pytest.raises(OutputError, match="it lacks the columns rendered_at, checksum; add them"):
            SqlTable(database.conn_id, "renders").check()

    def test_a_table_that_may_only_be_read_is_refused(self, database):
        database.run(f"CREATE TABLE base ({', '.join(TYPES)})")
        database.run("CREATE VIEW renders AS SELECT * FROM base")
        with pytest.raises(OutputError, match="cannot modify renders"):
            SqlTable(database.conn_id, "renders").check()

    @pytest.mark.parametrize("right", ["INSERT", "DELETE"])
    def test_a_table_to_which_one_of_both_rights_is_lacking_is_refused(self, database, right):
        database.run(f"CREATE TABLE base ({', '.join(TYPES)})")
        database.run("CREATE VIEW renders AS SELECT * FROM base")
        allow = "CREATE TRIGGER may_{0} INSTEAD OF {0} ON renders BEGIN SELECT 1; END"
        database.run(allow.format(right))
        with pytest.raises(OutputError, match="cannot modify renders"):
            SqlTable(database.conn_id, "renders").check()
        database.run(allow.format({"INSERT": "DELETE", "DELETE": "INSERT"}[right]))
        SqlTable(database.conn_id, "renders").check()

    @pytest.mark.parametrize("name", ["nowhere.renders", "order"])
    def test_a_name_that_the_database_refuses_is_told(self, database, name):
        with pytest.raises(OutputError, match=f"table_name: cannot write {name} on connection 'warehouse'"):
            SqlTable(database.conn_id, name).check()

    def test_a_database_that_cannot_be_reached_is_told(self, database, monkeypatch):
        monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", '{"conn_type": "sqlite", "host": "/nowhere/at.all"}')
        with pytest.raises(OutputError, match="unable to open database file"):
            SqlTable(database.conn_id, "renders").check()


def test_a_database_that_goes_away_while_it_is_written_is_an_output_error(told, database):
    told.sync({3: [row("A")]})

    def away():
        yield 3, [row("B")]
        database.run("DROP TABLE renders")

    with pytest.raises(OutputError, match="cannot write renders on connection 'warehouse': no such table"):
        SqlTable(database.conn_id, "renders").sync(HOME, away(), 16)


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
