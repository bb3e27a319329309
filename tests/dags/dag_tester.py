"""Runs DAGs of this repository with Airflow's own ``dag.test()``: one DAG id a line in, one result out.

Works in a process of its own, with the Airflow home that its environment names.
"""

from __future__ import annotations

import json
import sys
from typing import Any

RESULT = "RESULT "


def main() -> None:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils.db import initdb

    initdb()
    for line in sys.stdin:
        bag = DagBag()
        run = bag.dags[line.strip()].test()
        print(RESULT + json.dumps(result(run)), flush=True)  # noqa: T201


def result(run: Any) -> dict[str, Any]:
    """Return what became of a run and of its tasks."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.query(XComModel).filter(
            XComModel.run_id == run.run_id, XComModel.key == "return_value"
        )
        xcoms = [(row.task_id, row.map_index, XComModel.deserialize_value(row)) for row in found]
    return {
        "state": str(run.state),
        "tasks": {f"{ti.task_id}[{ti.map_index}]": str(ti.state) for ti in run.get_task_instances()},
        "xcoms": xcoms,
    }


if __name__ == "__main__":
    main()
