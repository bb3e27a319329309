"""Jobs, their tasks and the tasks' runs: one table of jobs, one of tasks; every task has one run."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.identity import timestamp
from airflow_provider_render.sandbox.threekit.assumed import RUNNING
from airflow_provider_render.sandbox.threekit.errors import missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_render.sandbox.database import Database, Row
    from airflow_provider_render.sandbox.threekit.access import Page
    from airflow_provider_render.sandbox.threekit.documents import Document

SCHEMA = """
CREATE TABLE IF NOT EXISTS threekit_jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
    title TEXT NOT NULL, scheduler_state TEXT NOT NULL, parameters TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS threekit_tasks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, job_id TEXT NOT NULL,
    run_id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, title TEXT NOT NULL, work TEXT NOT NULL,
    status TEXT NOT NULL, doomed INTEGER NOT NULL, result TEXT, message TEXT, files TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, started_at TEXT, stopped_at TEXT);
CREATE INDEX IF NOT EXISTS threekit_tasks_job ON threekit_tasks (job_id);
"""

PENDING, STOPPED = "pending", "stopped"
SUCCESS, FAILED = "Success", "Failed"
ACTIVE = "active"
BRANCH = "main"
SORTS = {"+createdAt": "ASC", "-createdAt": "DESC"}

STATUS = """CASE
    WHEN NOT EXISTS (SELECT 1 FROM threekit_tasks t WHERE t.job_id = j.id AND t.status != 'stopped')
        THEN 'stopped'
    WHEN NOT EXISTS (SELECT 1 FROM threekit_tasks t WHERE t.job_id = j.id AND t.status != 'pending')
        THEN 'pending'
    ELSE 'running' END"""


@dataclass(frozen=True)
class Task:
    """
    One piece of work of a job.

    :param type: what it does, like its job's type.
    :param work: everything needed to do it.
    :param doomed: whether a fault was armed for it.
    :param result: ``Success`` or ``Failed`` once stopped.
    :param files: records of what it made.
    """

    id: str
    job_id: str
    run_id: str
    type: str
    title: str
    work: dict[str, Any]
    created_at: str
    updated_at: str
    status: str = PENDING
    doomed: bool = False
    result: str | None = None
    message: str | None = None
    files: tuple[dict[str, Any], ...] = ()
    started_at: str | None = None
    stopped_at: str | None = None


def new_task(job_id: str, kind: str, title: str, work: dict[str, Any], *, doomed: bool = False) -> Task:
    """Make a task that is not stored yet."""
    now = timestamp()
    return Task(str(uuid.uuid4()), job_id, str(uuid.uuid4()), kind, title, work, now, now, doomed=doomed)


class Jobs:
    """
    The job service.

    :param database: where jobs are kept.
    :param org_id: shown in every answer.
    :param user_id: who made them all.
    """

    def __init__(self, database: Database, org_id: str, user_id: str) -> None:
        self._database = database
        self._who = {"orgId": org_id, "createdBy": user_id}
        database.define(SCHEMA)

    def add(
        self, job_id: str, kind: str, title: str, parameters: dict[str, Any], tasks: Sequence[Task]
    ) -> None:
        """Remember a new job with its tasks."""
        now = timestamp()
        self._database.run(
            "INSERT INTO threekit_jobs (id, type, title, scheduler_state, parameters, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(job_id, kind, title, ACTIVE, json.dumps(parameters), now, now),
        )
        for task in tasks:
            self._add_task(task)

    def _add_task(self, task: Task) -> None:
        self._database.run(
            "INSERT INTO threekit_tasks (id, job_id, run_id, type, title, work, status, doomed, result,"
            " message, files, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(task.id, task.job_id, task.run_id, task.type, task.title, json.dumps(task.work), task.status),
            *(task.doomed, task.result, task.message, json.dumps(task.files)),
            *(task.created_at, task.updated_at),
        )

    def get(self, job_id: str, until: str = "9999") -> Document:
        """
        Find a job and show it with its runs.

        :param until: those made later are not seen.
        :raises ApiError: 404.
        """
        row = self._database.row(
            f"SELECT j.*, {STATUS} AS status FROM threekit_jobs j WHERE id = ? AND created_at <= ?",  # noqa: S608
            job_id,
            until,
        )
        if row is None:
            raise missing("Job", job_id)
        return self._job(row)

    def page(
        self, paging: Page, status: str | None, kind: str | None, until: str
    ) -> tuple[list[Document], int]:
        """
        List jobs.

        :param status: only those in a status.
        :param kind: only those of a type.
        :param until: those made later are not seen.
        :return: the page and the total.
        """
        given = {"created_at <= ?": until, f"{STATUS} = ?": status, "type = ?": kind}
        conditions = {text: value for text, value in given.items() if value}
        where = "FROM threekit_jobs j WHERE " + " AND ".join(conditions)
        rows = self._database.rows(
            f"SELECT j.*, {STATUS} AS status {where} ORDER BY number {SORTS[paging.sort]} LIMIT ? OFFSET ?",
            *conditions.values(),
            paging.per_page,
            paging.offset,
        )
        total = self._database.count(f"SELECT count(*) {where}", *conditions.values())
        return [self._job(row) for row in rows], total

    def _job(self, row: Row) -> Document:
        tasks = self.tasks(row["id"])
        return {
            "id": row["id"],
            **self._who,
            "title": row["title"],
            "type": row["type"],
            "status": row["status"],
            "schedulerState": row["scheduler_state"],
            "priority": 0,
            "branch": BRANCH,
            "parameters": json.loads(row["parameters"]),
            **_counters(tasks),
            "createdAt": row["created_at"],
            "updatedAt": max([row["updated_at"], *(task.updated_at for task in tasks)]),
            "runs": [self.show_run(task) for task in tasks if task.status != PENDING],
        }

    def is_active(self, job_id: str) -> bool:
        """Whether the scheduler may start the job's tasks."""
        row = self._database.row("SELECT scheduler_state FROM threekit_jobs WHERE id = ?", job_id)
        return row is None or row["scheduler_state"] == ACTIVE

    def change(self, job_id: str, *, title: str | None, scheduler_state: str | None) -> None:
        """Rename, pause or resume a job; None keeps what is."""
        self._database.run(
            "UPDATE threekit_jobs SET title = coalesce(?, title), updated_at = ?,"
            " scheduler_state = coalesce(?, scheduler_state) WHERE id = ?",
            *(title, timestamp(), scheduler_state, job_id),
        )

    def tasks(self, job_id: str) -> list[Task]:
        """Every task of a job, oldest first."""
        rows = self._database.rows("SELECT * FROM threekit_tasks WHERE job_id = ? ORDER BY number", job_id)
        return [_task(row) for row in rows]

    def one_task(self, task_id: str) -> Task:
        """
        Find a task by its own id or that of its run.

        :raises ApiError: 404.
        """
        row = self._database.row("SELECT * FROM threekit_tasks WHERE ? IN (id, run_id)", task_id)
        if row is None:
            raise missing("Task", task_id)
        return _task(row)

    def page_of_tasks(
        self, paging: Page, *, job_id: str | None, task_id: str | None, status: str | None
    ) -> tuple[list[Task], int]:
        """
        List tasks.

        :param job_id: only those of a job.
        :param task_id: only this one.
        :param status: only those in a status, or, with an exclamation mark before it, in any other.
        """
        sign = "!=" if (status or "").startswith("!") else "="
        given = {"job_id = ?": job_id, "id = ?": task_id, f"status {sign} ?": (status or "").lstrip("!")}
        conditions = {"1": None, **{text: value for text, value in given.items() if value}}
        values = [value for value in conditions.values() if value]
        where = "FROM threekit_tasks WHERE " + " AND ".join(conditions)
        rows = self._database.rows(
            f"SELECT * {where} ORDER BY number {SORTS[paging.sort]} LIMIT ? OFFSET ?",
            *values,
            paging.per_page,
            paging.offset,
        )
        return [_task(row) for row in rows], self._database.count(f"SELECT count(*) {where}", *values)

    def start(self, task_id: str) -> None:
        """Mark a task as running."""
        now = timestamp()
        self._database.run(
            "UPDATE threekit_tasks SET status = ?, started_at = coalesce(started_at, ?), updated_at = ?"
            " WHERE id = ? AND status = ?",
            *(RUNNING, now, now, task_id, PENDING),
        )

    def stop(self, task_id: str, result: str, message: str | None, files: Sequence[Document]) -> None:
        """Mark a task as stopped, with what it made."""
        now = timestamp()
        self._database.run(
            "UPDATE threekit_tasks SET status = ?, result = ?, message = ?, files = ?, stopped_at = ?,"
            " started_at = coalesce(started_at, ?), updated_at = ? WHERE id = ? AND status != ?",
            *(STOPPED, result, message, json.dumps(list(files)), now, now, now, task_id, STOPPED),
        )

    def restart_unfinished(self) -> list[str]:
        """Put unfinished tasks back to pending and return their jobs, oldest first."""
        self._database.run("UPDATE threekit_tasks SET status = ? WHERE status = ?", PENDING, RUNNING)
        rows = self._database.rows(
            "SELECT DISTINCT job_id FROM threekit_tasks WHERE status = ? ORDER BY number", PENDING
        )
        return [row["job_id"] for row in rows]

    def show_task(self, task: Task) -> Document:
        """Return a task as an answer."""
        answer = {
            "id": task.id,
            **self._who,
            "jobId": task.job_id,
            "branch": BRANCH,
            "type": task.type,
            "title": task.title,
            "parameters": json.dumps(task.work),
            "status": task.status,
            "runStatus": task.status,
            "runResult": task.result,
            "reportProgress": False,
            "createdAt": task.created_at,
            "updatedAt": task.updated_at,
            "runs": [] if task.status == PENDING else [self.show_run(task)],
        }
        return _without_nothing(answer)

    def show_run(self, task: Task) -> Document:
        """Return the run of a task as an answer; what is not known yet is left out."""
        answer = {
            "id": task.run_id,
            **self._who,
            "jobId": task.job_id,
            "taskId": task.id,
            "createdAt": task.created_at,
            "updatedAt": task.updated_at,
            "startedAt": task.started_at,
            "stoppedAt": task.stopped_at,
            "wallClockTime": _seconds(task.started_at, task.stopped_at),
            "results": {"files": list(task.files)},
            "resultCode": task.result,
            "resultMessage": task.message,
            "error": task.message if task.result == FAILED else None,
            "reportProgress": False,
            "progress": 1 if task.status == STOPPED else 0,
        }
        return _without_nothing(answer)


def _counters(tasks: Sequence[Task]) -> Document:
    stopped = [task for task in tasks if task.status == STOPPED]
    return {
        "taskCount": len(tasks),
        "taskProgress": len(stopped) / len(tasks) if stopped else None,
        "taskStatusPending": sum(task.status == PENDING for task in tasks),
        "taskStatusRunning": sum(task.status == RUNNING for task in tasks),
        "taskStatusStopped": len(stopped),
        "taskResultFailures": sum(task.result == FAILED for task in stopped),
        "taskResultSuccesses": sum(task.result == SUCCESS for task in stopped),
    }


def _seconds(started: str | None, stopped: str | None) -> float | None:
    if started is None or stopped is None:
        return None
    return (datetime.fromisoformat(stopped) - datetime.fromisoformat(started)).total_seconds()


def _without_nothing(answer: Document) -> Document:
    return {name: value for name, value in answer.items() if value is not None}


def _task(row: Row) -> Task:
    return Task(
        id=row["id"],
        job_id=row["job_id"],
        run_id=row["run_id"],
        type=row["type"],
        title=row["title"],
        work=json.loads(row["work"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        status=row["status"],
        doomed=bool(row["doomed"]),
        result=row["result"],
        message=row["message"],
        files=tuple(json.loads(row["files"])),
        started_at=row["started_at"],
        stopped_at=row["stopped_at"],
    )
