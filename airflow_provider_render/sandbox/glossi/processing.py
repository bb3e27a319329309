"""What happens to a model between ``PENDING`` and ``READY``."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox import rendering
from airflow_provider_render.sandbox.glossi import assumed, events
from airflow_provider_render.sandbox.glossi.footprint import footprint
from airflow_provider_render.sandbox.glossi.models import CONVERTED

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.glossi.events import Webhook
    from airflow_provider_render.sandbox.glossi.models import Model, Models
    from airflow_provider_render.sandbox.vendor import Ground

PENDING_SECONDS = 1.0
PROCESSING_SECONDS = 1.0
UNFINISHED = (assumed.PENDING, assumed.PROCESSING)
SUPPORTED_BY_NAME_ONLY = ("usd", "fbx", "step", "stp")
CHECK = {"type": "still", "name": "check.png", "width": 64, "height": 64}


class Processing:
    """
    Reads uploaded models with a real render process, which shows whether they can be rendered.

    :param ground: queue and options.
    :param models: whose statuses change.
    :param webhook: hears of the outcome.
    """

    def __init__(self, ground: Ground, models: Models, webhook: Webhook) -> None:
        self._ground = ground
        self._models = models
        self._webhook = webhook

    def start(self, model: Model) -> None:
        """Process a confirmed model in the background."""
        self._ground.queue.start(f"glossi-model-{model.id}", self._alone(model.id))

    def resume(self) -> None:
        """Take up the models that an earlier process left unfinished, except those that something owns."""
        for model in self._models.records.all(statuses=UNFINISHED):
            if model.confirmed:
                self.start(model)

    async def run(self, model_id: str) -> Model:
        """Process a model unless that is done, and return it as it is then."""
        model = self._models.records.known(model_id)
        if model.status not in UNFINISHED:
            return model
        await self._pause(PENDING_SECONDS)
        model = self._models.records.change(model_id, status=assumed.PROCESSING)
        error = await self._read(model)
        await self._pause(PROCESSING_SECONDS)
        return self._failed(model, error) if error else self._ready(model)

    async def _alone(self, model_id: str) -> None:
        await self.run(model_id)

    async def _read(self, model: Model) -> str | None:
        if model.file_type in SUPPORTED_BY_NAME_ONLY:
            return f".{model.file_type} files are accepted, but the sandbox cannot read them"
        folder = self._models.folder(model)
        name = f"glossi-model-{model.id}"
        async with aclosing(self._ground.queue.render(name, self._spec(model, folder))) as stream:
            async for event in stream:
                if event["event"] == "failed":
                    return str(event["error"])
        return None

    def _spec(self, model: Model, folder: Path) -> dict[str, Any]:
        (folder / CONVERTED).unlink(missing_ok=True)
        products: list[dict[str, Any]] = [CHECK]
        if model.file_type != "glb":
            products.append({"type": "model", "name": CONVERTED})
        return {"model": str(self._models.uploaded(model)), "output": str(folder), "products": products}

    def _ready(self, model: Model) -> Model:
        path = self._models.renderable(model)
        low, high = footprint(path)
        names = rendering.variants(path)
        ready = self._models.records.change(
            model.id, status=assumed.READY, error=None, variants=names, low=low, high=high
        )
        self._webhook.emit(events.MODEL_PROCESSED, ready.state())
        return ready

    def _failed(self, model: Model, error: str) -> Model:
        failed = self._models.records.change(model.id, status=assumed.FAILED, error=error)
        self._webhook.emit(events.MODEL_FAILED, failed.state())
        return failed

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._ground.options.speed)
