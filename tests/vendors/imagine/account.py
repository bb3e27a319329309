"""What tests of Imagine.io share: a vendor, models, and a desk that answers without sockets."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_render.core.calls import Answer, Call, Milestone
from airflow_provider_render.core.job import RenderJob, RenderRequest
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor

VENDOR = ImagineVendor("https://api.imagine.io", "sk_secret_0123456789", "shop.example")
UNICODE = "ddd233ee-c968-43bc-9e51-4758d946223a"


class Bytes:
    """A file in memory."""

    def __init__(self, name: str, content: bytes = b"glTF") -> None:
        self.name = name
        self.content = content
        self.size = len(content)

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.content)


MODEL = ModelFile(Bytes("chair.glb"), "ab" * 32)
OTHER = ModelFile(Bytes("chair.glb"), "cd" * 32)
MARK = "chair.glb sha256:abababababababab"


def request(model_id: str | None = UNICODE, model: ModelFile | None = MODEL, **more: Any) -> RenderRequest:
    settings = VENDOR.settings(more.pop("settings", {}))
    return RenderRequest("CHR-1", model, settings, model_id, sku=more.pop("sku", "CHR-1"), **more)


def job(types: str = "silo") -> RenderJob:
    return RenderJob("imagine", f"{UNICODE}:{types}", UNICODE)


def product(**changes: Any) -> dict[str, Any]:
    return {"unicode": UNICODE, "sku_id": "CHR-1", "name": "Chair", "main_asset_name": MARK} | changes


def listed(*rows: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"next_link": None, "count": len(rows), "results": list(rows), "api_hits_available": 9} | more


def data(status: int = 200, **fields: Any) -> tuple[int, dict[str, Any]]:
    return status, {"status": True, "data": fields, "message": "done", "api_hits_available": 9}


def refused(status: int, message: Any) -> tuple[int, dict[str, Any]]:
    return status, {"status": False, "data": {}, "message": message, "api_hits_available": 9}


def answer(status: int, body: Any, call: str = "GET /v1/product/details/") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(call, status, {"content-type": "application/json"}, raw)


@dataclass
class Desk:
    """Answers calls by label with what a test laid out, in turn; the last answer stays."""

    table: dict[str, Any]
    vendor: ImagineVendor = VENDOR
    calls: list[Call[Any]] = field(default_factory=list)
    milestones: list[tuple[RenderJob, ...]] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        return [call.label for call in self.calls]

    def run(self, work: Any) -> Any:
        if isinstance(work, Call):
            return self._send(work)
        step: Callable[[], Any] = lambda: next(work)  # noqa: E731
        while True:
            try:
                call = step()
            except StopIteration as stop:
                return stop.value
            if not isinstance(call, Call):
                self.milestones += [call.jobs] if isinstance(call, Milestone) else []
                step = lambda: work.send(None)  # noqa: E731
                continue
            try:
                result = self._send(call)
            except Exception as error:  # noqa: BLE001 - a driver throws every error into the operation
                step = lambda error=error: work.throw(error)  # noqa: E731
            else:
                step = lambda result=result: work.send(result)  # noqa: E731

    def _send(self, call: Call[Any]) -> Any:
        self.calls.append(call)
        laid = self.table[call.label]
        status, body = (laid.pop(0) if len(laid) > 1 else laid[0]) if isinstance(laid, list) else laid
        given = answer(status, body, call.label)
        if status >= 400:
            raise self.vendor.error(given)
        return call.parse(given)
