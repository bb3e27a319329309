"""Files, pictures made on the spot, and PDF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from airflow_provider_render.core.answers import one
from airflow_provider_render.core.calls import ByteSource, Call, Effect, Fetch
from airflow_provider_render.core.paths import path
from airflow_provider_render.vendors.threekit.answers.base import raw
from airflow_provider_render.vendors.threekit.answers.jobs import StoredFile, uploaded_files
from airflow_provider_render.vendors.threekit.endpoints.base import PICTURES, fetch, part, read, texts
from airflow_provider_render.vendors.threekit.org import Own

Format = Literal["png", "jpg", "webp"]


def upload_file(file: ByteSource) -> Call[tuple[StoredFile, ...]]:
    """Upload a file; bytes that Threekit has already are not stored twice: ``POST /api/files``."""
    return Call(
        "POST",
        "/api/files",
        uploaded_files,
        Effect.REPEATABLE,
        query={"orgId": Own.ORG},
        files=(part("file", file),),
    )


def get_file(file_id: str) -> Call[StoredFile]:
    """Read what is known of a file: ``GET /api/files/{id}``."""
    return read(path("/api/files/{id}", id=file_id), one(StoredFile))


def file_content(file_id: str) -> Fetch:
    """Download a file: ``GET /api/files/{id}/content``."""
    return fetch(path("/api/files/{id}/content", id=file_id))


def file_by_hash(file_hash: str) -> Fetch:
    """Download a file by its hash; it may come in a compressed form: ``GET /api/files/hash/{hash}``."""
    return fetch(path("/api/files/hash/{hash}", hash=file_hash))


def composite(
    asset_id: str,
    *,
    configuration: Mapping[str, Any] | None = None,
    width: int | None = None,
    height: int | None = None,
    format: Format | None = None,  # noqa: A002 - the vendor's name
    fit: Literal["cover", "contain", "fitWidth", "fitHeight"] | None = None,
    crop: tuple[int, int, int, int] | None = None,
) -> Fetch:
    """Put a picture together from layers that are there, without a job: ``GET /api/fast-compositor``.

    :param width: pixels.
    :param height: pixels.
    :param fit: how the picture fills width and height.
    :param crop: left, top, width and height of a part, in pixels.
    """
    left, top, wide, high = crop or (None, None, None, None)
    return fetch(
        "/api/fast-compositor",
        PICTURES,
        assetId=asset_id,
        configuration=configuration,
        width=width,
        height=height,
        format=format,
        imageFitMode=fit,
        cropX=left,
        cropY=top,
        cropWidth=wide,
        cropHeight=high,
    )


def resized_image(
    source_url: str,
    *,
    width: int = 0,
    height: int = 0,
    format: Format | None = None,  # noqa: A002 - the vendor's name
    quality: int | None = None,
) -> Fetch:
    """Download a picture in another size: ``GET /api/images/webp/{size}/{filters}/{url}``.

    :param source_url: public address of the picture.
    :param width: pixels; 0 follows the height.
    :param height: pixels; 0 follows the width.
    :param quality: 1 to 100.
    """
    size = f"/{width}x{height}" if width or height else ""
    filters = [f"format({format})"] if format else []
    filters += [f"quality({quality})"] if quality is not None else []
    change = "/" + ":".join(["filters", *filters]) if filters else ""
    return Fetch(
        f"/api/images/webp{size}{change}/{quote(source_url, safe=':/%=&')}", {}, media_types=PICTURES
    )


def thumbnail(asset_id: str, *, fail_on_empty: bool | None = None) -> Fetch:
    """Download the thumbnail of an asset: ``GET /api/assets/thumbnail/{id}``.

    :param fail_on_empty: whether an asset without one is an error.
    """
    return fetch(path("/api/assets/thumbnail/{id}", id=asset_id), PICTURES, failOnEmpty=fail_on_empty)


def create_pdf(template: ByteSource, data: Mapping[str, Any]) -> Call[Any]:
    """Fill a template and store it as PDF: ``POST /api/pdf``.

    :param template: the template's file.
    :param data: what goes into it.
    :returns: the vendor's answer as it comes: a list of files.
    """
    form = texts({"data": dict(data)})
    return Call("POST", "/api/pdf", raw, Effect.ONCE, form=form, files=(part("template", template),))
