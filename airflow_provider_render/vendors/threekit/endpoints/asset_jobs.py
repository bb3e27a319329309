"""Jobs on assets: imports, exports and renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from airflow_provider_render.core.calls import Call, Effect
from airflow_provider_render.core.paths import AssumedPath, path
from airflow_provider_render.vendors.threekit.answers.base import raw
from airflow_provider_render.vendors.threekit.answers.jobs import Started, started
from airflow_provider_render.vendors.threekit.endpoints.base import given, post
from airflow_provider_render.vendors.threekit.org import Own
from airflow_provider_render.vendors.threekit.paths import ASSUMED

ExportFormat = Literal["glb", "usdz", "step", "stl", "dxf"]
Renderer = Literal["webgl", "vray"]
Table = Mapping[str, Any]


def import_file(
    file_id: str,
    *,
    title: str | None = None,
    sync: bool = False,
    parent_folder_id: str | None = None,
    target_asset_id: str | None = None,
    settings: Table | None = None,
) -> Call[Started]:
    """Make an asset from a file: ``POST /api/asset-jobs/import``.

    An asset of the same name in the same folder is updated instead.

    :param title: the job's, by which it is found again.
    :param sync: whether the call lasts until the job has ended.
    :param target_asset_id: the asset to update.
    :param settings: such as ``importAs`` or ``dontOverwriteAssets``.
    """
    body = given(
        fileId=file_id,
        orgId=Own.ORG,
        sync=sync,
        title=title,
        parentFolderId=parent_folder_id,
        targetAssetId=target_asset_id,
        settings=settings,
    )
    return post("/api/asset-jobs/import", started, body)


def import_clara(clara_url: str, *, sync: bool = False) -> Call[Started]:
    """Make assets from a scene at Clara.io: ``POST /api/asset-jobs/clara``."""
    body = {"claraURL": clara_url, "orgId": Own.ORG, "sync": sync}
    return post("/api/asset-jobs/clara", started, body)


def export_asset(
    asset_id: str,
    format: ExportFormat,  # noqa: A002 - the vendor's name
    *,
    configuration: Table | None = None,
    cache: bool = True,
    wait: bool = False,
    sync: bool = False,
    settings: Table | None = None,
) -> Call[Started]:
    """Write an asset as a file: ``POST /api/asset-jobs/{id}/export/{format}``.

    :param cache: whether the file is stored, and a stored one answers at once.
    :param wait: whether an older file may answer while a new one is made; only with ``cache``.
    :param sync: whether the call lasts until the job has ended.
    :param settings: such as ``arExport``.
    """
    body = given(
        assetId=asset_id,
        configuration=dict(configuration or {}),
        cache="true" if cache else "false",
        wait=wait,
        sync=sync,
        settings=settings,
    )
    where = path("/api/asset-jobs/{id}/export/{format}", id=asset_id, format=format)
    effect = Effect.REPEATABLE if cache else Effect.ONCE
    return Call("POST", where, started, effect, query={"orgId": Own.ORG}, json=body)


def render_webgl(
    asset_id: str,
    *,
    configuration: Table | None = None,
    stage_id: str | None = None,
    stage_configuration: Table | None = None,
    settings: Table | None = None,
    cache: bool | None = None,
    wait: bool | None = None,
    sync: bool = False,
) -> Call[Started]:
    """Start one fast picture: ``POST /api/asset-jobs/{id}/render/webgl/image``.

    :param settings: such as ``{"output": {"resolution": {"width": 1024, "height": 1024}}}``.
    :param cache: whether the picture is kept as a layer.
    :param wait: whether an older picture may answer while a new one is made; only with ``cache``.
    :param sync: whether the call lasts until the job has ended, which may take minutes.
    """
    body = given(
        orgId=Own.ORG,
        configuration=dict(configuration or {}),
        stageId=stage_id,
        stageConfiguration=stage_configuration,
        settings=settings,
        cache=cache,
        wait=wait,
        sync=sync,
    )
    return post(path("/api/asset-jobs/{id}/render/webgl/image", id=asset_id), started, body, Effect.PAID)


def render_vray(
    asset_id: str,
    *,
    configuration: Table | None = None,
    configurations: Sequence[Table] | None = None,
    subset: Table | None = None,
    layer_id: str | None = None,
    stage_id: str | None = None,
    stage_configuration: Table | None = None,
    type: Renderer | None = None,  # noqa: A002 - the vendor's name
    cache: bool | None = None,
    wait: bool | None = None,
) -> Call[Started]:
    """Start photographic pictures of an asset: ``POST /api/asset-jobs/{id}/render/vray/image``.

    The path is assumed; the connection extra ``vray_path`` corrects it.

    :param configuration: of one picture.
    :param configurations: of many.
    :param subset: attributes with their values, for all combinations.
    :param layer_id: a layer all of whose combinations are rendered.
    """
    body = given(
        orgId=Own.ORG,
        configuration=configuration,
        configurations=None if configurations is None else [dict(one) for one in configurations],
        subset=subset,
        layerId=layer_id,
        stageId=stage_id,
        stageConfiguration=stage_configuration,
        type=type,
    )
    query = {name: str(value).lower() for name, value in given(cache=cache, wait=wait).items()}
    where = AssumedPath(ASSUMED, "vray_path", id=asset_id)
    return Call("POST", where, started, Effect.PAID, query=query, json=body)


def render_matrix(
    assets: Sequence[Table],
    stages: Sequence[Table] = (),
    *,
    job_name: str = "",
    type: Renderer = "webgl",  # noqa: A002 - the vendor's name
    render_missing_layers: bool = True,
    settings: Table | None = None,
) -> Call[Started]:
    """Start pictures of many assets in many configurations and stages: ``POST /api/asset-jobs/renders``.

    :param assets: each ``{"assetId": ..., "subset": ...}``; see :func:`~..matrix.member`.
    :param stages: likewise.
    :param job_name: by which the job is found again.
    :param render_missing_layers: whether pictures that are there are left out.
    :param settings: such as ``{"output": {"resolution": {"width": 1024, "height": 1024}}}``.
    """
    body = given(
        orgId=Own.ORG,
        type=type,
        jobName=job_name,
        renderMissingLayers=render_missing_layers,
        settings=settings,
        assets=[dict(asset) for asset in assets],
        stages=[dict(stage) for stage in stages] or None,
    )
    return post("/api/asset-jobs/renders", started, body, Effect.PAID)


def download_results(
    job_id: str,
    *,
    format: Literal["png", "jpeg"] | None = None,  # noqa: A002 - the vendor's name
    type: Literal["jobResult", "texture"] = "jobResult",  # noqa: A002 - the vendor's name
    asset_ids: Sequence[str] = (),
) -> Call[Any]:
    """Ask for all results of a render or export job: ``POST /api/asset-jobs/downloads``.

    The path is assumed; the connection extra ``downloads_path`` corrects it.

    :param format: of pictures.
    :param asset_ids: only results of these assets.
    :returns: the vendor's answer as it comes: files, or a job that makes a ZIP.
    """
    body = given(jobId=job_id, orgId=Own.ORG, format=format, type=type, assetIds=list(asset_ids) or None)
    return post(AssumedPath(ASSUMED, "downloads_path"), raw, body)
