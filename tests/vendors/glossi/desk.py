"""Carries out operations at once, against answers that a test makes up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_render.core.calls import Answer, Call, Milestone
from airflow_provider_render.core.job import RenderJob, RenderRequest
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from tests.vendors.dxgl.desk import Bytes

VENDOR = GlossiVendor("https://api.glossi.app", "glsi_test")
JOBS = GlossiVendor("https://api.glossi.app", "glsi_test", workflow="jobs")
MODEL = ModelFile(Bytes("chair.glb"), "a" * 64)
API = "/api/v1"
UPLOAD = "https://storage.example/models/M1?X-Amz-Signature=abcdef"


def request(key: str = "CHR-1", model_id: str | None = "M1", **fields: Any) -> RenderRequest:
    settings = VENDOR.settings({"templateId": "T1", **fields.pop("settings", {})})
    return RenderRequest(key, MODEL, settings, model_id, **fields)


def job(render_id: str, **refs: str) -> RenderJob:
    return RenderJob("glossi", render_id, "M1", {}, refs)


def answer(status: int, body: Any, call: str = "GET /api/v1/x") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(call, status, {"content-type": "application/json"}, raw)


@dataclass
class Desk:
    """Answers calls by their label; a list gives one answer after the other, a tuple a status too."""

    answers: dict[str, Any]
    vendor: GlossiVendor = VENDOR
    calls: list[Call[Any]] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    before: Callable[[Any], None] = lambda step: None

    @property
    def labels(self) -> list[str]:
        return [call.label.replace(API, "") for call in self.calls]

    def run(self, work: Any) -> Any:
        if isinstance(work, Call):
            return self._send(work)
        step = lambda: next(work)  # noqa: E731
        while True:
            try:
                asked = step()
            except StopIteration as stop:
                return stop.value
            try:
                result = self._take(asked)
            except Exception as error:  # noqa: BLE001 - a driver throws every error into the operation
                step = lambda error=error: work.throw(error)  # noqa: E731
            else:
                step = lambda result=result: work.send(result)  # noqa: E731

    def _take(self, asked: Any) -> Any:
        if isinstance(asked, Milestone):
            self.milestones.append(asked)
            return None
        return self._send(asked)

    def _send(self, call: Call[Any]) -> Any:
        self.calls.append(call)
        said = self.answers[call.label.replace(API, "")]
        if isinstance(said, list):
            said = said.pop(0)
        status, body = said if isinstance(said, tuple) else (200, said)
        given = answer(status, body, call.label)
        if status >= 400:
            raise self.vendor.error(given)
        return call.parse(given)
