"""Whether anybody will come back for the renders of a task that is being ended.

Airflow ends tasks for many reasons. A user who marks one failed wants its renders stopped; a clear, a
retry, an evicted worker or a paused triggerer wants them kept for whoever goes on.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future
from threading import Thread
from typing import Any

log = logging.getLogger(__name__)

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


def given_up(ti: Any) -> bool:
    """Whether nobody will come back for the renders of a task that is being killed; blocks 10 s at most.

    :param ti: as for :func:`task_state`.
    """
    # The signal may have struck amid a conversation with Airflow, which then cannot take up another.
    answer: Future[str | None] = Future()
    Thread(target=lambda: answer.set_result(task_state(ti)), daemon=True).start()
    try:
        state = answer.result(timeout=10)
    except TimeoutError:
        state = None
    log.info("the task is %s", state)
    return state in GIVEN_UP
