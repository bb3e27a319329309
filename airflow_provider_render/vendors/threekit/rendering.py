"""Submitting renders, and finding those that are there already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from airflow_provider_render.core.calls import Operation, send
from airflow_provider_render.core.errors import (
    NotFoundError,
    OutcomeUnknownError,
    VendorError,
)
from airflow_provider_render.core.fingerprint import canonical_json
from airflow_provider_render.core.job import RenderJob, RenderRequest, RenderStatus, Settings
from airflow_provider_render.core.vendor import Answerable, Existing
from airflow_provider_render.vendors.threekit import handles, matrix, watching
from airflow_provider_render.vendors.threekit.answers.assets import Layer
from airflow_provider_render.vendors.threekit.answers.jobs import Job
from airflow_provider_render.vendors.threekit.configuring import default_stages, equal, stage_of, whole
from airflow_provider_render.vendors.threekit.endpoints.asset_jobs import render_matrix
from airflow_provider_render.vendors.threekit.endpoints.jobs import find_by_title, get_job
from airflow_provider_render.vendors.threekit.endpoints.layers import all_layers
from airflow_provider_render.vendors.threekit.settings import canonical, skips_existing

MAX_BATCH = 100
"""Assets in one render job; a bound of this package, Threekit names none."""

TITLE_PAGES = 20
"""Pages of the newest jobs among which a cut-off submit is looked for. A job that is older than 2,000 others
has ended, and its pictures are found as layers.
"""


def batch_key(settings: Settings) -> str:
    """Return what renders of one job have in common: everything but the asset."""
    return canonical_json({"settings": canonical(settings), "skip": skips_existing(settings)})


def submit(requests: Sequence[RenderRequest], words: Mapping[str, str]) -> Operation[list[RenderJob]]:
    """Start one render job for all requests.

    :raises OutcomeUnknownError: Threekit answered without naming the job.
    """
    assets = [request.uploaded_model_id() for request in requests]
    if not requests:
        return []
    settings = requests[0].settings
    members, stages = yield from _before_paying(assets, settings)
    begun = yield from send(
        render_matrix(
            members,
            stages,
            job_name=requests[0].ticket or "",
            type=canonical(settings)["type"],
            render_missing_layers=skips_existing(settings),
            settings=matrix.output(settings, words["output_format_field"]),
        )
    )
    if begun.id is None:
        raise OutcomeUnknownError("Threekit took a render job without naming it", happened=None)
    return [
        handles.of_asset(begun.id, asset_id, request.settings)
        for asset_id, request in zip(assets, requests, strict=True)
    ]


def _before_paying(
    assets: Sequence[str], settings: Settings
) -> Operation[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Return assets and stages with whole configurations; trouble in reading them costs nothing for sure."""
    wanted, members = canonical(settings), []
    try:
        for asset_id in dict.fromkeys(assets):
            asset = yield from whole(asset_id, wanted["configuration"])
            members.append(matrix.member(asset_id, matrix.single(asset.values)))
        stage_id, staged = yield from stage_of(settings)
    except VendorError as error:
        error.happened = False
        raise
    return members, [matrix.member(stage_id, matrix.single(staged))] if stage_id else []


def find_existing(
    request: RenderRequest, exclude: Collection[str], words: Mapping[str, str]
) -> Operation[Existing]:
    """Look for a picture that is there, then, after a cut-off submit, for its job by its name."""
    if not request.model_id:
        return Existing(Answerable.ABSENT)
    asset_id = request.model_id
    layer = yield from _layer(asset_id, request.settings, exclude)
    if layer and layer.file_id:
        job = handles.of_layer(layer.id, layer.file_id, asset_id, request.settings)
        return Existing(Answerable.FOUND, job)
    begun = yield from _begun(request, exclude, words) if request.ticket else _no_job()
    return Existing(Answerable.FOUND, begun) if begun else Existing(Answerable.ABSENT)


def matching_layers(asset_id: str, settings: Settings) -> Operation[list[Layer]]:
    """Return the layers of an asset that show what settings ask for, the newest first.

    Where no stage is asked for a layer may name the stage in which the asset is shown by default.
    """
    wanted = canonical(settings)
    asset = yield from whole(asset_id, wanted["configuration"])
    stage_id, staged = yield from stage_of(settings)
    wanted |= {"configuration": asset.values, "stageConfiguration": staged}
    layers = yield from all_layers(
        asset_id=asset_id,
        configuration=asset.values,
        stage_id=stage_id,
        stage_configuration=staged or None,
        width=wanted["width"],
        height=wanted["height"],
    )
    fitting = [layer for layer in layers if _shows(layer, asset_id, wanted)]
    stages = yield from _stages(fitting, stage_id or asset.stage_id)
    return sorted(
        (layer for layer in fitting if not layer.stage_id or layer.stage_id in stages),
        key=lambda layer: layer.age_key,
        reverse=True,
    )


def _stages(layers: Sequence[Layer], known: str | None) -> Operation[frozenset[str]]:
    """Return the stages that may be meant: the known one, or those of the organisation."""
    if known or not any(layer.stage_id for layer in layers):
        return frozenset({known} if known else ())
    return (yield from default_stages())


def _no_job() -> Operation[RenderJob | None]:
    return None
    yield  # makes it an operation


def _layer(asset_id: str, settings: Settings, exclude: Collection[str]) -> Operation[Layer | None]:
    for layer in (yield from matching_layers(asset_id, settings)):
        if exclude and {f"layer:{layer.id}", f"{layer.job_id}:{asset_id}"} & set(exclude):
            continue
        if (yield from _by_renderer(layer, canonical(settings)["type"])):
            return layer
    return None


def _shows(layer: Layer, asset_id: str, wanted: Settings) -> bool:
    """Whether a layer shows what is wanted; what the answer leaves out was asked for in the query."""
    return (
        bool(layer.file_id)
        and layer.deleted_at is None
        and layer.asset_id in (None, asset_id)
        and equal(layer.asset_layer_configuration, wanted["configuration"])
        and equal(layer.stage_configuration, wanted["stageConfiguration"])
        and layer.width in (None, wanted["width"])
        and layer.height in (None, wanted["height"])
        and layer.format in (None, "png", "jpg", wanted["format"])
    )


def _by_renderer(layer: Layer, renderer: str) -> Operation[bool]:
    """Whether a layer was made by a renderer; it does not say so itself, but its job may."""
    if not layer.job_id:
        return True
    try:
        job = yield from send(get_job(layer.job_id))
    except NotFoundError:
        return True
    return job.parameters.get("type") in (None, renderer)


def _begun(
    request: RenderRequest, exclude: Collection[str], words: Mapping[str, str]
) -> Operation[RenderJob | None]:
    """Return the render of a cut-off submit, unless it failed."""
    title, asset_id = request.ticket or "", request.model_id or ""
    jobs = yield from find_by_title(title, field=words["job_title_field"], pages=TITLE_PAGES)
    for job in jobs:
        found = handles.of_asset(job.id, asset_id, request.settings)
        if found.id not in exclude and not (yield from _has_failed(found, job, words)):
            return found
    return None


def _has_failed(found: RenderJob, job: Job, words: Mapping[str, str]) -> Operation[bool]:
    state = watching.state_of(job, words)
    if state is not None and state.status is not RenderStatus.FAILED:
        return False
    states = yield from watching.states([found], words)
    return found.id in states and states[found.id].status is RenderStatus.FAILED
