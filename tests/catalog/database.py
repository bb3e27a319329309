"""A database for tests: SQLite behind an Airflow connection, as a provider brings one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from airflow.providers.common.sql.hooks.sql import DbApiHook


class SqliteHook(DbApiHook):
    """What apache-airflow-providers-sqlite has, as far as it matters here."""

    conn_name_attr = "sqlite_conn_id"
    default_conn_name = "sqlite_default"
    conn_type = "sqlite"
    hook_name = "Sqlite"
    _placeholder = "?"

    def get_conn(self):
        return sqlite3.connect(self.connection.host)


class Database:
    """A file of SQLite, and the id of the connection that leads to it."""

    def __init__(self, file):
        self.file = file
        self.conn_id = "warehouse"

    def run(self, statement, *values):
        """Carry out a statement and return its rows."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def fill(self, table, columns, rows):
        """Make a table and put rows into it."""
        marks = ", ".join("?" for _ in columns)
        names = ", ".join(f'"{column}"' for column in columns)
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute(f"CREATE TABLE {table} ({names})")
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


@pytest.fixture
def database(tmp_path, monkeypatch) -> Database:
    """An empty database behind the connection ``warehouse``."""
    from airflow.sdk.providers_manager_runtime import HookInfo, ProvidersManagerTaskRuntime

    path = f"{SqliteHook.__module__}.{SqliteHook.__name__}"
    hook = HookInfo(path, SqliteHook.conn_name_attr, "tests", SqliteHook.hook_name, "sqlite", True, None)
    monkeypatch.setitem(ProvidersManagerTaskRuntime().hooks, "sqlite", hook)
    made = Database(tmp_path / "warehouse.db")
    told = json.dumps({"conn_type": "sqlite", "host": str(made.file)})
    monkeypatch.setenv(f"AIRFLOW_CONN_{made.conn_id.upper()}", told)
    return made
