"""What the history of a folder pipeline holds: its files, and where the pipeline as a whole stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

Listing = Mapping[str, Any]
"""What a storage tells of a file without reading it: ``size``, and an ``etag`` or an ``mtime``."""


class FileStatus(StrEnum):
    """How far a file of the folder has come."""

    BASELINE = "baseline"
    """It was there before the pipeline, and is left alone."""
    QUEUED = "queued"
    """It waits for a run that takes it."""
    RENDERING = "rendering"
    """A run has taken it; where no run is at work, that run was cut off, and the next one goes on."""
    COMPLETED = "completed"
    FAILED = "failed"
    """It is taken again at ``next_try``, or, where there is none, once it was changed."""


@dataclass(frozen=True, slots=True)
class PipelineFile:
    """What the history knows of one file.

    :param path: below the source folder.
    :param name: key of its item, ``SKU`` or ``SKU/variant``; never changes.
    :param listing: what the storage told of it when it was noted or taken.
    :param status: how far it has come.
    :param stage: how far its item came, or where it failed, as the report has it.
    :param last_error: why it failed, or why it waits again.
    :param retry_count: how often it was taken again after a failure.
    :param queued_at: since when it waits, ISO time in UTC like all times here.
    :param taken_at: when a run took it last.
    :param finished_at: when it was delivered or failed.
    :param next_try: from when it may be taken again after a failure.
    :param run: the run that took it last.
    :param job_id: the vendor's id of its render.
    :param credits: what that run paid for it.
    :param files: delivered files, below the output folder.
    """

    path: str
    name: str = ""
    listing: Listing = field(default_factory=dict)
    status: FileStatus = FileStatus.QUEUED
    stage: str = ""
    last_error: str | None = None
    retry_count: int = 0
    queued_at: str = ""
    taken_at: str | None = None
    finished_at: str | None = None
    next_try: str | None = None
    run: str = ""
    job_id: str | None = None
    credits: Decimal = Decimal(0)
    files: tuple[str, ...] = ()

    @property
    def latest(self) -> str:
        """When something happened to it last."""
        return self.finished_at or self.taken_at or self.queued_at

    def to_json(self) -> dict[str, Any]:
        """Return a JSON form; what is empty is left out."""
        data = {**asdict(self), "status": str(self.status), "files": list(self.files)}
        return {name: value for name, value in data.items() if value} | {"credits": str(self.credits)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PipelineFile:
        """Read what :meth:`to_json` wrote.

        :raises ValueError: a field is missing or of the wrong kind.
        """
        try:
            status, credits_ = FileStatus(data["status"]), Decimal(data["credits"])
            return cls(
                **{**data, "status": status, "credits": credits_, "files": tuple(data.get("files", ()))}
            )
        except (KeyError, TypeError, ArithmeticError) as error:
            raise ValueError(f"not a file of the history: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Pause:
    """Why nothing is taken any more.

    :param at: since when.
    :param why: for people.
    :param run: the run that paused the pipeline.
    """

    at: str
    why: str
    run: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Where the pipeline as a whole stands.

    :param since: when its first run was.
    :param failing: names of the files that failed since one was delivered last, with the run of each.
    :param pause: why it is paused, if it is.
    """

    since: str
    failing: Mapping[str, str] = field(default_factory=dict)
    pause: Pause | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON form."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Pipeline:
        """Read what :meth:`to_json` wrote.

        :raises ValueError: a field is missing or of the wrong kind.
        """
        try:
            pause = Pause(**data["pause"]) if data["pause"] else None
            return cls(data["since"], dict(data["failing"]), pause)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a pipeline: {error!r}") from error
