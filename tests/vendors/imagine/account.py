"""What tests of Imagine.io share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_render.core.job import RenderJob, RenderRequest
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor
from tests.vendors.desk import Bytes, TableDesk

VENDOR = ImagineVendor("https://api.imagine.io", "sk_secret_0123456789", "shop.example")
UNICODE = "ddd233ee-c968-43bc-9e51-4758d946223a"


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


class Desk(TableDesk):
    """Answers calls by their label with what a test laid out."""

    def __init__(self, table: Mapping[str, Any], vendor: ImagineVendor = VENDOR) -> None:
        super().__init__(table, vendor)
