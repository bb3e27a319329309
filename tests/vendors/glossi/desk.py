"""What tests of Glossi share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_render.core.job import RenderJob, RenderRequest
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor
from tests.vendors.desk import Bytes, TableDesk

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


class Desk(TableDesk):
    """Answers calls by their label without ``/api/v1``."""

    def __init__(self, answers: Mapping[str, Any], vendor: GlossiVendor = VENDOR) -> None:
        super().__init__(answers, vendor, API)
