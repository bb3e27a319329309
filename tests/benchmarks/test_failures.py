"""What a benchmark that fails leaves behind."""

from __future__ import annotations

import json
import sqlite3

import pytest

from benchmarks import imports, transfer
from benchmarks.__main__ import main
from benchmarks.failed_run import account
from benchmarks.figures import Figure
from benchmarks.workplace import workplace


@pytest.fixture(autouse=True)
def _folders_below(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def _work(ending):
    with workplace() as folder:
        (folder / "task.log").write_text("why")
        if ending:
            raise ending


def test_the_folder_of_a_failed_benchmark_is_kept_and_named(tmp_path, capsys):
    with pytest.raises(RuntimeError, match="no night"):
        _work(RuntimeError("no night"))
    (log,) = tmp_path.rglob("task.log")
    assert log.read_text() == "why"
    assert str(log.parent) in capsys.readouterr().err


def test_the_folder_of_a_benchmark_that_succeeds_is_removed(tmp_path, capsys):
    _work(None)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err == ""


def test_the_folder_of_a_benchmark_that_is_interrupted_is_removed(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        _work(KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []


def test_a_failed_benchmark_does_not_take_the_others_with_it(monkeypatch, tmp_path, capsys):
    def fail(sizes):
        raise RuntimeError("the vendor is gone")

    monkeypatch.setattr(transfer, "measure", fail)
    monkeypatch.setattr(imports, "measure", lambda sizes: [Figure("g", "seconds", 1.0)])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    output = tmp_path / "latest.json"
    assert main(["--tiny", "--only", "transfer", "imports", "--output", str(output)]) == 2
    said = capsys.readouterr()
    assert "the vendor is gone" in said.err
    assert "Failed, see above: transfer." in said.out
    assert [figure["name"] for figure in json.loads(output.read_text())["figures"]] == ["seconds"]


def _airflow(home, tasks):
    with sqlite3.connect(home / "airflow.db") as database:
        database.execute(
            "CREATE TABLE task_instance (dag_id, run_id, task_id, map_index, try_number, state, end_date)"
        )
        database.executemany("INSERT INTO task_instance VALUES ('d', 'r', ?, ?, ?, ?, ?)", tasks)
    database.close()


def _log(home, path, *events):
    log = home / "logs/dag_id=d/run_id=r" / path
    log.parent.mkdir(parents=True)
    log.write_text("\n".join(json.dumps({"level": level, "event": event}) for level, event in events))
    return log


def test_the_account_of_a_failed_run_has_the_ends_of_its_failed_tasks_logs(tmp_path):
    _airflow(tmp_path, [("fetch", -1, 0, "upstream_failed", 9), ("render", 2, 3, "failed", 5)])
    log = _log(tmp_path, "task_id=render/map_index=2/attempt=3.log", ("error", "disk full"), ("info", "end"))
    _log(tmp_path, "task_id=other/attempt=1.log", ("error", "of another task"))
    scheduler = tmp_path / "scheduler.log"
    scheduler.write_text("heartbeat\nlast words\n")
    told = account(tmp_path, "d", "r", scheduler)
    assert told.startswith("2 tasks did not succeed")
    assert told.index("render [2] is failed after 3 tries") < told.index("fetch [-1] is upstream_failed")
    assert str(log) in told
    assert "disk full" in told
    assert '"event": "end"' in told
    assert "of another task" not in told
    assert "last words" in told
