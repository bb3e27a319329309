"""Imports: a file becomes an asset, or a newer version of one."""

from __future__ import annotations

import os
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.threekit import gltf
from airflow_provider_render.sandbox.threekit.assumed import ROOT_FOLDER
from airflow_provider_render.sandbox.threekit.library import KIND
from airflow_provider_render.sandbox.threekit.workshop import WorkFailed

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.threekit.documents import Document
    from airflow_provider_render.sandbox.threekit.jobs import Task
    from airflow_provider_render.sandbox.threekit.workshop import Workshop

# The documented formats; those that the engine cannot read fail there, with its reason.
MODELS = (
    "dxf", "fbx", "gltf", "glb", "iges", "igs", "obj", "pbrzip", "stl", "step", "stp", "ply", "usdz", "usda",
    "usdc", "vccglb", "vrscene", "zip", "gltfzip", "objzip", "vrscenezip",
)  # fmt: skip
OTHERS = {
    **dict.fromkeys(("exr", "gif", "hdr", "jpg", "jpeg", "png", "webp"), "texture"),
    "svg": "vector",
    **dict.fromkeys(("otf", "ttf"), "font"),
    **dict.fromkeys(("pbrtex", "pbrmat"), "material"),
    **dict.fromkeys(("mp4", "mov"), "video"),
    "cube": "lut",
}
ZIPPED = ("gltfzip", "objzip")


async def bring_in(shop: Workshop, task: Task) -> None:
    """
    Import a file.

    :param task: of type ``import``.
    """
    record = shop.library.files.get(task.work["fileId"])
    try:
        kind, fields = await _described(shop, task, record)
    except WorkFailed as error:
        await shop.fail(task, str(error))
        return

    def remember() -> None:
        origin = {"_jobId": task.job_id, "_taskId": task.id}
        asset = _put(shop, task.work, kind, record, {**fields, **origin})
        output = {"name": asset["name"], "assetId": asset["id"], "type": asset["type"]}
        shop.library.documents.add("output", output, parent=task.job_id)

    await shop.succeed(task, [], f"Imported {record['filename']} as a {kind}", remember)


async def _described(shop: Workshop, task: Task, record: Document) -> tuple[str, dict[str, Any]]:
    ending = record["extension"]
    if ending in OTHERS:
        fields = {"importedFileId": record["id"], "fileSize": record["size"], "head": record["hash"]}
        return OTHERS[ending], fields
    if ending not in MODELS:
        raise WorkFailed(f"Files of type .{ending} cannot be imported: {record['filename']}")
    await _convert(shop, task, record)
    try:
        return "model", shop.library.model_fields(record)
    except gltf.NotAGlb as error:
        shop.library.model_path(record["hash"]).unlink()
        raise WorkFailed(str(error)) from error


async def _convert(shop: Workshop, task: Task, record: Document) -> None:
    target = shop.library.model_path(record["hash"])
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if record["extension"] == "glb":
        os.link(shop.library.files.path(record), target)
        return
    with shop.bench(task.id) as folder:
        source = _named_for_engine(shop, record, folder)
        products: list[dict[str, Any]] = [{"type": "model", "name": "model.glb"}]
        async for name in shop.made(task.id, source, folder, products):
            (folder / name).replace(target)


def _named_for_engine(shop: Workshop, record: Document, folder: Path) -> Path:
    if record["extension"] in ZIPPED and zipfile.is_zipfile(shop.library.files.path(record)):
        record = {**record, "extension": "zip"}
    return shop.library.files.linked(record, folder)


def _put(
    shop: Workshop, work: dict[str, Any], kind: str, record: Document, fields: dict[str, Any]
) -> Document:
    library, name = shop.library, PurePosixPath(record["filename"]).stem
    folder = work.get("parentFolderId") or ROOT_FOLDER
    known = library.find(work["targetAssetId"]) if work.get("targetAssetId") else None
    if known is None and not (work.get("settings") or {}).get("dontOverwriteAssets"):
        known = library.named(kind, name, folder)
    if known is None:
        return library.make(kind, name, parentFolderId=folder, **fields)
    library.documents.purge("variant", known["id"])
    library.documents.change(known["id"], **fields, type=kind)
    return library.documents.get(KIND, known["id"])
