"""Assets in both versions, their variants, tags, translations and content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from airflow_provider_render.core.answers import one
from airflow_provider_render.core.calls import Call, Operation
from airflow_provider_render.core.paths import path
from airflow_provider_render.vendors.threekit.answers.assets import Asset, Item, Tag, Variant
from airflow_provider_render.vendors.threekit.answers.base import Page, many, raw
from airflow_provider_render.vendors.threekit.endpoints.base import delete, given, post, read, restore
from airflow_provider_render.vendors.threekit.org import Own
from airflow_provider_render.vendors.threekit.paging import NEWEST_FIRST, PAGE, rows

Table = Mapping[str, Any]


def list_assets(
    *,
    name: str | None = None,
    name_like: str | None = None,
    type: str | None = None,  # noqa: A002 - the vendor's name
    imported_file_id: str | None = None,
    tags: Sequence[str] | None = None,
    keywords: Sequence[str] | None = None,
    metadata: Table | None = None,
    proxy_id: str | None = None,
    public_share: str | None = None,
    page: int = 1,
    per_page: int = PAGE,
    sort: str = NEWEST_FIRST,
) -> Call[Page[Asset]]:
    """Read one page of assets: ``GET /api/assets``.

    :param name: only assets of this name.
    :param name_like: only assets whose name is like this.
    :param type: such as ``model``, ``item``, ``material`` or ``stage``.
    :param imported_file_id: only assets made from this file.
    :param metadata: only assets with these values.
    :param page: from 1.
    :param per_page: at most 100.
    :param sort: ``-createdAt`` or ``+createdAt``.
    """
    return read(
        "/api/assets",
        many(Asset, "assets"),
        name=name,
        nameLike=name_like,
        type=type,
        importedFileId=imported_file_id,
        tags=_listed(tags),
        keywords=_listed(keywords),
        metadata=metadata,
        proxyId=proxy_id,
        publicShare=public_share,
        branch=Own.BRANCH,
        page=page,
        perPage=per_page,
        sort=sort,
        order=sort,
    )


def all_assets(**query: Any) -> Operation[list[Asset]]:
    """Read all assets, each once.

    :param query: as :func:`list_assets` takes it.
    """
    return (yield from rows(lambda page: list_assets(page=page, **query)))


def get_asset(asset_id: str) -> Call[Asset]:
    """Read an asset by its id or custom id: ``GET /api/assets/{id}``."""
    return read(path("/api/assets/{id}", id=asset_id), one(Asset))


def delete_asset(asset_id: str) -> Call[Any]:
    """Delete an asset: ``DELETE /api/assets/{id}``."""
    return delete("/api/assets", asset_id)


def restore_asset(asset_id: str) -> Call[Any]:
    """Take the deletion of an asset back: ``POST /api/assets/{id}/restore``."""
    return restore("/api/assets", asset_id)


def clone_asset(asset_id: str) -> Call[Any]:
    """Copy an asset: ``POST /api/assets/{id}/clone``."""
    return post(path("/api/assets/{id}/clone", id=asset_id), raw, None)


def list_variants(asset_id: str, *, page: int = 1, per_page: int = PAGE) -> Call[Page[Variant]]:
    """Read one page of the variants of an item: ``GET /api/assets/{id}/variants``."""
    where = path("/api/assets/{id}/variants", id=asset_id)
    return read(where, many(Variant, "variants"), page=page, perPage=per_page)


def all_variants(asset_id: str) -> Operation[list[Variant]]:
    """Read all variants of an item, each once."""
    return (yield from rows(lambda page: list_variants(asset_id, page=page)))


def locale_translations(locale: str) -> Call[Any]:
    """Read the translations of asset names into a language: ``GET /api/assets/translations``."""
    return read("/api/assets/translations", raw, locale=locale)


def create_item(
    name: str,
    *,
    custom_id: str | None = None,
    description: str | None = None,
    tags: Sequence[str] | None = None,
    keywords: Sequence[str] | None = None,
) -> Call[Item]:
    """Make an item: ``POST /api/v2/assets``.

    :param custom_id: an id of one's own.
    """
    body = given(
        orgId=Own.ORG,
        name=name,
        type="item",
        customId=custom_id,
        description=description,
        tags=_listed(tags),
        keywords=_listed(keywords),
    )
    return post("/api/v2/assets", one(Item), body)


def get_item(asset_id: str) -> Call[Item]:
    """Read an item with its attributes and default stage: ``GET /api/v2/assets/{id}``."""
    return read(path("/api/v2/assets/{id}", id=asset_id), one(Item))


def delete_item(asset_id: str) -> Call[Any]:
    """Delete an item: ``DELETE /api/v2/assets/{id}``."""
    return delete("/api/v2/assets", asset_id)


def get_variant(variant_id: str) -> Call[Variant]:
    """Read a variant: ``GET /api/variants/{id}``."""
    return read(path("/api/variants/{id}", id=variant_id), one(Variant))


def update_variant(variant_id: str, *, own_id: str | None = None, metadata: Table | None = None) -> Call[Any]:
    """Change what is given of a variant: ``PUT /api/variants/{id}``.

    :param own_id: the caller's id of it.
    """
    body = given(variantId=own_id, metadata=metadata)
    return Call("PUT", path("/api/variants/{id}", id=variant_id), raw, json=body)


def list_tags(*, page: int = 1, per_page: int = PAGE) -> Call[Page[Tag]]:
    """Read one page of tags: ``GET /api/tags``."""
    return read("/api/tags", many(Tag, "tags"), page=page, perPage=per_page)


def all_tags() -> Operation[list[Tag]]:
    """Read all tags, each once."""
    return (yield from rows(lambda page: list_tags(page=page)))


def create_tag(name: str, type: Literal["catalog", "asset"]) -> Call[Tag]:  # noqa: A002 - the vendor's name
    """Make a tag: ``POST /api/tags``."""
    return post("/api/tags", one(Tag), {"orgId": Own.ORG, "name": name, "type": type})


def get_tag(tag_id: str) -> Call[Tag]:
    """Read a tag: ``GET /api/tags/{id}``."""
    return read(path("/api/tags/{id}", id=tag_id), one(Tag))


def update_tag(tag_id: str, **changes: Any) -> Call[Any]:
    """Change a tag: ``PUT /api/tags/{id}``.

    :param changes: fields with their new values, such as ``label`` or ``color``.
    """
    body = {"tagId": tag_id, "tag": changes}
    return Call("PUT", path("/api/tags/{id}", id=tag_id), raw, json=body)


def delete_tag(tag_id: str) -> Call[Any]:
    """Delete a tag: ``DELETE /api/tags/{id}``."""
    return delete("/api/tags", tag_id)


def restore_tag(tag_id: str) -> Call[Any]:
    """Take the deletion of a tag back: ``POST /api/tags/{id}/restore``."""
    return restore("/api/tags", tag_id)


def translations(*, asset_id: str | None = None) -> Call[Any]:
    """Read translations: ``GET /api/translations``."""
    return read("/api/translations", raw, assetId=asset_id)


def get_content(asset_id: str) -> Call[Any]:
    """Read the content of an asset with all objects: ``GET /api/cas/{id}``."""
    return read(path("/api/cas/{id}", id=asset_id), raw)


def get_manifest(asset_id: str) -> Call[Any]:
    """Read which objects an asset is made of: ``GET /api/cas/manifest/{id}``."""
    return read(path("/api/cas/manifest/{id}", id=asset_id), raw)


def get_head(asset_id: str) -> Call[Any]:
    """Read the present version of an asset: ``GET /api/cas/{id}/head``."""
    return read(path("/api/cas/{id}/head", id=asset_id), raw)


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else [values] if isinstance(values, str) else list(values)
