"""Rendering: layers of one model, several in one process of the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.threekit import layers, looks
from airflow_provider_render.sandbox.threekit.layers import Wanted
from airflow_provider_render.sandbox.threekit.workshop import WorkFailed, public

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.threekit.jobs import Task
    from airflow_provider_render.sandbox.threekit.workshop import Workshop


async def draw(shop: Workshop, tasks: list[Task]) -> None:
    """
    Render layers of one model.

    When the engine gives up after some pictures, only the next one fails and the others are tried again;
    when it gives up at once, none can be made.

    :param tasks: of type ``render``, with the same model.
    """
    left = list(tasks)
    while left:
        before = len(left)
        try:
            await _draw_until_trouble(shop, left)
        except WorkFailed as error:
            doomed = left if len(left) == before else left[:1]
            for task in doomed:
                await shop.fail(task, str(error))
            left = left[len(doomed) :]


async def _draw_until_trouble(shop: Workshop, left: list[Task]) -> None:
    model = shop.library.model_path(left[0].work["model"])
    if not model.exists():
        raise WorkFailed("The model file is gone")
    products = [still(shop, task) for task in left]
    with shop.bench(left[0].id) as folder:
        async for name in shop.made(left[0].id, model, folder, products):
            await _finish(shop, left.pop(0), folder / name)
            if left:
                shop.jobs.start(left[0].id)


def still(shop: Workshop, task: Task) -> dict[str, Any]:
    """Describe a task's picture for the engine."""
    wanted = Wanted(**task.work["layer"])
    return {
        "name": f"{task.id}.{wanted.format}",
        **frame(shop, wanted, task.work["modelAssetId"], task.work["modelConfiguration"]),
    }


def frame(shop: Workshop, wanted: Wanted, model_id: str, configuration: dict[str, Any]) -> dict[str, Any]:
    """
    Describe a picture for the engine, all but its name.

    :param wanted: the layer.
    :param model_id: asset of the model, after items were followed.
    :param configuration: of the model.
    """
    library = shop.library
    model = library.get(model_id, deleted=None)
    stage = library.find(wanted.stage_id, deleted=None) if wanted.stage_id else None
    vray, span = wanted.renderer == "vray", float(model.get("_span") or 0)
    return {
        "type": "still",
        "width": shop.pixels(wanted.width or 0),
        "height": shop.pixels(wanted.height or 0),
        **looks.stage_look(stage, wanted.stage_configuration, vray=vray, span=span),
        **looks.model_look(model, configuration, library.material),
    }


async def _finish(shop: Workshop, task: Task, picture: Path) -> None:
    wanted = Wanted(**task.work["layer"])
    name = task.work["name"].replace("/", "-")
    record = await shop.library.files.keep_path(f"{name}-{task.id[:8]}.{wanted.format}", picture)

    def remember() -> None:
        layers.add(shop.library.documents, wanted, record, task.job_id, task.id)

    await shop.succeed(task, [public(record)], f"Rendered {wanted.width} x {wanted.height}", remember)
