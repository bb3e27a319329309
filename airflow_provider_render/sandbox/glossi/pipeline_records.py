"""Pipelines and their jobs, as they are kept and shown. All names of fields are assumed but a few."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from airflow_provider_render.sandbox.glossi import assumed, connectors, settings
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.identity import timestamp

STAGES = (
    assumed.QUEUED,
    assumed.INGESTING,
    assumed.PROCESSING,
    assumed.RENDERING,
    assumed.EXPORTING,
    assumed.COMPLETED,
    assumed.FAILED,
)
UNDER_WAY = STAGES[1:5]


class PipelineOptions(BaseModel):
    """Options as documented; the ranges of ``batchSize`` and ``maxRetries`` are assumed."""

    model_config = ConfigDict(
        extra="ignore", strict=True, frozen=True, alias_generator=to_camel, validate_by_name=True
    )

    poll_interval_minutes: int = Field(5, ge=5, le=60)
    process_existing_files: bool = True
    reprocess_on_modified: bool = False
    batch_size: int = Field(10, ge=1, le=100)
    max_retries: int = Field(3, ge=0, le=10)


def read_options(body: dict[str, Any]) -> PipelineOptions:
    """
    Read the options out of a body; null counts as absent.

    :raises ApiError: ``INVALID_REQUEST``, naming the field.
    """
    try:
        return PipelineOptions.model_validate(
            {name: value for name, value in body.items() if value is not None}, by_name=False
        )
    except ValidationError as error:
        problem = error.errors()[0]
        raise ApiError("INVALID_REQUEST", f"{problem['loc'][0]}: {problem['msg']}") from error


@dataclass(frozen=True)
class Pipeline:
    """
    One pipeline.

    :param source: connector of the watched folder, without its secrets.
    :param output: connector of the folder for renders, without its secrets.
    :param failures_in_row: files that failed for good since the last that did not.
    :param next_poll: epoch seconds.
    :param files: size and time of every file that was seen, None before the first poll.
    """

    id: str
    name: str
    template_id: str
    source: connectors.Connector
    output: connectors.Connector
    options: dict[str, Any]
    settings: dict[str, Any]
    created_at: str
    owner: str | None = None
    status: str = assumed.ACTIVE
    failures_in_row: int = 0
    last_error: str | None = None
    last_polled_at: str | None = None
    next_poll: float = 0.0
    files: dict[str, list[int]] | None = None

    @property
    def is_active(self) -> bool:
        """Whether it polls and begins jobs."""
        return self.status == assumed.ACTIVE

    @property
    def checked_options(self) -> PipelineOptions:
        """Its options."""
        return PipelineOptions(**self.options)

    @property
    def source_id(self) -> str:
        """Id of the watched folder."""
        return str(self.source["config"]["folderId"])

    @property
    def output_id(self) -> str:
        """Id of the folder for renders."""
        return str(self.output["config"]["folderId"])

    def shown(self, counts: dict[str, int]) -> dict[str, Any]:
        """
        Return it as the API shows it.

        :param counts: jobs by stage.
        """
        return {
            "pipelineId": self.id,
            "name": self.name,
            "status": self.status,
            "templateId": self.template_id,
            "sourceConnector": connectors.shown(self.source),
            "outputConnector": connectors.shown(self.output),
            **self.checked_options.model_dump(by_alias=True),
            "renderSettings": settings.shown(settings.RenderSettings(**self.settings)),
            "jobCounts": {stage: counts.get(stage, 0) for stage in STAGES},
            "consecutiveFailures": self.failures_in_row,
            "lastError": self.last_error,
            "lastPolledAt": self.last_polled_at,
            "createdAt": self.created_at,
        }


@dataclass(frozen=True)
class PipelineJob:
    """
    The work on one file of a pipeline.

    :param owner: id of its pipeline.
    :param status: the stage; ``FAILED`` for good.
    :param stage: the last stage it was in, also when it failed there.
    :param due: epoch seconds of the next try.
    :param failures: every failure with its stage, message and time.
    """

    id: str
    owner: str | None
    file: dict[str, Any]
    created_at: str
    status: str = assumed.QUEUED
    stage: str = assumed.QUEUED
    updated_at: str = field(default_factory=timestamp)
    due: float = 0.0
    retry_count: int = 0
    last_error: str | None = None
    failures: list[dict[str, str]] = field(default_factory=list)
    model_id: str | None = None
    project_id: str | None = None
    render_id: str | None = None

    def shown(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "jobId": self.id,
            "status": self.status,
            "stage": self.stage,
            "sourceFile": self.file,
            "retryCount": self.retry_count,
            "lastError": self.last_error,
            "failures": self.failures,
            "modelId": self.model_id,
            "projectId": self.project_id,
            "renderJobId": self.render_id,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }
