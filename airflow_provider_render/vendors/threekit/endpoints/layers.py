"""Layers: the pictures, and AR files, that Threekit keeps by asset, configuration and stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_render.core.answers import one
from airflow_provider_render.core.calls import Call, Effect, Fetch, Operation
from airflow_provider_render.core.paths import AssumedPath, path
from airflow_provider_render.vendors.threekit.answers.assets import Layer, LayerLink
from airflow_provider_render.vendors.threekit.answers.base import Page, many
from airflow_provider_render.vendors.threekit.endpoints.base import fetch, given, post, read
from airflow_provider_render.vendors.threekit.org import Own
from airflow_provider_render.vendors.threekit.paging import NEWEST_FIRST, PAGE, rows
from airflow_provider_render.vendors.threekit.paths import ASSUMED

Table = Mapping[str, Any]


def layer_query(
    *,
    asset_id: str | None = None,
    asset_layer: str | None = None,
    configuration: Table | None = None,
    stage_id: str | None = None,
    stage_configuration: Table | None = None,
    metadata: Table | None = None,
    job_id: str | None = None,
    format: str | None = None,  # noqa: A002 - the vendor's name
    width: int | None = None,
    height: int | None = None,
    optimization: Table | None = None,
) -> dict[str, Any]:
    """Return what layers are looked up by, in the vendor's names.

    :param configuration: of the asset.
    :param job_id: the job that made them.
    :param format: ``png``, ``glb`` or ``usdz``.
    :param width: pixels.
    :param height: pixels.
    :param optimization: a change of the file: ``width``, ``height``, ``format``, ``quality``.
    """
    return given(
        assetId=asset_id,
        assetLayer=asset_layer,
        assetLayerConfiguration=configuration,
        stageId=stage_id,
        stageConfiguration=stage_configuration,
        metadata=metadata,
        jobId=job_id,
        format=format,
        width=width,
        height=height,
        optimization=optimization,
    )


def list_layers(
    *, page: int = 1, per_page: int = PAGE, sort: str = NEWEST_FIRST, **query: Any
) -> Call[Page[Layer]]:
    """Read one page of layers, the newest first: ``GET /api/layers``.

    :param query: as :func:`layer_query` takes it.
    """
    return read(
        "/api/layers",
        many(Layer, "layers"),
        branch=Own.BRANCH,
        page=page,
        perPage=per_page,
        sort=sort,
        **layer_query(**query),
    )


def all_layers(**query: Any) -> Operation[list[Layer]]:
    """Read all layers, the newest first, each once.

    :param query: as :func:`layer_query` takes it.
    """
    return (yield from rows(lambda page: list_layers(page=page, **query)))


def find_layer(**query: Any) -> Call[Layer]:
    """Read the one layer that a query names: ``GET /api/layers/layer``.

    :param query: as :func:`layer_query` takes it.
    """
    return read("/api/layers/layer", one(Layer), branch=Own.BRANCH, **layer_query(**query))


def layer_link(**query: Any) -> Call[LayerLink]:
    """Ask where the file of a layer is: ``GET /api/layers/layer`` with ``resultType=url``.

    :param query: as :func:`layer_query` takes it.
    """
    return read(
        "/api/layers/layer", one(LayerLink), branch=Own.BRANCH, resultType="url", **layer_query(**query)
    )


def layer_file(**query: Any) -> Fetch:
    """Download the file of a layer: ``GET /api/layers/layer`` with ``resultType=file``.

    :param query: as :func:`layer_query` takes it.
    """
    return fetch("/api/layers/layer", branch=Own.BRANCH, resultType="file", **layer_query(**query))


def get_layer(layer_id: str) -> Call[Layer]:
    """Read a layer: ``GET /api/layers/{id}``."""
    return read(path("/api/layers/{id}", id=layer_id), one(Layer))


def create_layer(
    asset_id: str, file_id: str, width: int, height: int, *, configuration: Table, **more: Any
) -> Call[Layer]:
    """Keep a picture that was made elsewhere as a layer: ``POST /api/layers``.

    The path is assumed; the connection extra ``layer_create_path`` corrects it.

    :param file_id: the picture's file.
    :param width: pixels.
    :param height: pixels.
    :param configuration: of the asset.
    :param more: as :func:`layer_query` takes it.
    """
    body = given(
        orgId=Own.ORG,
        branch=Own.BRANCH,
        fileId=file_id,
        **layer_query(asset_id=asset_id, configuration=configuration, width=width, height=height, **more),
    )
    return post(AssumedPath(ASSUMED, "layer_create_path"), one(Layer), body, Effect.ONCE)
