"""A model at Threekit: a file, an import, and the asset that comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from airflow_provider_render.core.calls import ByteSource, Operation, send
from airflow_provider_render.core.errors import NotFoundError, UnexpectedAnswerError
from airflow_provider_render.core.job import RenderJob, RenderRequest, RenderStatus
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.core.vendor import Upload
from airflow_provider_render.vendors.threekit import handles
from airflow_provider_render.vendors.threekit.answers.assets import Asset
from airflow_provider_render.vendors.threekit.answers.jobs import CatalogJob, Job
from airflow_provider_render.vendors.threekit.endpoints.asset_jobs import import_file
from airflow_provider_render.vendors.threekit.endpoints.assets import get_asset, list_assets
from airflow_provider_render.vendors.threekit.endpoints.files import upload_file
from airflow_provider_render.vendors.threekit.endpoints.jobs import find_by_title, get_import
from airflow_provider_render.vendors.threekit.watching import state_of

RENDERABLE = ("model", "item", "scene", "composite", "upload")
"""Types of asset that an import of a model may make, the best first."""

LONGEST_STEM = 80


class Renamed:
    """A file under another name.

    :param source: its bytes.
    :param name: the name, with extension.
    """

    def __init__(self, source: ByteSource, name: str) -> None:
        self._source = source
        self.name = name

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._source.size

    def open(self) -> BinaryIO:
        """Open a fresh, seekable reader at the first byte."""
        return self._source.open()


def asset_name(model: ModelFile, sku: str | None = None) -> str:
    """Return the name of a model's asset: SKU, or the file's name, and the beginning of its hash.

    :param sku: variants, as in ``CHR-1001/dark``, share the asset of their model.
    """
    stem = (sku or "").partition("/")[0] or PurePosixPath(model.name).stem
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", stem)[:LONGEST_STEM].strip("-.") or "model"
    return f"{kept}-{model.sha256[:12]}"


def find(request: RenderRequest, title_field: str) -> Operation[Upload | None]:
    """Return the asset of a model, or the import that makes it, or None.

    :param title_field: the field in which a job shows its title.
    """
    if request.model_id and (yield from _is_there(request.model_id)):
        return Upload(request.model_id)
    if request.model is None:
        return None
    name = asset_name(request.model, request.sku)
    asset_id = yield from _named(name)
    return Upload(asset_id) if asset_id else (yield from _imported(name, title_field))


def upload(request: RenderRequest) -> Operation[Upload]:
    """Upload a model's file and have it imported.

    :raises ModelFileError: there is no file.
    """
    model = request.model_to_upload()
    name = asset_name(model, request.sku)
    file = Renamed(model.source, f"{name}{model.extension}")
    return Upload("", preparing=(yield from import_model(file, name)))


def import_model(file: ByteSource, title: str, **options: Any) -> Operation[RenderJob]:
    """Upload a file, and start an import of it that is found again by its title.

    :param options: of :func:`~.endpoints.asset_jobs.import_file`.
    """
    (stored, *_) = yield from send(upload_file(file))
    begun = yield from send(import_file(stored.id, title=title, **options))
    if begun.id is None:
        raise UnexpectedAnswerError(f"Threekit imports {title} without naming the job", happened=None)
    return handles.of_import(begun.id, PurePosixPath(file.name).stem, stored.id)


def prepared(job: RenderJob) -> Operation[str]:
    """Return the id of the asset that an import has made.

    :raises UnexpectedAnswerError: nothing tells which it is.
    """
    handle = handles.read(job)
    try:
        made = yield from send(get_import(handle.id))
    except NotFoundError:
        made = CatalogJob()
    asset_id = _made(made) or (yield from _from_file(job, made))
    if asset_id is None and job.refs.get("name"):
        asset_id = yield from _named(job.refs["name"])
    if asset_id is None:
        raise UnexpectedAnswerError(
            f"Threekit ended import {handle.id} without telling which asset it made. Nothing was rendered; a"
            " retry asks again. Look at the job, and give the asset's id as the model if it is there."
        )
    return asset_id


def _is_there(asset_id: str) -> Operation[bool]:
    try:
        asset = yield from send(get_asset(asset_id))
    except NotFoundError:
        return False
    return asset.deleted_at is None


def _named(name: str) -> Operation[str | None]:
    page = yield from send(list_assets(name=name))
    return _best(asset for asset in page.items if asset.name in (None, name))


def _from_file(job: RenderJob, made: CatalogJob) -> Operation[str | None]:
    parameters = made.job.parameters if made.job else {}
    file_id = job.refs.get("file") or parameters.get("fileId")
    if not file_id:
        return None
    page = yield from send(list_assets(imported_file_id=str(file_id)))
    return _best(asset for asset in page.items if asset.imported_file_id in (None, file_id))


def _best(assets: Iterable[Asset]) -> str | None:
    """Return the asset to render: of the best type, and of those the newest."""
    alive = [asset for asset in assets if asset.deleted_at is None and asset.type in RENDERABLE]
    best = max(alive, key=lambda asset: (-RENDERABLE.index(str(asset.type)), asset.age_key), default=None)
    return best.id if best else None


def _made(job: CatalogJob) -> str | None:
    for kind in RENDERABLE:
        for asset in job.assets(kind):
            if asset.asset_id:
                return asset.asset_id
    return None


def _imported(name: str, title_field: str) -> Operation[Upload | None]:
    """Return the newest import of a model, unless it failed or its asset is gone."""
    jobs = yield from find_by_title(name, field=title_field)
    job = next((job for job in jobs if _is_import(job)), None)
    if job is None:
        return None
    state, preparing = state_of(job), handles.of_import(job.id, name)
    if state is None or not state.status.terminal:
        return Upload("", preparing=preparing)
    if state.status is not RenderStatus.SUCCEEDED:
        return None
    asset_id = yield from _if_named(preparing)
    return Upload(asset_id) if asset_id and (yield from _is_there(asset_id)) else None


def _if_named(job: RenderJob) -> Operation[str | None]:
    try:
        return (yield from prepared(job))
    except UnexpectedAnswerError:
        return None


def _is_import(job: Job) -> bool:
    return job.type is None or "import" in job.type
