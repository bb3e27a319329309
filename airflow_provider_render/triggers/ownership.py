"""Whether anybody will come back for the renders of a task that is being ended.

Airflow ends tasks for many reasons. A user who marks one failed wants its renders stopped; a clear, a
retry, an evicted worker or a paused triggerer wants them kept for whoever goes on.
"""

from __future__ import annotations

from typing import Any

GIVEN_UP = frozenset({"failed", "success", "skipped", "removed", "upstream_failed"})
"""States of a task instance that nobody will come back to; any other means somebody owns the renders."""


def task_state(ti: Any) -> str | None:
    """Ask Airflow for the state of a task instance; blocks.

    :param ti: names dag, run, task and map index; None is answered by None.
    """
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    if ti is None:
        return None
    states = RuntimeTaskInstance.get_task_states(
        dag_id=ti.dag_id, task_ids=[ti.task_id], run_ids=[ti.run_id], map_index=ti.map_index
    )
    mapped = ti.map_index is not None and ti.map_index >= 0
    state = states.get(ti.run_id, {}).get(f"{ti.task_id}_{ti.map_index}" if mapped else ti.task_id)
    return None if state is None else str(state)
