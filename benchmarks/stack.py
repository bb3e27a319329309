"""A whole Airflow on SQLite whose SQL statements and Execution API calls are counted."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo_runner import airflow_stack
from demo_runner.airflow_api import AirflowApi
from demo_runner.components import ComponentFailedError, Components
from demo_runner.ports import choose_port

from benchmarks.failed_run import account

HERE = Path(__file__).parent
PATIENCE = 240.0
RUN_SECONDS = 1500.0
_EXECUTION = re.compile(r"/execution/([a-z-]+)(?:/[0-9a-f-]{36}/([a-z-]+))?")
_TRIGGER_ROW = re.compile(r"INSERT INTO \W?trigger\W?\s")


@dataclass(frozen=True)
class Load:
    """What a run asked of Airflow.

    :param seconds: from trigger to end
    :param task_instances: rows
    :param worker_starts: how often a worker took up a task
    :param trigger_rows: how often something was handed to the triggerer
    :param api_calls: calls of workers to the Execution API
    :param statements: SQL statements, without those that an idle Airflow sends in the same time
    """

    seconds: float
    task_instances: int
    worker_starts: int
    trigger_rows: int
    api_calls: int
    statements: float


class CountedAirflow:
    """The running Airflow.

    :param home: its home
    :param api: its API
    :param components: its processes
    """

    def __init__(self, home: Path, api: AirflowApi, components: Components) -> None:
        self.home = home
        self.api = api
        self.components = components
        self.idle_rate = 0.0

    def rest(self, seconds: float) -> None:
        """Measure how many statements a second an idle Airflow sends.

        :param seconds: for how long
        """
        before, started = self._sql_mark(), time.monotonic()
        time.sleep(seconds)
        self.idle_rate = len(self._sql_since(before)) / (time.monotonic() - started)

    def run(self, dag_id: str, conf: dict[str, Any]) -> Load:
        """Run a DAG to its end and return what that took.

        :param dag_id: the DAG
        :param conf: the run's configuration
        :raises RuntimeError: the run did not succeed
        """
        self._wait_for(dag_id)
        sql, calls, started = self._sql_mark(), self._calls(), time.time()
        body = {"logical_date": None, "conf": conf}
        path = f"/api/v2/dags/{dag_id}"
        self.api.client.patch(path, json={"is_paused": False}).raise_for_status()
        answer = self.api.client.post(f"{path}/dagRuns", json=body).raise_for_status()
        run_id = str(answer.json()["dag_run_id"])
        state = self._finished(dag_id, run_id)
        seconds = time.time() - started
        if state != "success":
            said = account(self.home, dag_id, run_id, self.components.log("scheduler"))
            raise RuntimeError(f"{dag_id} {run_id} ended as {state}: {said}")
        statements = self._sql_since(sql)
        made = self._calls()[len(calls) :]
        return Load(
            seconds=seconds,
            task_instances=self._count("task_instance", dag_id, run_id),
            worker_starts=sum(1 for call in made if call == "task-instances run"),
            trigger_rows=sum(1 for line in statements if _TRIGGER_ROW.search(line)),
            api_calls=len(made),
            statements=max(0.0, len(statements) - self.idle_rate * seconds),
        )

    def _wait_for(self, dag_id: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.api.has_dag(dag_id):
            self.components.check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"Airflow does not know {dag_id}: {self.api.import_errors()}")
            time.sleep(0.5)

    def _finished(self, dag_id: str, run_id: str) -> str:
        # The database tells without a call that would count.
        deadline = time.monotonic() + RUN_SECONDS
        while time.monotonic() < deadline:
            self.components.check()
            state = self._value("SELECT state FROM dag_run WHERE dag_id = ? AND run_id = ?", dag_id, run_id)
            if state in ("success", "failed"):
                return str(state)
            time.sleep(0.5)
        return "unfinished"

    def _count(self, table: str, dag_id: str, run_id: str) -> int:
        query = f"SELECT count(*) FROM {table} WHERE dag_id = ? AND run_id = ?"
        return int(self._value(query, dag_id, run_id))

    def _value(self, query: str, *values: str) -> Any:
        database = sqlite3.connect(f"file:{self.home}/airflow.db?mode=ro", uri=True, timeout=30)
        try:
            row = database.execute(query, values).fetchone()
        finally:
            database.close()
        return row[0] if row else None

    def _sql_mark(self) -> int:
        return (self.home / "sql.log").stat().st_size

    def _sql_since(self, mark: int) -> list[str]:
        with (self.home / "sql.log").open() as log:
            log.seek(mark)
            return log.readlines()

    def _calls(self) -> list[str]:
        text = self.components.log("api-server").read_text(errors="replace")
        return [" ".join(filter(None, match)) for match in _EXECUTION.findall(text)]


@contextmanager
def airflow(folder: Path, connections: dict[str, str], groups: int) -> Iterator[CountedAirflow]:
    """Start Airflow with the DAGs of the benchmark, and end it at last.

    :param folder: for its home and its logs; made
    :param connections: by connection id
    :param groups: tasks that share a catalog
    """
    home = folder / "airflow"
    (home / "config").mkdir(parents=True)
    shutil.copy(HERE / "sql_listener.py", home / "config/airflow_local_settings.py")
    shutil.copytree(HERE / "dags", home / "dags")
    port = choose_port(18081)
    environment = airflow_stack.inherited(os.environ) | airflow_stack.settings(home, home / "dags", port)
    environment |= {f"AIRFLOW_CONN_{name.upper()}": value for name, value in connections.items()}
    environment |= {"BENCHMARK_SQL_LOG": str(home / "sql.log"), "BENCHMARK_GROUPS": str(groups)}
    components = Components(folder, folder / "processes.json")
    try:
        airflow_stack.start(components, environment, home)
        api = AirflowApi(f"http://127.0.0.1:{port}")
        airflow_stack.wait_until_healthy(components, api, PATIENCE)
        api.log_in()
        yield CountedAirflow(home, api, components)
    except ComponentFailedError as error:
        raise RuntimeError(f"{error}; see {error.log}") from error
    finally:
        components.stop()
