"""What happens to a render between ``pending`` and ``done``."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.dxgl import products, renders, settings
from airflow_provider_render.sandbox.dxgl.errors import ApiError

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.dxgl.models import Model, Models
    from airflow_provider_render.sandbox.dxgl.overlays import Overlays
    from airflow_provider_render.sandbox.dxgl.renders import Render, Renders
    from airflow_provider_render.sandbox.render_process import Event
    from airflow_provider_render.sandbox.vendor import Ground

PENDING_SECONDS = 1.0
STAGE_SECONDS = 0.5
ON_PURPOSE = "The render failed (armed by the sandbox's render_failure fault)"


class Pipeline:
    """
    Takes renders through their statuses, driven by the events of real render processes.

    :param ground: queue and options.
    :param models: where the model files are.
    :param renders_: whose statuses change.
    :param overlays: pictures for backgrounds.
    """

    def __init__(self, ground: Ground, models: Models, renders_: Renders, overlays: Overlays) -> None:
        self._ground = ground
        self._models = models
        self._renders = renders_
        self._overlays = overlays

    def start(self, render: Render) -> None:
        """Queue a render."""
        self._ground.queue.start(render.id, self._process(render))

    def resume(self) -> None:
        """Queue everything that an earlier process left unfinished."""
        for render in self._renders.restart_unfinished():
            self.start(render)

    async def remove(self, render: Render) -> None:
        """Stop a render if it runs and delete it; its upload's preview is then made alone."""
        await self._ground.queue.cancel(render.id)
        self._renders.delete(render.id)
        for preview in self._renders.release_previews(render.id):
            self.start(preview)

    async def _process(self, render: Render) -> None:
        await self._pause(PENDING_SECONDS)
        if render.doomed:
            await self._pretend_to_fail(render)
            return
        model = self._models.even_deleted(render.model_id)
        previews = [render] if render.is_preview else self._renders.waiting_previews(render.id)
        folder = self._renders.folder(render.id)
        spec = self._spec(render, model, folder, with_preview=bool(previews))
        members = list({each.id: each for each in (render, *previews)}.values())
        async with aclosing(self._ground.queue.render(render.id, spec)) as events:
            async for event in events:
                await self._follow(event, members)
                if event["event"] == "done":
                    self._settle(render, model, previews)

    async def _follow(self, event: Event, members: list[Render]) -> None:
        if event["event"] == "started":
            self._advance(members, renders.POSTER_PROCESSING)
            await self._pause(STAGE_SECONDS)
        elif event["event"] == "product" and event["name"] == products.POSTER:
            self._advance(members, renders.POSTER_DONE)
            await self._pause(STAGE_SECONDS)
            self._advance(members, renders.VIDEO_PROCESSING)
        elif event["event"] == "done":
            await self._pause(STAGE_SECONDS)
        elif event["event"] == "failed":
            self._fail(members, str(event["error"]))

    def _advance(self, members: list[Render], status: str) -> None:
        for member in members:
            self._renders.advance(member.id, status)

    def _fail(self, members: list[Render], message: str) -> None:
        for member in members:
            shutil.rmtree(self._renders.folder(member.id), ignore_errors=True)
            self._renders.fail(member.id, message)

    async def _pretend_to_fail(self, render: Render) -> None:
        self._advance([render], renders.POSTER_PROCESSING)
        await self._pause(STAGE_SECONDS)
        self._fail([render], ON_PURPOSE)

    def _settle(self, render: Render, model: Model, previews: list[Render]) -> None:
        folder = self._renders.folder(render.id)
        if (converted := folder / products.MODEL).exists():
            converted.replace(self._models.glb(model))
        for preview in previews:
            self._settle_preview(folder / products.PREVIEW, preview)
        if not render.is_preview:
            self._settle_main(render, folder)

    def _settle_preview(self, picture: Path, preview: Render) -> None:
        own = self._renders.folder(preview.id)
        own.mkdir(parents=True, exist_ok=True)
        picture.replace(own / products.POSTER)
        self._renders.finish(preview.id, None, has_web_variant=False)

    def _settle_main(self, render: Render, folder: Path) -> None:
        checked = settings.check(render.settings)
        main = products.DATASET if checked.is_dataset else products.video_name(checked)
        size = (folder / main).stat().st_size
        self._renders.finish(render.id, size, has_web_variant=(folder / products.WEB).exists())

    def _spec(self, render: Render, model: Model, folder: Path, *, with_preview: bool) -> dict[str, Any]:
        glb, uploaded = self._models.glb(model), self._models.uploaded(model)
        wanted = (
            [] if render.is_preview else products.wanted(settings.check(render.settings), self._scene(render))
        )
        if with_preview:
            wanted.insert(0, products.preview(self._ground.options.scale))
        if not glb.exists() and model.format != "glb":
            wanted.insert(0, products.converted_model())
        source = glb if glb.exists() else uploaded
        return {"model": str(source), "output": str(folder), "products": wanted}

    def _scene(self, render: Render) -> products.Scene:
        options = self._ground.options
        overlay_id = render.settings.get("bgImageId")
        return products.Scene(options.scale, options.fps, render.watermarked, self._backdrop(overlay_id))

    def _backdrop(self, overlay_id: str | None) -> tuple[Path, str] | None:
        if overlay_id is None:
            return None
        try:
            overlay = self._overlays.get(overlay_id)
        except ApiError:
            return None
        return self._overlays.path(overlay), overlay.alignment

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._ground.options.speed)
