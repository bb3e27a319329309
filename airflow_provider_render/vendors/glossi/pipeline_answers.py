"""What Glossi answers about pipelines; beside the words of a file's job no name is documented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, Field

from airflow_provider_render.core.answers import CamelAnswer, Moment
from airflow_provider_render.vendors.glossi.answers import named
from airflow_provider_render.vendors.glossi.words import plain_word

COUNTS = ("jobCounts", "counts", "jobCountsByStage", "stages", "stats", "jobs")
"""Names that the counts of a pipeline may have."""


MOMENTS = ("failedAt", "completedAt", "finishedAt", "updatedAt", "createdAt")
"""Names that the time of a file's last change may have."""


class SourceFile(CamelAnswer):
    """The file that a pipeline renders."""

    id: str | None = None
    name: str | None = None


class PipelineJob(CamelAnswer):
    """The way of one file through a pipeline.

    :param status: the stage that it is in, such as ``RENDERING``.
    :param failed_stage: the stage that it failed at.
    :param last_error: why it failed last.
    :param retry_count: how often it was tried again.
    :param source_file: the file.
    :param changed: when that was; None where it is not told.
    """

    id: str | None = Field(default=None, validation_alias=AliasChoices("id", "jobId"))
    status: str | None = Field(default=None, validation_alias=AliasChoices("status", "stage"))
    failed_stage: str | None = Field(
        default=None, validation_alias=AliasChoices("failedStage", "failedAtStage", "errorStage", "stage")
    )
    last_error: str | None = None
    retry_count: int | None = None
    source_file: SourceFile | None = None
    changed: Moment = Field(default=None, validation_alias=AliasChoices(*MOMENTS))

    @property
    def file(self) -> str:
        """Name of the file, or of the job where that is not told."""
        return (self.source_file and self.source_file.name) or self.id or "a file without name"


class Pipeline(CamelAnswer):
    """A pipeline from folder to folder; secrets of its connectors come as dots.

    :param status: ``ACTIVE``, or what says that it has stopped.
    :param poll_interval_minutes: how often it looks for new files.
    """

    id: str = named("id", "pipelineId")
    name: str | None = None
    status: str | None = None
    template_id: str | None = None
    poll_interval_minutes: float | None = None

    @property
    def counts(self) -> Mapping[str, int] | None:
        """How many files are in each stage, in capitals; None where the answer does not tell."""
        said = self.model_extra or {}
        tables = [said[name] for name in COUNTS if isinstance(said.get(name), Mapping)]
        return _numbers(tables[0]) if tables else None


class Connector(CamelAnswer):
    """A kind of storage that pipelines can be connected to.

    :param type: such as ``googledrive``.
    """

    type: str | None = Field(default=None, validation_alias=AliasChoices("type", "id", "name"))
    status: str | None = None


def count(jobs: tuple[PipelineJob, ...]) -> Mapping[str, int]:
    """Count files by stage."""
    return Counter(plain_word(job.status) for job in jobs)


def _numbers(table: Mapping[str, Any]) -> dict[str, int]:
    whole = {plain_word(name): value for name, value in table.items() if isinstance(value, int)}
    return {name: value for name, value in whole.items() if value and name not in ("TOTAL", "ALL")}
