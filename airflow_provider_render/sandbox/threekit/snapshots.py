"""Pictures that are rendered while a request waits: thumbnails and the fast compositor."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image
from starlette.responses import FileResponse, Response

from airflow_provider_render.sandbox.identity import new_id
from airflow_provider_render.sandbox.threekit import images, pictures, seeds
from airflow_provider_render.sandbox.threekit.errors import ApiError
from airflow_provider_render.sandbox.threekit.images import Change
from airflow_provider_render.sandbox.threekit.layers import Wanted, digest
from airflow_provider_render.sandbox.threekit.workshop import WorkFailed

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.threekit.documents import Document
    from airflow_provider_render.sandbox.threekit.double import Threekit


@dataclass(frozen=True)
class Snapshot:
    """
    A picture that is wanted at once.

    :param asset: a model, an item that shows one, or a texture.
    :param configuration: of the asset.
    :param width: pixels.
    :param height: pixels.
    :param format: ``png``, ``jpg`` or ``webp``.
    """

    asset: Document
    configuration: dict[str, Any]
    width: int
    height: int
    format: str


async def thumbnail(account: Threekit, wanted: Snapshot, *, fail_on_empty: bool) -> Response:
    """
    Send a picture of any asset.

    :param fail_on_empty: answer 404 for an asset that shows nothing, instead of an empty picture.
    :raises ApiError: 404, or 422 if the model is broken.
    """
    if wanted.asset["type"] == "texture" and wanted.asset["importedFileId"]:
        record = account.files.get(wanted.asset["importedFileId"])
        return FileResponse(account.files.path(record), media_type=record["mimeType"])
    try:
        account.library.subject(wanted.asset, {})
    except ApiError as error:
        if fail_on_empty:
            raise ApiError(404, f"Asset {wanted.asset['id']} has no thumbnail") from error
        return Response(_blank(), media_type="image/png")
    return FileResponse(await rendered(account, wanted), media_type="image/png")


def _blank() -> bytes:
    target = io.BytesIO()
    Image.new("RGBA", (1, 1)).save(target, "PNG")
    return target.getvalue()


async def rendered(account: Threekit, wanted: Snapshot) -> Path:
    """
    Render a picture, or find the one that was rendered before.

    :raises ApiError: 422 if there is no model or it cannot be rendered.
    """
    subject = account.library.subject(wanted.asset, wanted.configuration)
    stage = wanted.asset["defaultStageId"] or seeds.seed_id("stage", seeds.WHITE_STUDIO)
    layer = Wanted(
        *(wanted.asset["id"], subject.asset["head"], wanted.configuration, stage, {}, wanted.format),
        *(wanted.width, wanted.height, "webgl"),
    )
    key = digest([layer.any_version, layer.version])
    target = account.folder / "snapshots" / f"{key}.{wanted.format}"
    if not target.exists():
        shop = account.pipeline.shop
        product = pictures.frame(shop, layer, subject.asset["id"], subject.configuration)
        product = {**product, "name": f"snapshot.{wanted.format}"}
        await _render(account, account.library.model_of(subject.asset), product, target)
    return target


async def _render(account: Threekit, model: Path, product: dict[str, Any], target: Path) -> None:
    shop, key = account.pipeline.shop, f"snapshot-{new_id()}"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with shop.bench(key) as folder:
            async for name in shop.made(key, model, folder, [product]):
                await asyncio.to_thread((folder / name).replace, target)
    except WorkFailed as error:
        raise ApiError(422, str(error)) from error


async def resized(account: Threekit, source: Path, change: Change) -> Path:
    """
    Change a picture, or find the one that was changed before.

    :raises ApiError: 422 if it is no picture.
    """
    key = digest([str(source), repr(change)])
    target = account.folder / "snapshots" / f"{key}.{change.format}"
    try:
        return target if target.exists() else await images.changed(source, change, target)
    except OSError as error:
        raise ApiError(422, "The source is not a picture that can be read") from error
