"""Jobs, their tasks and their runs."""

from __future__ import annotations

from airflow_provider_render.core.answers import one
from airflow_provider_render.core.calls import Call, Operation, send
from airflow_provider_render.core.paths import AssumedPath, path
from airflow_provider_render.vendors.threekit.answers.base import Page, many, maybe
from airflow_provider_render.vendors.threekit.answers.jobs import CatalogJob, Job, Run, StoredFile, Task
from airflow_provider_render.vendors.threekit.endpoints.base import read
from airflow_provider_render.vendors.threekit.paging import NEWEST_FIRST, OLDEST_FIRST, PAGE, rows
from airflow_provider_render.vendors.threekit.paths import ASSUMED


def list_jobs(
    *, status: str | None = None, page: int = 1, per_page: int = PAGE, sort: str = NEWEST_FIRST
) -> Call[Page[Job]]:
    """Read one page of jobs, the newest first: ``GET /api/jobs``.

    :param status: only jobs with this status, in the vendor's words.
    :param page: from 1.
    :param per_page: at most 100.
    :param sort: ``-createdAt`` or ``+createdAt``.
    """
    return read("/api/jobs", many(Job, "jobs"), status=status, page=page, perPage=per_page, sort=sort)


def all_jobs(*, status: str | None = None) -> Operation[list[Job]]:
    """Read all jobs, the newest first, each once.

    :param status: only jobs with this status, in the vendor's words.
    """
    return (yield from rows(lambda page: list_jobs(status=status, page=page)))


def get_job(job_id: str) -> Call[Job]:
    """Read a job with its runs: ``GET /api/jobs/{id}``."""
    return read(path("/api/jobs/{id}", id=job_id), one(Job))


def schedule_job(job_id: str, state: str) -> Call[Job | None]:
    """Pause a job, or let it go on: ``PUT /api/jobs/{id}``.

    The call is assumed; the connection extra ``job_change_path`` corrects its path.

    :param state: of the scheduler, such as ``paused`` or ``active``.
    """
    where = AssumedPath(ASSUMED, "job_change_path", id=job_id)
    return Call("PUT", where, maybe(Job, "job"), json={"schedulerState": state})


def job_outputs(job_id: str) -> Operation[list[StoredFile]]:
    """Read the files that a job made, without its logs."""
    runs = yield from all_runs(job_id=job_id)
    return [file for run in runs for file in run.outputs]


def get_import(job_id: str) -> Call[CatalogJob]:
    """Read an import job with the assets it made: ``GET /api/catalog/jobs/{id}``."""
    return read(path("/api/catalog/jobs/{id}", id=job_id), one(CatalogJob))


def list_tasks(
    *,
    job_id: str | None = None,
    run_status: str | None = None,
    page: int = 1,
    per_page: int = PAGE,
    sort: str = OLDEST_FIRST,
) -> Call[Page[Task]]:
    """Read one page of tasks: ``GET /api/jobs/tasks``.

    :param job_id: only tasks of this job.
    :param run_status: only tasks with this status, in the vendor's words.
    """
    return read(
        "/api/jobs/tasks",
        many(Task, "tasks"),
        jobId=job_id,
        runStatus=run_status,
        page=page,
        perPage=per_page,
        sort=sort,
    )


def all_tasks(*, job_id: str | None = None, run_status: str | None = None) -> Operation[list[Task]]:
    """Read all tasks, each once; parameters as for one page."""
    return (yield from rows(lambda page: list_tasks(job_id=job_id, run_status=run_status, page=page)))


def get_task(task_id: str) -> Call[Task]:
    """Read a task: ``GET /api/jobs/tasks/{id}``."""
    return read(path("/api/jobs/tasks/{id}", id=task_id), one(Task))


def list_runs(
    *,
    job_id: str | None = None,
    task_id: str | None = None,
    page: int = 1,
    per_page: int = PAGE,
    sort: str = OLDEST_FIRST,
) -> Call[Page[Run]]:
    """Read one page of runs, either of a job or of a task: ``GET /api/jobs/runs``.

    :raises ValueError: both are given, or neither.
    """
    if (job_id is None) == (task_id is None):
        raise ValueError("runs are listed either of a job or of a task: give one of job_id and task_id")
    return read(
        "/api/jobs/runs",
        many(Run, "runs"),
        jobId=job_id,
        taskId=task_id,
        page=page,
        perPage=per_page,
        sort=sort,
    )


def all_runs(*, job_id: str | None = None, task_id: str | None = None) -> Operation[list[Run]]:
    """Read all runs of a job or of a task, each once.

    :raises ValueError: both are given, or neither.
    """
    return (yield from rows(lambda page: list_runs(job_id=job_id, task_id=task_id, page=page)))


def get_run(run_id: str) -> Call[Run]:
    """Read a run: ``GET /api/jobs/runs/{id}``."""
    return read(path("/api/jobs/runs/{id}", id=run_id), one(Run))


def find_by_title(title: str, *, field: str = "title", pages: int = 1) -> Operation[list[Job]]:
    """Read the jobs with a title among the newest.

    :param field: the field that shows it.
    :param pages: how many pages of jobs are read at the most.
    """
    found: list[Job] = []
    for number in range(1, pages + 1):
        page = yield from send(list_jobs(page=number))
        found += [job for job in page.items if _shown(job, field) == title]
        if found or len(page.items) < (page.per_page or PAGE):
            break
    return found


def _shown(job: Job, field: str) -> str | None:
    return job.title if field == "title" else (job.model_extra or {}).get(field)
