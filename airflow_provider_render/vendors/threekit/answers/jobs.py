"""Files, and the jobs that make them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from airflow_provider_render.core.answers import CamelAnswer, Moment, Several
from airflow_provider_render.core.calls import Answer
from airflow_provider_render.vendors.threekit.answers.base import Record, Table

SUCCESS = "Success"
"""``resultCode`` of a run that did its work."""

LOGS = frozenset({"stdout", "stderr"})
"""Names of files that a run leaves beside its results."""


def _parameters(value: Any) -> dict[str, Any]:
    """Return a job's parameters, which some answers give as JSON text."""
    try:
        given = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        given = None
    return dict(given) if isinstance(given, Mapping) else {}


Parameters = Annotated[dict[str, Any], BeforeValidator(_parameters)]
Count = Annotated[int | None, BeforeValidator(lambda value: value if isinstance(value, int) else None)]
"""A whole number; None where the vendor gave none."""


class StoredFile(Record):
    """A file on Threekit's CDN.

    :param filename: its name, with extension.
    :param size: length in bytes.
    :param hash: by which equal files are kept once.
    """

    filename: str | None = None
    size: int | None = None
    hash: str | None = None
    extension: str | None = None
    mime_type: str | None = None


class RunResults(CamelAnswer):
    """What a run left.

    :param files: its results, and its logs ``stdout`` and ``stderr``.
    """

    files: Several[StoredFile] = ()


class Run(Record):
    """One try at a task.

    :param result_code: ``Success`` or ``Failed``; None while it runs.
    :param result_message: what happened, in the vendor's words.
    """

    job_id: str | None = None
    task_id: str | None = None
    started_at: Moment = None
    stopped_at: Moment = None
    progress: float | None = None
    result_code: str | None = None
    result_message: str | None = None
    error: str | None = None
    results: Annotated[RunResults, BeforeValidator(lambda value: value or {})] = Field(
        default_factory=RunResults
    )

    @property
    def failed(self) -> bool:
        """Whether it ended without a result."""
        return self.result_code is not None and self.result_code != SUCCESS

    @property
    def reason(self) -> str:
        """Why it failed, in the vendor's words."""
        return self.error or self.result_message or f"its run ended with {self.result_code}"

    @property
    def outputs(self) -> tuple[StoredFile, ...]:
        """Its files without its logs."""
        return tuple(file for file in self.results.files if file.filename not in LOGS)


class Task(Record):
    """One piece of a job, such as one picture.

    :param parameters: what it was asked with.
    :param run_result: how its last run ended.
    """

    job_id: str | None = None
    type: str | None = None
    title: str | None = None
    parameters: Parameters = Field(default_factory=dict)
    status: str | None = None
    run_status: str | None = None
    run_result: str | None = None
    runs: Several[Run] = ()


class Job(Record):
    """Work at Threekit: an import, an export, renders.

    ``stopped`` means finished, well or not: the counters tell.

    :param status: ``pending``, then ``stopped``.
    :param scheduler_state: ``active`` unless somebody paused it.
    """

    title: str | None = None
    type: str | None = None
    status: str | None = None
    scheduler_state: str | None = None
    priority: int | None = None
    task_count: Count = None
    task_status_pending: Count = None
    task_status_running: Count = None
    task_status_stopped: Count = None
    task_result_failures: Count = None
    task_result_successes: Count = None
    parameters: Parameters = Field(default_factory=dict)
    runs: Several[Run] = ()


class Started(CamelAnswer):
    """The answer to a call that starts a job.

    :param job_id: id of the job; None where a stored file answers at once.
    :param job: the job, as far as the answer shows it.
    :param file_id: a file that was there already.
    """

    job_id: str | None = None
    job: Job | None = None
    file_id: str | None = None

    @property
    def id(self) -> str | None:
        """Id of the job, wherever the answer gives it."""
        return self.job_id or (self.job.id if self.job else None)


class CatalogOutput(CamelAnswer):
    """One asset that an import made."""

    name: str | None = None
    asset_id: str | None = None


class CatalogJob(CamelAnswer):
    """A job with what it made.

    :param job: the job.
    :param output: assets by type, such as ``model``; empty until the job has stopped.
    """

    job: Job | None = None
    output: Table = Field(default_factory=dict)

    def assets(self, kind: str) -> list[CatalogOutput]:
        """Return the assets of a type that the job made."""
        given = self.output.get(kind)
        rows = given if isinstance(given, list) else []
        return [CatalogOutput.model_validate(row) for row in rows if isinstance(row, Mapping)]


class UploadedAsset(CamelAnswer):
    """What became of one file that was uploaded and imported in one call.

    :param msg: the vendor's words.
    """

    job_id: str | None = None
    job: Job | None = None
    msg: str | None = None


def started(answer: Answer) -> Started:
    """Read the answer to a call that starts a job.

    :raises ValueError: it names neither a job nor a file.
    """
    begun = Started.model_validate(answer.json())
    if begun.id is None and begun.file_id is None:
        raise ValueError("the answer names no job")
    return begun


def uploaded_files(answer: Answer) -> tuple[StoredFile, ...]:
    """Read ``{"files": [...]}``.

    :raises ValueError: there is none.
    """
    files = tuple(StoredFile.model_validate(file) for file in answer.json()["files"])
    if not files:
        raise ValueError("'files' is empty")
    return files


def uploaded_assets(answer: Answer) -> tuple[UploadedAsset, ...]:
    """Read a list of uploads; a single one is read too."""
    body = answer.json()
    return tuple(UploadedAsset.model_validate(row) for row in (body if isinstance(body, list) else [body]))
