"""The files of a render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from airflow_provider_render.sandbox.downloads import RangedFile, WholeFile, streamed_file, streamed_zip
from airflow_provider_render.sandbox.dxgl import products
from airflow_provider_render.sandbox.dxgl.access import Account, ListedUntil
from airflow_provider_render.sandbox.dxgl.errors import ApiError
from airflow_provider_render.sandbox.dxgl.renders import DONE, POSTER_DONE, VIDEO_PROCESSING

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.dxgl.double import Dxgl
    from airflow_provider_render.sandbox.dxgl.renders import Render

MEDIA_TYPES = {products.MP4: "video/mp4", products.MOV: "video/quicktime", products.WEB: "video/mp4"}
BUNDLED = (products.MP4, products.MOV, products.WEB, products.POSTER, products.THUMB)
WITH_POSTER = (POSTER_DONE, VIDEO_PROCESSING, DONE)
IMMUTABLE = {"Cache-Control": "immutable"}

router = APIRouter(prefix="/renders/{render_id}", default_response_class=Response)


@router.get("/video")
async def video(
    dxgl: Account, render_id: str, listed_until: ListedUntil, quality: str | None = None
) -> Response:
    """Video."""
    render = dxgl.renders.get(render_id, listed_until)
    names = (products.WEB,) if quality == "web" else (products.MP4, products.MOV)
    path = _first(dxgl, render, names, (DONE,), "video_not_found")
    return RangedFile(path, media_type=MEDIA_TYPES[path.name])


@router.get("/poster")
async def poster(
    dxgl: Account, render_id: str, listed_until: ListedUntil, quality: str | None = None
) -> Response:
    """Poster."""
    render = dxgl.renders.get(render_id, listed_until)
    names = (products.POSTER,) if quality == "full" else (products.SMALL_POSTER, products.POSTER)
    path = _first(dxgl, render, names, WITH_POSTER, "poster_not_found")
    return WholeFile(path, media_type="image/png")


@router.get("/thumb")
async def thumb(dxgl: Account, render_id: str, listed_until: ListedUntil) -> Response:
    """Thumbnail."""
    render = dxgl.renders.get(render_id, listed_until)
    path = _first(dxgl, render, (products.THUMB,), (DONE,), "thumb_not_found")
    return RangedFile(path, media_type="video/mp4")


@router.get("/bundle")
async def bundle(dxgl: Account, render_id: str, listed_until: ListedUntil) -> Response:
    """Bundle (Zip Download)."""
    render = dxgl.renders.get(render_id, listed_until)
    folder = dxgl.renders.folder(render.id)
    main = _first(dxgl, render, (products.DATASET, products.MP4, products.MOV), (DONE,), "video_not_found")
    if main.name == products.DATASET:
        return streamed_file(main, "application/zip", IMMUTABLE)
    members = {name: folder / name for name in BUNDLED if (folder / name).exists()}
    return streamed_zip(members, IMMUTABLE)


def _first(
    dxgl: Dxgl, render: Render, names: tuple[str, ...], statuses: tuple[str, ...], missing: str
) -> Path:
    folder = dxgl.renders.folder(render.id)
    for name in names:
        if render.status in statuses and (folder / name).exists():
            return folder / name
    raise ApiError(missing)
