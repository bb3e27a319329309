"""Job downloads: the results of a render or export job as one ZIP."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import TYPE_CHECKING

from PIL import Image

from airflow_provider_render.sandbox.threekit.workshop import public

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.threekit.documents import Document
    from airflow_provider_render.sandbox.threekit.jobs import Jobs, Task
    from airflow_provider_render.sandbox.threekit.workshop import Workshop

LOGS = ("stdout", "stderr")
PICTURES = ("png", "jpg", "jpeg", "webp")


def results(jobs: Jobs, job_id: str, asset_ids: list[str]) -> list[Document]:
    """
    List the files that a job made.

    :param asset_ids: only those of these assets; all if there are none.
    """
    wanted = [
        task
        for task in jobs.tasks(job_id)
        if not asset_ids or task.work.get("layer", {}).get("asset_id") in asset_ids
    ]
    return [file for task in wanted for file in task.files if file["filename"] not in LOGS]


async def bundle(shop: Workshop, task: Task) -> None:
    """
    Zip the results of a job.

    :param task: of type ``download``.
    """
    files = results(shop.jobs, task.work["jobId"], task.work["assetIds"])
    shop.folder.mkdir(parents=True, exist_ok=True)
    target = shop.folder / f"{task.id}.zip"
    try:
        await asyncio.to_thread(_zip, shop, files, task.work["format"], target)
        record = await shop.library.files.keep_path(f"{task.work['jobId']}.zip", target)
    finally:
        target.unlink(missing_ok=True)
    await shop.succeed(task, [public(record)], f"Zipped {len(files)} files")


def _zip(shop: Workshop, files: list[Document], form: str | None, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            path = shop.library.files.path(file)
            if form == "jpeg" and file["extension"] in PICTURES:
                archive.writestr(f"{file['filename'].rsplit('.', 1)[0]}.jpg", _jpeg(path))
            else:
                archive.write(path, file["filename"])


def _jpeg(path: Path) -> bytes:
    target = io.BytesIO()
    with Image.open(path) as picture:
        white = Image.new("RGBA", picture.size, "white")
        Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB").save(target, "JPEG", quality=92)
    return target.getvalue()
