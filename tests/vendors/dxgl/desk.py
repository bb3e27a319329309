"""What tests of DXGL share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airflow_provider_render.core.job import RenderJob, RenderRequest
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor
from tests.vendors import desk
from tests.vendors.desk import Bytes

VENDOR = DxglVendor("https://api.dx.gl", "dxgl_sk_test")


MODEL = ModelFile(Bytes("chair.glb"), "a" * 64)


def request(key: str = "CHR-1", model_id: str | None = "M1", **settings: Any) -> RenderRequest:
    return RenderRequest(key, MODEL, VENDOR.settings(settings), model_id)


def job(render_id: str, **settings: Any) -> RenderJob:
    return RenderJob("dxgl", render_id, "M1", settings)


def refusal(status: int, code: str, message: str = "No.") -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": code, "message": message, "status": status}}


class Desk(desk.Desk):
    """Answers calls by a function of (method, path, query, json) that returns status and body."""

    def __init__(self, react: Callable[[str, str, dict[str, Any], Any], tuple[int, Any]]) -> None:
        super().__init__(lambda call: react(call.method, call.path, dict(call.query), call.json), VENDOR)


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
