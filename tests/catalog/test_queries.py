from __future__ import annotations

import json
import sqlite3
import sys
from decimal import Decimal
from math import inf, isnan
from types import ModuleType

import pytest

from airflow_provider_render.catalog import queries
from airflow_provider_render.catalog.items import read_rows
from airflow_provider_render.catalog.sources import count_rows, read_catalog
from airflow_provider_render.core.errors import CatalogError


@pytest.fixture
def products(database):
    """A query of three products."""
    rows = [("A", "a.glb", "1:1", None), ("B", "sub/b.glb", None, "Böhm"), (7, "/c.glb", "", "Lamp")]
    database.fill("products", ["sku", "file", "aspect", "title"], rows)
    select = 'SELECT sku, file AS model, aspect AS "settings.aspect", title FROM products'
    return {"conn_id": database.conn_id, "sql": select}


def refused(query) -> str:
    with pytest.raises(CatalogError) as caught:
        list(read_catalog(query))
    return str(caught.value)


def test_the_rows_of_a_query_are_a_catalog(products):
    one, two, three = read_catalog({**products, "base": "s3://acme/models"})
    assert (one.key, one.model, one.settings) == ("A", "s3://acme/models/a.glb", {"aspect": "1:1"})
    assert (two.title, two.settings, two.row) == ("Böhm", {}, "row 2 of the query")
    assert (three.sku, three.model) == ("7", "/c.glb")


def test_without_a_base_model_paths_stay_as_they_are(products):
    assert [item.model for item in read_catalog(products)] == ["a.glb", "sub/b.glb", "/c.glb"]


def test_a_query_takes_parameters_and_a_semicolon_behind(products):
    where = {**products, "sql": f"{products['sql']} WHERE title = ? ;\n", "parameters": ["Lamp"]}
    assert [item.sku for item in read_catalog(where)] == ["7"]


def test_a_broken_row_is_named_by_its_number(products):
    message = refused({**products, "sql": "SELECT 'A' AS sku, 'a.glb' AS model UNION ALL SELECT '', 'b.glb'"})
    assert "row 2 of the query: column 'sku' is empty" in message


def test_the_result_is_asked_for_in_pieces_and_only_as_it_is_needed(products, monkeypatch):
    monkeypatch.setattr(queries, "FETCH", 2)
    asked = []

    class Cursor:
        description = [("sku",), ("model",)]

        def fetchmany(self, size):
            asked.append(size)
            return [(f"S{len(asked)}-{number}", "a.glb") for number in range(size)]

    rows = queries._numbered(Cursor(), "warehouse")
    assert [next(rows)[1]["sku"] for _ in range(3)] == ["S1-0", "S1-1", "S2-0"]
    assert asked == [2, 2]


@pytest.mark.parametrize(
    ("driver", "wanted"), [("psycopg2", "server-side"), ("psycopg", "server-side"), ("sqlite3", "usual")]
)
def test_drivers_that_would_fetch_all_rows_get_a_cursor_at_the_server(driver, wanted):
    def cursor(self, name=None):
        return "server-side" if name else "usual"

    connection = type("Connection", (), {"__module__": f"{driver}.extensions", "cursor": cursor})()
    assert queries._cursor(connection) == wanted


def test_at_mysql_too_the_result_stays_at_the_server(monkeypatch):
    cursors = ModuleType("MySQLdb.cursors")
    cursors.SSCursor = "at the server"
    monkeypatch.setitem(sys.modules, "MySQLdb", ModuleType("MySQLdb"))
    monkeypatch.setitem(sys.modules, "MySQLdb.cursors", cursors)
    kind = type("Connection", (), {"__module__": "MySQLdb.connections", "cursor": lambda self, kind: kind})
    assert queries._cursor(kind()) == "at the server"


def test_columns_that_a_database_tells_in_capitals_are_known():
    assert queries._columns([("SKU",), ("MODEL",), ("settings.Quality",)], "x") == [
        "sku",
        "model",
        "settings.Quality",
    ]


@pytest.mark.parametrize(
    ("cell", "told"), [(Decimal("3.00"), 3), (Decimal("1.5"), 1.5), ({"aspect": "1:1"}, {"aspect": "1:1"})]
)
def test_numbers_and_objects_of_a_database_become_settings(cell, told):
    assert queries.plain(cell) == told
    assert json.dumps(queries.plain(cell))


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (Decimal("Infinity"), inf),
        (Decimal("-Infinity"), -inf),
        (Decimal("1E+5000"), inf),
        (Decimal("-1E+400"), -inf),
        (Decimal("1E-5000"), 0),
        (Decimal("1E+30"), 10**30),
        (Decimal("12345678901234567890123456789.5"), 12345678901234567890123456789.5),
    ],
)
def test_a_number_beyond_all_others_of_a_database_is_infinite(cell, told):
    assert queries.plain(cell) == told
    assert type(queries.plain(cell)) is type(told) or told == 0


@pytest.mark.parametrize("cell", [Decimal("NaN"), Decimal("sNaN"), Decimal("-NaN12")])
def test_what_is_no_number_to_a_database_is_none_to_python_either(cell):
    assert isnan(queries.plain(cell))


@pytest.mark.parametrize("column", ["sku", "title", "settings.length"])
@pytest.mark.parametrize("cell", [Decimal("Infinity"), Decimal("1E+5000")])
def test_a_number_that_nothing_can_be_named_by_is_refused_with_its_row(column, cell):
    row = {"sku": "A", "model": "a.glb", column: queries.plain(cell)}
    with pytest.raises(CatalogError, match=f"^row 7: column '{column}' "):
        list(read_rows([(7, row)], where="row {}".format))


def test_the_rows_of_a_query_are_counted(products):
    assert count_rows(products) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conn_id": "nowhere"}, "there is no Airflow connection 'nowhere'"),
        ({"conn_id": ""}, "a query needs conn_id"),
        ({"sql": " "}, "a query needs sql"),
        ({"query": "SELECT 1"}, "a query takes base, conn_id, parameters, sql, not 'query'"),
        ({"sql": "SELECT file AS model FROM products"}, "returns no column 'sku'; it has 'model'. Name"),
        ({"sql": "SELECT 1 AS a"}, "no column 'sku' and no 'model'; it has 'a'. Name columns by AS"),
        (
            {"sql": 'SELECT sku AS "Sku", file AS "Model" FROM products'},
            "it has 'Sku', 'Model' (did you mean 'sku' by 'Sku' and 'model' by 'Model'?); names are in small",
        ),
        ({"sql": "SELECT sku, file AS model, sku FROM products"}, "more than one column 'sku'"),
        ({"sql": "DELETE FROM products"}, "returns no rows; use a SELECT"),
        ({"sql": "SELECT ?, ?", "parameters": [1]}, "the query on connection 'warehouse' failed"),
    ],
)
def test_a_query_that_cannot_be_a_catalog_is_refused_with_a_reason(products, change, message):
    assert message in refused({**products, **change})


def test_a_connection_that_is_no_databases_is_refused(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_SHELF", '{"conn_type": "http", "host": "localhost"}')
    assert "has the type 'http', no database" in refused({"conn_id": "shelf", "sql": "SELECT 1"})


def test_a_database_whose_provider_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", '{"conn_type": "frostbase", "host": "localhost"}')
    message = refused({"conn_id": "lake", "sql": "SELECT 1"})
    assert "no provider that knows it is installed" in message
    assert "apache-airflow-providers-frostbase" in message


def test_without_the_provider_for_sql_its_name_is_told(products, monkeypatch):
    monkeypatch.setitem(sys.modules, "airflow.providers.common.sql.hooks.sql", None)
    assert "pip install apache-airflow-providers-common-sql" in refused(products)


def test_trouble_on_the_way_is_left_to_the_retries_of_the_task(products):
    with pytest.raises(sqlite3.OperationalError) as caught:
        list(read_catalog({**products, "sql": "SELECT * FROM not_there_yet"}))
    assert "connection 'warehouse'" in caught.value.__notes__[0]
