"""Exports: the configured model as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_render.sandbox.threekit import layers, looks
from airflow_provider_render.sandbox.threekit.layers import Wanted
from airflow_provider_render.sandbox.threekit.workshop import WorkFailed, public

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.jobs import Task
    from airflow_provider_render.sandbox.threekit.workshop import Workshop

FORMATS = ("glb", "usdz", "step", "stl", "dxf")
OTHER_NAMES = {"stp": "step"}


async def export(shop: Workshop, task: Task) -> None:
    """
    Export a model, and remember the file as a layer.

    :param task: of type ``export``.
    """
    wanted, library = Wanted(**task.work["layer"]), shop.library
    model = library.model_path(task.work["model"])
    asset = library.get(task.work["modelAssetId"], deleted=None)
    look = looks.model_look(asset, task.work["modelConfiguration"], library.material)
    name = f"{task.work['name'].replace('/', '-')}.{wanted.format}"
    try:
        with shop.bench(task.id) as folder:
            products = [{"type": "model", "name": f"model.{wanted.format}", **look}]
            async for made in shop.made(task.id, model, folder, products):
                record = await library.files.keep_path(name, folder / made)
    except WorkFailed as error:
        await shop.fail(task, str(error))
        return

    def remember() -> None:
        layers.add(library.documents, wanted, record, task.job_id, task.id)

    await shop.succeed(task, [public(record)], f"Exported {wanted.format}", remember)
