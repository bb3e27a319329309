"""What happens to an output between ``Not Done`` and its end."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.identity import new_id
from airflow_provider_render.sandbox.imagine import assumed, outputs, pictures, viewers
from airflow_provider_render.sandbox.imagine.objects import plain_name

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.imagine.double import Imagine
    from airflow_provider_render.sandbox.imagine.outputs import Output
    from airflow_provider_render.sandbox.imagine.products import Product

EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
SCAN_BYTES = 1 << 20
ACCOUNT, SILO_TEMPLATE = 18118, 23537
IN_BLENDER = (outputs.VIEWER_3D, outputs.VIEWER_AR)
FOLDERS = {
    pictures.FILE: "",
    pictures.FILMIC: "filmic_images/",
    pictures.COLOR_PASS: "color_pass/",
    pictures.THUMBNAIL: "thumbnail/",
    pictures.FILMIC_THUMBNAIL: "filmic_thumbnail/",
}


class Pipeline:
    """
    Takes outputs through their statuses.

    :param imagine: the account they belong to.
    """

    def __init__(self, imagine: Imagine) -> None:
        self._imagine = imagine
        options = imagine.ground.options
        self._quality = pictures.Quality(options.scale, options.fps)

    def start(self, output: Output) -> None:
        """Queue an output."""
        self._imagine.ground.queue.start(_key(output), self._process(output))

    def resume(self) -> None:
        """Queue everything that an earlier process left unfinished."""
        for output in self._imagine.outputs.unfinished():
            self.start(output)

    async def _process(self, output: Output) -> None:
        await self._pause(assumed.QUEUED_SECONDS)
        self._advance(output, outputs.PROCESSING)
        await self._pause(assumed.PROCESSING_SECONDS)
        if bad := await self._refused(output):
            self._advance(output, bad)
            return
        if output.kind in IN_BLENDER:
            self._advance(output, outputs.BLENDER)
            await self._pause(assumed.BLENDER_SECONDS)
        await self._make(output)

    async def _refused(self, output: Output) -> str | None:
        models = [model for model in self._models(output) if model]
        if output.doomed or len(models) < len(self._models(output)):
            return outputs.FAILED
        for model in models:
            if await asyncio.to_thread(_is_infected, model):
                return outputs.INFECTED if output.kind in IN_BLENDER else outputs.FAILED
        return None

    async def _make(self, output: Output) -> None:
        folder = self._imagine.folder / "making" / str(output.id)
        shutil.rmtree(folder, ignore_errors=True)
        spec = {**self._what(output), "output": str(folder)}
        try:
            async with aclosing(self._imagine.ground.queue.render(_key(output), spec)) as events:
                async for event in events:
                    if event["event"] == "done":
                        self._keep(output, folder)
                    elif event["event"] == "failed":
                        self._advance(output, outputs.FAILED)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _what(self, output: Output) -> dict[str, Any]:
        models = [model for model in self._models(output) if model]
        if output.kind != outputs.CAMERA:
            wanted = pictures.content(output.kind, output.setup, self._quality)
            return {"model": str(models[0]), "products": wanted}
        scene_id, placements = self._imagine.outputs.placements(output.render_id)
        wanted = pictures.camera(scene_id or 0, int(output.setup), self._quality)
        return {"scene": pictures.placed(models, placements), "products": wanted}

    def _models(self, output: Output) -> list[Path | None]:
        _, placements = self._imagine.outputs.placements(output.render_id)
        products = [self._imagine.products.numbered(each["product_id"]) for each in placements]
        return [self._imagine.objects.find(each.model_key) if each else None for each in products]

    def _keep(self, output: Output, folder: Path) -> None:
        product = self._imagine.products.numbered(output.product_id) if output.product_id else None
        if output.kind != outputs.CAMERA and product is None:
            return
        files = {file.name.removesuffix(".jpg"): file for file in sorted(folder.iterdir())}
        keys = {what: self._object_key(output, product, file.name) for what, file in files.items()}
        for what, file in files.items():
            self._imagine.objects.put(keys[what], file)
        self._imagine.outputs.finish(output.id, keys)

    def _object_key(self, output: Output, product: Product | None, name: str) -> str:
        if product and output.kind not in outputs.PICTURES:
            return viewers.asset_key(product.viewer, name)
        scene_id, _ = self._imagine.outputs.placements(output.render_id)
        numbers = f"{ACCOUNT}/{scene_id or SILO_TEMPLATE}/{output.render_id}"
        folder = FOLDERS[name.removesuffix(".jpg")]
        file = f"{plain_name(output.name)}_{new_id(8).lower()}.jpg"
        return f"media/private/renders_images/{folder}{numbers}/{file}"

    def _advance(self, output: Output, status: str) -> None:
        self._imagine.outputs.advance(output.id, status)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._imagine.ground.options.speed)


def _key(output: Output) -> str:
    return f"imagine-{output.id}"


def _is_infected(model: Path) -> bool:
    tail = b""
    with model.open("rb") as file:
        while chunk := file.read(SCAN_BYTES):
            if EICAR in tail + chunk:
                return True
            tail = chunk[-len(EICAR) :]
    return False
