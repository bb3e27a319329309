"""After all runs of this folder, no token and no presigned address is in anything that they left behind."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.secret_watch import SECRETS, secret
from tests.stack.conftest import Stack
from tests.stack.left_behind import database_files, logs, rows, written

TABLES = {"xcom", "task_state_store", "rendered_task_instance_fields", "log", "task_instance", "variable"}


@pytest.fixture(scope="module")
def home(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stack's home, after a night with presigned addresses and one that was refused, at the least."""
    folder = tmp_path_factory.mktemp("last")
    conf = {
        "catalog": str(stack.catalog(folder / "shop", "LAST")),
        "output": f"file://{folder}/renders",
        "settings": json.dumps({"templateId": stack.waiting["prompt"].said["glossi"]["template_id"]}),
        "crash_at": "nowhere",
    }
    good = stack.start("crashing_at_glossi", **conf)
    refused = stack.start("refused", **{**conf, "output": f"file://{folder}/refused/renders"})
    assert stack.finish("crashing_at_glossi", good) == "success"
    assert stack.finish("refused", refused) == "failed"
    return stack.home


def test_no_secret_is_in_the_database(home: Path) -> None:
    kept = list(rows(home / "airflow"))
    assert Counter(table for table, _ in kept).keys() >= TABLES
    assert told([*kept, *database_files(home / "airflow")]) == []


def test_no_secret_is_in_a_log(home: Path) -> None:
    said = dict(logs(home))
    assert {"api-server.log", "scheduler.log", "triggerer.log", "dag-processor.log"} <= said.keys()
    assert any("renders have ended" in text for text in said.values())
    assert any("401" in text for name, text in said.items() if "dag_id=refused" in name)
    assert told(said.items()) == []


def test_no_secret_is_in_what_the_tasks_wrote(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    files = list(written(tmp_path_factory.getbasetemp()))
    assert any(name.endswith("reports/latest.json") for name, _ in files)
    assert told(files) == []


def test_a_secret_would_be_found_wherever_it_is_but_in_a_connection(tmp_path: Path) -> None:
    token, key = secret("left-behind-0123456789"), Fernet.generate_key()
    airflow = tmp_path / "airflow"
    (airflow / "logs").mkdir(parents=True)
    (airflow / "demo-keys.json").write_text(json.dumps({"AIRFLOW__CORE__FERNET_KEY": key.decode()}))
    with sqlite3.connect(airflow / "airflow.db") as database:
        for table, value in {
            "connection": token,
            "trigger": Fernet(key).encrypt(token.encode()),
            "xcom": token,
        }.items():
            database.execute(f"CREATE TABLE {table} (value)")
            database.execute(f"INSERT INTO {table} VALUES (?)", [value])
    database.close()
    (tmp_path / "triggerer.log").write_text(token)
    (tmp_path / "sandbox.log").write_text(json.dumps({"token": token}) + "\nready\n")
    (airflow / "logs/task.log").write_text("https://s3.test/chair.glb?X-Amz-Signature=0f9d0f9d0f9d")
    assert [where for where, _ in told(rows(airflow))] == ["trigger", "xcom"]
    assert {where for where, _ in told(logs(tmp_path))} == {"triggerer.log", "airflow/logs/task.log"}


def told(texts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return where a secret is told, with what is around it."""
    return [(where, excerpt) for where, text in texts for excerpt in SECRETS.found(text)]
