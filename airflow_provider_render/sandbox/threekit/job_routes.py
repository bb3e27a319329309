"""``/api/jobs`` and ``/api/catalog/jobs``."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fastapi import APIRouter

from airflow_provider_render.sandbox.threekit.access import Account, Answer, Asked, Body, ListedUntil, Paging
from airflow_provider_render.sandbox.threekit.assumed import JOB_CHANGE, PAUSED
from airflow_provider_render.sandbox.threekit.documents import of_parent
from airflow_provider_render.sandbox.threekit.errors import malformed
from airflow_provider_render.sandbox.threekit.jobs import ACTIVE, PENDING, STOPPED

router = APIRouter()


@router.get("/jobs")
async def list_jobs(account: Account, paging: Paging, asked: Asked, until: ListedUntil) -> Answer:
    """List jobs."""
    rows, count = account.jobs.page(paging, asked.text("status"), asked.text("type"), until)
    return paging.answer("jobs", rows, count)


@router.get("/jobs/tasks")
async def list_tasks(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List tasks."""
    job_id, status = asked.identity("jobId"), asked.text("runStatus")
    tasks, count = account.jobs.page_of_tasks(paging, job_id=job_id, task_id=None, status=status)
    return paging.answer("tasks", [account.jobs.show_task(task) for task in tasks], count)


@router.get("/jobs/tasks/{task_id}")
async def get_task(account: Account, task_id: str) -> Answer:
    """Read a task."""
    return account.jobs.show_task(account.jobs.one_task(task_id))


@router.get("/jobs/runs")
async def list_runs(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List the runs of a job or of a task."""
    job_id, task_id = asked.identity("jobId"), asked.identity("taskId")
    if (job_id is None) == (task_id is None):
        raise malformed("Give either jobId or taskId")
    tasks, count = account.jobs.page_of_tasks(paging, job_id=job_id, task_id=task_id, status=f"!{PENDING}")
    return paging.answer("runs", [account.jobs.show_run(task) for task in tasks], count)


@router.get("/jobs/runs/{run_id}")
async def get_run(account: Account, run_id: str) -> Answer:
    """Read a run."""
    return account.jobs.show_run(account.jobs.one_task(run_id))


@router.get("/jobs/{job_id}")
async def get_job(account: Account, job_id: str, until: ListedUntil) -> Answer:
    """Read a job with its runs."""
    return account.jobs.get(job_id, until)


@router.put(JOB_CHANGE)
async def change_job(account: Account, body: Body, job_id: str) -> Answer:
    """Rename, pause or resume a job."""
    account.jobs.get(job_id)
    state, title = body.get("schedulerState"), body.get("title")
    if state not in (None, ACTIVE, PAUSED):
        raise malformed(f"schedulerState must be {ACTIVE} or {PAUSED}")
    account.jobs.change(job_id, title=str(title) if title else None, scheduler_state=state)
    account.pipeline.heed(job_id)
    return account.jobs.get(job_id)


@router.get("/catalog/jobs/{job_id}")
async def get_catalog_job(account: Account, job_id: str) -> Answer:
    """Read a job, and the assets that it made once it has stopped."""
    job = account.jobs.get(job_id)
    if job["status"] != STOPPED:
        return {"job": job}
    output: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for made in account.documents.every("output", [of_parent(job_id)]):
        output[made["type"]].append({"name": made["name"], "assetId": made["assetId"]})
    return {"job": job, "output": output}
