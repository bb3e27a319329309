"""Assets, catalog items, variants, tags and layers."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from airflow_provider_render.core.answers import CamelAnswer, Several
from airflow_provider_render.vendors.threekit.answers.base import Record, Table


class Asset(Record):
    """Anything that an organisation has: a scene, model, material, texture, stage, item, upload ...

    :param name: not unique.
    :param type: such as ``model`` or ``item``.
    :param imported_file_id: the file that it was imported from.
    """

    name: str | None = None
    type: str | None = None
    description: str | None = None
    metadata: Any = None
    tags: Several[str] = ()
    keywords: Several[str] = ()
    branch: str | None = None
    public_share: str | None = None
    imported_file_id: str | None = None
    proxy_id: str | None = None
    parent_folder_id: str | None = None
    default_stage_id: str | None = None
    default_composite_id: str | None = None
    custom_id: str | None = None
    file_size: int | None = None


class Item(Asset):
    """An asset as version 2 of the service shows it: with its attributes.

    :param attributes: what can be configured, in the vendor's form.
    """

    attributes: Any = None
    asset: Table = Field(default_factory=dict)


class CatalogProduct(Record):
    """An item of the catalog.

    :param proxy_id: the asset that stands for it.
    """

    name: str | None = None
    description: str | None = None
    proxy_id: str | None = None
    keywords: Several[str] = ()
    tags: Several[str] = ()
    categories: Several[str] = ()
    metadata: Any = None


class Variant(Record):
    """One variant of an item.

    :param variant_id: the caller's id of it.
    :param variant: its configuration.
    """

    asset_id: str | None = None
    job_id: str | None = None
    variant_id: str | None = None
    metadata: Any = None
    variant: Any = None


class Tag(Record):
    """A tag.

    :param type: ``catalog`` or ``asset``.
    """

    name: str | None = None
    label: str | None = None
    description: str | None = None
    color: str | None = None
    type: str | None = None


class Layer(Record):
    """A picture, or an AR file, of an asset in one configuration and stage: Threekit's render cache.

    :param file_id: its file.
    :param job_id: the job that made it.
    :param format: ``png``, ``glb`` or ``usdz``.
    """

    asset_id: str | None = None
    asset_layer: str | None = None
    asset_layer_configuration: Table = Field(default_factory=dict)
    stage_id: str | None = None
    stage_configuration: Table = Field(default_factory=dict)
    metadata: Any = None
    job_id: str | None = None
    task_id: str | None = None
    file_id: str | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None


class LayerLink(CamelAnswer):
    """Where the file of a layer is at this moment."""

    url: str = Field(repr=False)
    metadata: Any = None
