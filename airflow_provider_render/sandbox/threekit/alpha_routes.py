"""The alpha services, which Threekit runs on hosts of their own; here they share the prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from airflow_provider_render.sandbox.threekit.access import Account, Asked, Query, base_url, call_of
from airflow_provider_render.sandbox.threekit.asset_job_routes import first_output
from airflow_provider_render.sandbox.threekit.errors import ApiError, malformed
from airflow_provider_render.sandbox.threekit.file_routes import sent
from airflow_provider_render.sandbox.threekit.layers import Wanted
from airflow_provider_render.sandbox.threekit.picture_routes import own_file
from airflow_provider_render.sandbox.threekit.pipeline import EXPORT
from airflow_provider_render.sandbox.threekit.submissions import Order, answer, layer_piece, place

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Document
    from airflow_provider_render.sandbox.threekit.double import Threekit

router = APIRouter()


@router.get("/glb/export", response_class=Response)
async def export_glb(request: Request, account: Account, asked: Asked) -> Response:
    """Export a configured asset as GLB while the client waits."""
    record = await _exported(request, account, asked)
    if asked.text("response") != "json":
        return sent(account, record)
    return JSONResponse(
        {"fileId": record["id"], "url": f"{base_url(request)}/api/files/hash/{record['hash']}"}
    )


@router.get("/exporter/export", response_class=Response)
async def export_file(request: Request, account: Account, asked: Asked) -> Response:
    """Export a configured asset as GLB while the client waits."""
    return sent(account, await _exported(request, account, asked))


async def _exported(request: Request, account: Threekit, asked: Query) -> Document:
    asset = account.library.get(asked.text("assetId") or "")
    configuration: dict[str, Any] = asked.object("configuration") or {}
    subject = account.library.subject(asset, configuration)
    wanted = Wanted(asset["id"], subject.asset["head"], configuration, "", {}, "glb")
    piece = layer_piece(EXPORT, asset, subject, wanted)
    label = f"GET {request.url.path}"
    order = Order(call_of(request), label, EXPORT, f"Export {asset['name']} as glb", {}, [piece])
    job_id = place(account, order, cache=asked.flag("cache"))
    job = (await answer(account, job_id, sync=True))["job"]
    file_id = first_output(job)
    if file_id is None:
        raise ApiError(422, job["runs"][0].get("error") if job["runs"] else None)
    return account.files.get(file_id)


@router.get("/glb/optimize", response_class=Response)
async def optimize_glb(account: Account, asked: Asked) -> Response:
    """Send a GLB of this service as it is; the double makes it no smaller."""
    source = asked.text("sourceUrl")
    if source is None:
        raise malformed("sourceUrl is missing")
    return sent(account, own_file(account, source))
