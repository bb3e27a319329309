"""The states of many renders with few calls: a job's counters decide."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from airflow_provider_render.core.calls import Operation, send
from airflow_provider_render.core.errors import NotFoundError
from airflow_provider_render.core.job import RenderJob, RenderState, RenderStatus
from airflow_provider_render.core.looking import one_by_one
from airflow_provider_render.vendors.threekit import handles
from airflow_provider_render.vendors.threekit.answers.jobs import Job, Run, Task
from airflow_provider_render.vendors.threekit.endpoints.jobs import all_runs, all_tasks, get_job, list_jobs
from airflow_provider_render.vendors.threekit.endpoints.layers import all_layers
from airflow_provider_render.vendors.threekit.handles import Handle, Kind
from airflow_provider_render.vendors.threekit.paging import PAGE, rows
from airflow_provider_render.vendors.threekit.paths import WORDS

STOPPED = "stopped"
PAUSED = "paused"
FEW = 3
"""Up to so many jobs are asked for one by one."""
MORE_PAGES = 2
"""Pages of other people's jobs that are read at the most beside those that are needed."""

READY = RenderState(RenderStatus.SUCCEEDED, STOPPED, 1.0)
NO_REASON = "Threekit made no picture of this asset and gives no reason"


def states(jobs: Sequence[RenderJob], words: Mapping[str, str] = WORDS) -> Operation[dict[str, RenderState]]:
    """Return the states of renders by id; those whose job Threekit does not know are left out.

    Jobs are listed 100 a call, the newest first; up to 3 are asked for one by one. Where tasks of a render
    job have failed, its layers, runs and tasks tell once which assets that are.

    :param words: assumed words, as :data:`~.paths.WORDS` has them.
    """
    asked = {job.id: handles.read(job) for job in jobs}
    found = {job_id: READY for job_id, handle in asked.items() if handle.kind.ready}
    parts: dict[str, dict[str, Handle]] = {}
    for job_id, handle in asked.items():
        if not handle.kind.ready:
            parts.setdefault(handle.id, {})[job_id] = handle
    listed = (yield from _listed(set(parts))) if len(parts) > FEW else {}
    questions = [(mine, _asked(name, listed.get(name), mine, words)) for name, mine in sorted(parts.items())]
    return found | (yield from one_by_one(questions))


def state_of(job: Job, words: Mapping[str, str] = WORDS) -> RenderState | None:
    """Say where a job stands by its counters; None where it has stopped and they do not tell how."""
    if job.status != STOPPED:
        return _under_way(job, words)
    if job.task_result_failures:
        return RenderState(RenderStatus.FAILED, STOPPED, None, _counted(job))
    if job.task_result_failures is None or _unaccounted(job):
        return None
    return READY


def _listed(wanted: set[str]) -> Operation[dict[str, Job]]:
    """Return jobs by id from the list, as long as it helps."""
    left = math.ceil(len(wanted) / PAGE) + MORE_PAGES
    missing = set(wanted)

    def enough(fresh: Iterable[str]) -> bool:
        nonlocal left
        left -= 1
        missing.difference_update(fresh)
        return not missing or left <= 0

    listed = yield from rows(lambda page: list_jobs(page=page), enough)
    return {job.id: job for job in listed if job.id in wanted}


def _asked(
    name: str, listed: Job | None, mine: Mapping[str, Handle], words: Mapping[str, str]
) -> Operation[dict[str, RenderState]]:
    """Return the states of all renders of one job, which is asked for alone where no list showed it."""
    try:
        job = listed or (yield from send(get_job(name)))
    except NotFoundError:
        return {}
    return (yield from _of_job(job, mine, words))


def _of_job(
    job: Job, asked: Mapping[str, Handle], words: Mapping[str, str]
) -> Operation[dict[str, RenderState]]:
    """Return the states of all renders of one job."""
    state = state_of(job, words)
    if state is not None and state.status is not RenderStatus.FAILED:
        return dict.fromkeys(asked, state)
    runs = _last_by_task(job.runs or (yield from all_runs(job_id=job.id)))
    failed = {task: run for task, run in runs.items() if run.failed}
    if state is None and not failed and not _unaccounted(job):
        return dict.fromkeys(asked, READY)
    whole = _failure(state.error if state else _counted(job), failed.values())
    if all(handle.kind is not Kind.ASSET for handle in asked.values()):
        return dict.fromkeys(asked, whole)
    assets = {handle.asset for handle in asked.values() if handle.kind is Kind.ASSET}
    ends = yield from _of_assets(job.id, failed, assets)
    return {job_id: ends.get(handle.asset, whole) for job_id, handle in asked.items()}


def _of_assets(
    job_id: str, failed: Mapping[str, Run], assets: Collection[str]
) -> Operation[dict[str, RenderState]]:
    """Tell which assets of a job that failed in part have their pictures.

    A picture that was there before the job belongs to an older one: where every failed task names its asset,
    all other assets are done.
    """
    layers = yield from all_layers(job_id=job_id)
    done = {layer.asset_id for layer in layers if layer.file_id}
    tasks = yield from all_tasks(job_id=job_id)
    owner = {task.id: _asset_of(task, assets) for task in tasks if task.id in failed or _task_failed(task)}
    reasons = {asset: _reason(failed.get(task)) for task, asset in owner.items() if asset}
    all_named = bool(owner) and all(owner.values()) and failed.keys() <= owner.keys()
    fallback = _reason(next(iter(failed.values()), None))
    ends = {}
    for asset in assets:
        good = asset not in reasons and (asset in done or all_named)
        ends[asset] = READY if good else _failed(reasons.get(asset, fallback))
    return ends


def _under_way(job: Job, words: Mapping[str, str]) -> RenderState:
    ended, count = job.task_status_stopped or 0, job.task_count or 0
    progress = min(1.0, ended / count) if count else None
    if job.scheduler_state not in (None, "", words["active_word"]):
        return RenderState(RenderStatus.RUNNING, PAUSED, progress)
    begun = bool(job.task_status_running or ended) or job.status == words["running_word"]
    word = job.status or "unknown"
    return RenderState(RenderStatus.RUNNING if begun else RenderStatus.QUEUED, word, progress)


def _unaccounted(job: Job) -> bool:
    """Whether fewer tasks have ended, well or not, than there are."""
    if job.task_count is None or job.task_result_successes is None:
        return False
    return job.task_result_successes + (job.task_result_failures or 0) < job.task_count


def _counted(job: Job) -> str:
    good, count = job.task_result_successes or 0, job.task_count or 0
    return f"{job.task_result_failures or count - good} of {count} tasks of job {job.id} failed"


def _last_by_task(runs: Iterable[Run]) -> dict[str, Run]:
    """Return the last run of each task: a task that failed may have been run again."""
    ordered = sorted(runs, key=lambda run: run.age_key)
    return {run.task_id or run.id: run for run in ordered}


def _failure(counted: str | None, failed: Iterable[Run]) -> RenderState:
    reasons = list(dict.fromkeys(run.reason for run in failed))[:3]
    return _failed(": ".join(filter(None, (counted, "; ".join(reasons)))))


def _failed(reason: str) -> RenderState:
    return RenderState(RenderStatus.FAILED, STOPPED, None, reason)


def _reason(run: Run | None) -> str:
    return run.reason if run else NO_REASON


def _task_failed(task: Task) -> bool:
    return (task.run_result or "").lower() in ("failed", "failure", "error")


def _asset_of(task: Task, assets: Collection[str]) -> str | None:
    """Return the asset that a task is of, by its parameters, which no page describes."""
    named = task.parameters.get("assetId")
    if isinstance(named, str):
        return named
    text = str(task.parameters)
    mentioned = [asset for asset in assets if asset in text]
    return mentioned[0] if len(mentioned) == 1 else None
