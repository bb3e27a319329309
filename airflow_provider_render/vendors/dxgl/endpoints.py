"""Every endpoint of the DXGL Public API, each written once.

A function describes a call; ``resources.py`` groups them and a driver carries them out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from airflow_provider_render.core.answers import nothing
from airflow_provider_render.core.calls import ByteSource, Call, Effect, Fetch, FilePart, Operation
from airflow_provider_render.core.model import media_type_of
from airflow_provider_render.core.paths import AssumedPath, path
from airflow_provider_render.vendors.dxgl import answers
from airflow_provider_render.vendors.dxgl.answers import (
    AccountInfo,
    KnownModel,
    Model,
    ModelDetail,
    Overlay,
    Page,
    Render,
    UploadedModel,
)
from airflow_provider_render.vendors.dxgl.paging import PAGE, rows
from airflow_provider_render.vendors.dxgl.paths import ASSUMED

MAX_BATCH = 100
"""Renders that one batch call takes."""

ZIP_TYPES = ("application/zip", "application/x-zip-compressed", "application/octet-stream")

Settings = Mapping[str, Any]


def upload_model(file: ByteSource, settings: Settings | None = None) -> Call[UploadedModel]:
    """Upload a model, which also starts, and charges, a render of it: ``POST /v1/models``.

    :param file: a ``.glb``, ``.gltf`` or ``.zip`` file of at most 100 MB.
    :param settings: render settings; the vendor's defaults without them.
    """
    form = {} if settings is None else {"renderSettings": json.dumps(dict(settings))}
    part = FilePart("file", file, media_type_of(file.name))
    return Call("POST", "/v1/models", answers.uploaded, Effect.PAID, form=form, files=(part,))


def ingest_model(url: str, settings: Settings | None = None) -> Call[UploadedModel]:
    """Let DXGL download a model itself, which also starts, and charges, a render: ``POST /v1/models/ingest``.

    :param url: where DXGL finds a ``.glb`` or ``.gltf`` file; it gives up after 2 minutes.
    :param settings: render settings; the vendor's defaults without them.
    """
    body = {"url": url} | ({} if settings is None else {"renderSettings": dict(settings)})
    return Call("POST", "/v1/models/ingest", answers.uploaded, Effect.PAID, json=body)


def list_models(
    *, tags: Sequence[str] | str | None = None, limit: int = PAGE, offset: int = 0
) -> Call[Page[Model]]:
    """Read one page of the models that are not archived: ``GET /v1/models``.

    :param tags: only models with any of these tags.
    :param limit: rows on the page, at most 100.
    :param offset: rows before the page.
    """
    query = {"limit": limit, "offset": offset, "tags": _joined(tags)}
    return Call("GET", "/v1/models", answers.page(Model, offset), query=query)


def all_models(*, tags: Sequence[str] | str | None = None) -> Operation[list[Model]]:
    """Read all models that are not archived, each once.

    :param tags: only models with any of these tags.
    """
    return (yield from rows(lambda offset: list_models(tags=tags, offset=offset)))


def get_model(model_id: str) -> Call[ModelDetail]:
    """Read a model with its renders: ``GET /v1/models/:id``."""
    return Call("GET", path("/v1/models/{id}", id=model_id), answers.one(ModelDetail))


def update_model(
    model_id: str, *, title: str | None = None, sku: str | None = None, tags: Sequence[str] | None = None
) -> Call[Model | None]:
    """Change what is given and leave the rest: ``PATCH /v1/models/:id``.

    :param title: name for people.
    :param sku: product code.
    :param tags: at most 20, replacing the present ones.
    :returns: the model, or None where the vendor's answer does not hold it.
    """
    changes = {"title": title, "sku": sku, "tags": None if tags is None else list(tags)}
    body = {name: value for name, value in changes.items() if value is not None}
    return Call("PATCH", path("/v1/models/{id}", id=model_id), answers.optional(Model), json=body)


def archive_model(model_id: str) -> Call[None]:
    """Hide a model from lists: ``PATCH /v1/models/:id/archive``."""
    return Call("PATCH", path("/v1/models/{id}/archive", id=model_id), nothing)


def unarchive_model(model_id: str) -> Call[None]:
    """Bring an archived model back: ``PATCH /v1/models/:id/unarchive``."""
    return Call("PATCH", path("/v1/models/{id}/unarchive", id=model_id), nothing)


def delete_model(model_id: str) -> Call[None]:
    """Delete a model but not its renders: ``DELETE /v1/models/:id``."""
    return Call("DELETE", path("/v1/models/{id}", id=model_id), nothing)


def model_file(model_id: str) -> Fetch:
    """Download a model as GLB: ``GET /v1/models/:id/file``."""
    media_types = ("model/gltf-binary", "application/octet-stream")
    return Fetch(path("/v1/models/{id}/file", id=model_id), media_types=media_types)


def check_hash(sha256: str) -> Call[KnownModel]:
    """Ask whether DXGL has a file with these bytes: ``POST /v1/models/check-hash``.

    :param sha256: hex digest of the file.
    """
    return Call("POST", "/v1/models/check-hash", answers.one(KnownModel), json={"sha256": sha256.lower()})


def create_render(model_id: str, settings: Settings | None = None) -> Call[Render]:
    """Start, and pay, a render: ``POST /v1/renders``.

    :param settings: render settings; the vendor's defaults without them.
    """
    return Call("POST", "/v1/renders", answers.one(Render), Effect.PAID, json=_order(model_id, settings))


def create_renders(orders: Sequence[tuple[str, Settings | None]]) -> Call[tuple[Render, ...]]:
    """Start, and pay, many renders, all or none: ``POST /v1/renders/batch``.

    :param orders: model id and settings of each render, at most 100.
    """
    body = {"renders": [_order(model_id, settings) for model_id, settings in orders]}
    return Call("POST", "/v1/renders/batch", answers.many(Render), Effect.PAID, json=body)


def quote(orders: Sequence[tuple[str, Settings | None]]) -> Call[Any]:
    """Ask what a batch would cost, without starting it.

    The path is assumed; the connection extra ``quote_path`` corrects it.

    :param orders: as for a batch.
    :returns: the vendor's answer as it comes, its shape is not documented.
    """
    body = {"renders": [_order(model_id, settings) for model_id, settings in orders]}
    return Call("POST", AssumedPath(ASSUMED, "quote_path"), answers.data, json=body)


def list_renders(
    *, model: str | None = None, status: str | None = None, limit: int = PAGE, offset: int = 0
) -> Call[Page[Render]]:
    """Read one page of renders, in no documented order: ``GET /v1/renders``.

    :param model: only renders of the model with this id.
    :param status: only renders with this status, in the vendor's words.
    :param limit: rows on the page, at most 100.
    :param offset: rows before the page.
    """
    query = {"model": model, "status": status, "limit": limit, "offset": offset}
    return Call("GET", "/v1/renders", answers.page(Render, offset), query=query)


def all_renders(*, model: str | None = None, status: str | None = None) -> Operation[list[Render]]:
    """Read all renders, each once.

    :param model: only renders of the model with this id.
    :param status: only renders with this status, in the vendor's words.
    """
    return (yield from rows(lambda offset: list_renders(model=model, status=status, offset=offset)))


def get_render(render_id: str) -> Call[Render]:
    """Read a render: ``GET /v1/renders/:id``."""
    return Call("GET", path("/v1/renders/{id}", id=render_id), answers.one(Render))


def dismiss_render(render_id: str) -> Call[None]:
    """Acknowledge a failed render: ``PATCH /v1/renders/:id/dismiss``."""
    return Call("PATCH", path("/v1/renders/{id}/dismiss", id=render_id), nothing)


def delete_render(render_id: str) -> Call[None]:
    """Delete a render and its files for ever: ``DELETE /v1/renders/:id``."""
    return Call("DELETE", path("/v1/renders/{id}", id=render_id), nothing)


def video(render_id: str, quality: Literal["web"] | None = None) -> Fetch:
    """Download the video: ``GET /v1/renders/:id/video``.

    :param quality: ``web`` for the lighter variant, where the render has one.
    """
    media_types = ("video/mp4", "video/quicktime", "application/octet-stream")
    return Fetch(path("/v1/renders/{id}/video", id=render_id), {"quality": quality}, True, media_types)


def poster(render_id: str, quality: Literal["full"] | None = "full") -> Fetch:
    """Download the first frame: ``GET /v1/renders/:id/poster``.

    :param quality: ``full`` for the size of the video, None for a small preview.
    """
    media_types = ("image/png", "image/webp", "image/jpeg", "application/octet-stream")
    return Fetch(path("/v1/renders/{id}/poster", id=render_id), {"quality": quality}, media_types=media_types)


def thumbnail(render_id: str) -> Fetch:
    """Download the video in quarter size: ``GET /v1/renders/:id/thumb``."""
    media_types = ("video/mp4", "application/octet-stream")
    return Fetch(path("/v1/renders/{id}/thumb", id=render_id), resumable=True, media_types=media_types)


def bundle(render_id: str) -> Fetch:
    """Download all files of a render as one ZIP: ``GET /v1/renders/:id/bundle``."""
    return Fetch(path("/v1/renders/{id}/bundle", id=render_id), media_types=ZIP_TYPES)


def dataset(render_id: str) -> Fetch:
    """Download the dataset of a render as one ZIP; by default from where bundles are."""
    return Fetch(AssumedPath(ASSUMED, "dataset_path", id=render_id), media_types=ZIP_TYPES)


def upload_overlay(
    file: ByteSource,
    *,
    layer: Literal["background", "foreground"] = "background",
    name: str | None = None,
    description: str | None = None,
    alignment: str | None = None,
) -> Call[Overlay]:
    """Upload a picture to use as ``bgImageId``: ``POST /v1/overlays``.

    :param file: PNG, JPEG or WebP of at most 10 MB.
    :param layer: ``background`` or ``foreground``.
    :param name: name for people, at most 100 characters.
    :param description: at most 500 characters.
    :param alignment: corner or edge to keep when cropping; the vendor's default is ``top-left``.
    """
    fields = {"layer": layer, "name": name, "description": description, "alignment": alignment}
    form = {key: value for key, value in fields.items() if value is not None}
    part = FilePart("file", file, media_type_of(file.name))
    return Call("POST", "/v1/overlays", answers.one(Overlay), Effect.ONCE, form=form, files=(part,))


def list_overlays(*, layer: str | None = None) -> Call[tuple[Overlay, ...]]:
    """Read the account's own overlays and the public ones: ``GET /v1/overlays``.

    :param layer: only ``background`` or only ``foreground``.
    """
    return Call("GET", "/v1/overlays", answers.many(Overlay), query={"layer": layer})


def delete_overlay(overlay_id: str) -> Call[None]:
    """Delete an overlay of one's own: ``DELETE /v1/overlays/:id``."""
    return Call("DELETE", path("/v1/overlays/{id}", id=overlay_id), nothing)


def get_account() -> Call[AccountInfo]:
    """Read the account and its credits: ``GET /v1/account``."""
    return Call("GET", "/v1/account", answers.one(AccountInfo))


def health() -> Call[Any]:
    """Ask whether the service is up: ``GET /v1/health``.

    :returns: the vendor's answer as it comes, its shape is not documented.
    """
    return Call("GET", "/v1/health", lambda answer: answer.json())


def _order(model_id: str, settings: Settings | None) -> dict[str, Any]:
    return {"modelId": model_id} | ({} if settings is None else {"renderSettings": dict(settings)})


def _joined(tags: Sequence[str] | str | None) -> str | None:
    return tags if tags is None or isinstance(tags, str) else ",".join(tags)
