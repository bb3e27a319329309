"""Carries out operations at once, against answers that a test makes up."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_render.core.calls import Answer, Call, Notice
from airflow_provider_render.core.job import RenderJob, RenderRequest
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor

VENDOR = DxglVendor("https://api.dx.gl", "dxgl_sk_test")


class Bytes:
    """A file in memory."""

    def __init__(self, name: str, content: bytes = b"glTF") -> None:
        self.name = name
        self.content = content
        self.size = len(content)

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.content)


MODEL = ModelFile(Bytes("chair.glb"), "a" * 64)


def request(key: str = "CHR-1", model_id: str | None = "M1", **settings: Any) -> RenderRequest:
    return RenderRequest(key, MODEL, VENDOR.settings(settings), model_id)


def job(render_id: str, **settings: Any) -> RenderJob:
    return RenderJob("dxgl", render_id, "M1", settings)


def answer(status: int, body: Any, call: str = "GET /v1/x") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(call, status, {"content-type": "application/json"}, raw)


def refusal(status: int, code: str, message: str = "No.") -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": code, "message": message, "status": status}}


@dataclass
class Desk:
    """Answers calls by a function of (method, path, query, json) that returns status and body."""

    react: Callable[[str, str, dict[str, Any], Any], tuple[int, Any]]
    calls: list[Call[Any]] = field(default_factory=list)

    @property
    def labels(self) -> list[str]:
        return [call.label for call in self.calls]

    def run(self, work: Any) -> Any:
        if isinstance(work, Call):
            return self._send(work)
        result: Any = None
        step = lambda: next(work)  # noqa: E731
        while True:
            try:
                call = step()
            except StopIteration as stop:
                return stop.value
            try:
                result = None if isinstance(call, Notice) else self._send(call)
            except Exception as error:  # noqa: BLE001 - a driver throws every error into the operation
                step = lambda error=error: work.throw(error)  # noqa: E731
            else:
                step = lambda result=result: work.send(result)  # noqa: E731

    def _send(self, call: Call[Any]) -> Any:
        self.calls.append(call)
        status, body = self.react(call.method, call.path, dict(call.query), call.json)
        given = answer(status, body, call.label)
        if status >= 400:
            raise VENDOR.error(given)
        return call.parse(given)


@dataclass
class Shelf:
    """DXGL's lists of renders, in memory."""

    renders: list[dict[str, Any]]
    meta: bool = True
    after_page: Callable[[], None] = lambda: None

    def __call__(self, method: str, path: str, query: dict[str, Any], body: Any) -> tuple[int, Any]:
        if path != "/v1/renders":
            found = [row for row in self.renders if path == f"/v1/renders/{row['id']}"]
            return (200, {"data": found[0]}) if found else refusal(404, "render_not_found")
        rows = [row for row in self.renders if query.get("status") in (None, row["status"])]
        rows = [row for row in rows if query.get("model") in (None, row.get("modelId"))]
        page = rows[query["offset"] : query["offset"] + query["limit"]]
        meta = {"meta": {"total": len(rows), "offset": query["offset"], "limit": query["limit"]}}
        self.after_page()
        return 200, {"data": page, **(meta if self.meta else {})}


def rows(count: int, status: str = "pending", prefix: str = "r") -> list[dict[str, Any]]:
    return [{"id": f"{prefix}{number}", "modelId": "M1", "status": status} for number in range(count)]
