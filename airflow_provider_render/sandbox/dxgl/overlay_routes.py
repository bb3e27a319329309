"""``/v1/overlays``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, get_args

from fastapi import APIRouter
from PIL import Image
from starlette.datastructures import UploadFile
from starlette.requests import Request

from airflow_provider_render.sandbox import uploads
from airflow_provider_render.sandbox.dxgl.access import Account, Answer
from airflow_provider_render.sandbox.dxgl.errors import ApiError
from airflow_provider_render.sandbox.dxgl.overlays import Overlay
from airflow_provider_render.sandbox.dxgl.settings import Anchor
from airflow_provider_render.sandbox.identity import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from airflow_provider_render.sandbox.dxgl.double import Dxgl

LARGEST_FILE = 10 * 1024 * 1024
LAYERS = ("background", "foreground")
ENDINGS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
MOST_PIXELS = 50_000_000

router = APIRouter(prefix="/overlays")


@router.post("")
async def upload_overlay(request: Request, dxgl: Account) -> Answer:
    """Upload Overlay."""
    try:
        async with uploads.form(request, LARGEST_FILE) as fields:
            file = fields.get("file")
            if not isinstance(file, UploadFile) or not file.filename:
                raise ApiError("no_file")
            overlay = await _keep(dxgl, file, _words(fields))
    except uploads.BodyTooLarge as error:
        raise ApiError("file_too_large", "File exceeds 10 MB limit") from error
    dxgl.overlays.add(overlay)
    return {"data": overlay.answer()}


def _words(fields: Mapping[str, Any]) -> dict[str, Any]:
    layer = fields.get("layer") or LAYERS[0]
    alignment = fields.get("alignment") or "top-left"
    if layer not in LAYERS:
        raise ApiError("invalid_request", f"layer must be one of {', '.join(LAYERS)}")
    if alignment not in get_args(Anchor):
        raise ApiError("invalid_request", f"alignment must be one of {', '.join(get_args(Anchor))}")
    name, description = _short(fields, "name", 100), _short(fields, "description", 500)
    return {"layer": layer, "alignment": alignment, "name": name, "description": description}


def _short(fields: Mapping[str, Any], name: str, most: int) -> str | None:
    text = fields.get(name)
    if text is not None and len(str(text)) > most:
        raise ApiError("invalid_request", f"{name}: at most {most} characters")
    return None if text is None else str(text)


async def _keep(dxgl: Dxgl, file: UploadFile, words: dict[str, Any]) -> Overlay:
    stored = await uploads.store(file.file, dxgl.incoming)
    try:
        if stored.size > LARGEST_FILE:
            raise ApiError("file_too_large", "File exceeds 10 MB limit")
        overlay_id = new_id()
        ending = await asyncio.to_thread(_ending, stored.path)
        overlay = Overlay(id=overlay_id, file_name=f"{overlay_id}.{ending}", **words)
        stored.path.replace(dxgl.overlays.path(overlay))
    finally:
        stored.path.unlink(missing_ok=True)
    return overlay


def _ending(path: Path) -> str:
    try:
        with Image.open(path, formats=list(ENDINGS)) as picture:
            if picture.width * picture.height <= MOST_PIXELS:
                picture.load()
                return ENDINGS[str(picture.format)]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ApiError("invalid_format", "File is not PNG, JPEG or WebP, or is damaged") from error
    raise ApiError("invalid_format", f"File has more than {MOST_PIXELS} pixels")


@router.get("")
async def list_overlays(dxgl: Account, layer: str | None = None) -> Answer:
    """List Overlays."""
    return {"data": [overlay.answer_in_list() for overlay in dxgl.overlays.all(layer)]}


@router.delete("/{overlay_id}")
async def delete_overlay(dxgl: Account, overlay_id: str) -> Answer:
    """Delete Overlay."""
    overlay = dxgl.overlays.get(overlay_id)
    if overlay.is_system:
        raise ApiError("not_found", "Overlay not found among your own")
    dxgl.overlays.delete(overlay)
    return {"data": {"id": overlay.id}}
