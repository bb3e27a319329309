"""What the id of a :class:`RenderJob` of Threekit stands for.

====================  =============================================================================
``<job>:<asset>``     what a render job makes of one asset
``layer:<layer>``     a picture that is there already
``import:<job>``      an import
``file:<file>``       a file that is there already, such as an export
``job:<job>``         any job as a whole; the job's id alone is read so too
====================  =============================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from airflow_provider_render.core.job import RenderJob

VENDOR = "threekit"


class Kind(StrEnum):
    """What a handle stands for."""

    ASSET = "asset"
    LAYER = "layer"
    IMPORT = "import"
    FILE = "file"
    JOB = "job"

    @property
    def ready(self) -> bool:
        """Whether it is finished by its nature."""
        return self in (Kind.LAYER, Kind.FILE)


@dataclass(frozen=True, slots=True)
class Handle:
    """A read id.

    :param kind: what it stands for.
    :param id: id of the job, layer or file.
    :param asset: id of the asset, of one asset's part of a job.
    """

    kind: Kind
    id: str
    asset: str = ""


def read(job: RenderJob) -> Handle:
    """Read the id of a render."""
    head, colon, tail = job.id.partition(":")
    if not colon:
        return Handle(Kind.JOB, head)
    if head in (Kind.LAYER, Kind.IMPORT, Kind.FILE, Kind.JOB):
        return Handle(Kind(head), tail)
    return Handle(Kind.ASSET, head, tail)


def of_asset(job_id: str, asset_id: str, settings: Mapping[str, Any]) -> RenderJob:
    """Return what a render job makes of one asset."""
    return RenderJob(VENDOR, f"{job_id}:{asset_id}", asset_id, dict(settings), {"job": job_id})


def of_layer(layer_id: str, file_id: str, asset_id: str, settings: Mapping[str, Any]) -> RenderJob:
    """Return a picture that is there already."""
    refs = {"layer": layer_id, "file": file_id}
    return RenderJob(VENDOR, f"{Kind.LAYER}:{layer_id}", asset_id, dict(settings), refs)


def of_import(job_id: str, name: str, file_id: str = "") -> RenderJob:
    """Return an import.

    :param name: of the asset that it makes.
    :param file_id: of the file that it reads, where known.
    """
    refs = {"job": job_id, "name": name} | ({"file": file_id} if file_id else {})
    return RenderJob(VENDOR, f"{Kind.IMPORT}:{job_id}", "", {}, refs)


def of_job(job_id: str, asset_id: str = "", settings: Mapping[str, Any] | None = None) -> RenderJob:
    """Return a job as a whole."""
    return RenderJob(VENDOR, f"{Kind.JOB}:{job_id}", asset_id, dict(settings or {}), {"job": job_id})


def of_file(file_id: str, asset_id: str = "") -> RenderJob:
    """Return a file that is there already."""
    return RenderJob(VENDOR, f"{Kind.FILE}:{file_id}", asset_id, {}, {"file": file_id})
