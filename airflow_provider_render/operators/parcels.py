"""Downloading renders that were named one by one: where each goes, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from airflow_provider_render.catalog.deliver import Delivery, Parcel
from airflow_provider_render.catalog.storage import Place
from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.core.job import OutputKind, RenderJob
from airflow_provider_render.hooks.base import RenderHook


def read_folder(folder: Any) -> str:
    """Return a folder in which ``{id}`` and ``{model_id}`` stand for the vendor's ids.

    :raises RenderInputError: it is no text, or has something else in braces.
    """
    try:
        folder.format(id="", model_id="")
    except (LookupError, ValueError, AttributeError) as error:
        raise RenderInputError(
            f"folder: {folder!r} has more than {{id}} and {{model_id}}: {error!r}"
        ) from error
    return str(folder)


def parcel(folder: str, job: RenderJob, job_id: str | None = None) -> Parcel:
    """Return where a render goes.

    :param folder: as :func:`read_folder` returns it.
    :param job_id: what ``{id}`` stands for; the render's id if None.
    """
    return Parcel(job.id, folder.format(id=job_id or job.id, model_id=job.model_id), job)


def require_apart(parcels: Iterable[Parcel], advice: str) -> None:
    """Refuse renders that share a folder: their files have the same names, and replace each other.

    :param advice: what keeps them apart.
    :raises RenderInputError: names two of them.
    """
    taken: dict[PurePosixPath, Parcel] = {}
    for one in parcels:
        other = taken.setdefault(PurePosixPath(one.folder), one)
        if other is not one:
            raise RenderInputError(
                f"folder: renders {other.key} and {one.key} would both go to {one.folder!r}, and their files"
                f" replace each other. {advice}"
            )


def download(
    hook: RenderHook,
    root: Place,
    parcels: Sequence[Parcel],
    kinds: Collection[OutputKind] | None,
    concurrency: int = 4,
) -> list[dict[str, Any]]:
    """Download parcels; costs nothing beside what listing the files does, and may be repeated.

    :param kinds: kinds of output to fetch; the vendor's usual if None.
    :param concurrency: renders at the same time.
    :returns: one entry a file, in the order of the parcels.
    :raises RenderError: what went wrong with the first one that failed.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for one, result in Delivery(hook, root, kinds=kinds, concurrency=concurrency).deliver(parcels):
        if isinstance(result, Exception):
            raise result
        found[one.key] = [
            {**file, "uri": str(root / str(file["path"])), "job_id": one.key} for file in result
        ]
    return [file for one in parcels for file in found.pop(one.key, ())]
