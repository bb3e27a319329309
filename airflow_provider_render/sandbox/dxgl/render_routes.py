"""``/v1/renders``."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from airflow_provider_render.sandbox.dxgl import orders
from airflow_provider_render.sandbox.dxgl.access import Account, Answer, Body, ListedUntil, Paging
from airflow_provider_render.sandbox.dxgl.errors import ApiError
from airflow_provider_render.sandbox.dxgl.renders import ERROR, FAILED

LARGEST_BATCH = 100

router = APIRouter(prefix="/renders")


@router.post("", status_code=201)
async def create_render(dxgl: Account, body: Body) -> Answer:
    """Create Render."""
    [render] = orders.place(dxgl, "POST /v1/renders", [orders.order(dxgl, body)])
    shown = render.answer()
    return {"data": {name: shown[name] for name in ("id", "modelId", "status", "renderSettings")}}


@router.post("/batch", status_code=201)
async def create_batch(dxgl: Account, body: Body) -> Answer:
    """Batch Render."""
    wanted = [
        orders.order(dxgl, item if isinstance(item, dict) else {}, f"renders[{index}].renderSettings")
        for index, item in enumerate(_items(body))
    ]
    booked = orders.place(dxgl, "POST /v1/renders/batch", wanted)
    return {"data": [{"id": each.id, "modelId": each.model_id, "status": each.status} for each in booked]}


def _items(body: Body) -> list[Any]:
    items = body.get("renders")
    if not isinstance(items, list) or not items:
        raise ApiError("renders_required")
    if len(items) > LARGEST_BATCH:
        raise ApiError("too_many")
    return items


@router.get("")
async def list_renders(
    dxgl: Account,
    paging: Paging,
    listed_until: ListedUntil,
    model: str | None = None,
    status: str | None = None,
) -> Answer:
    """List Renders."""
    renders, total = dxgl.renders.page(
        model=model, status=status, limit=paging.limit, offset=paging.offset, listed_until=listed_until
    )
    return paging.answer([render.answer() for render in renders], total)


@router.get("/{render_id}")
async def get_render(dxgl: Account, render_id: str, listed_until: ListedUntil) -> Answer:
    """Get Render."""
    return {"data": dxgl.renders.get(render_id, listed_until).answer()}


@router.patch("/{render_id}/dismiss")
async def dismiss_render(dxgl: Account, render_id: str) -> Answer:
    """Dismiss Render."""
    render = dxgl.renders.get(render_id)
    if render.status == ERROR:
        dxgl.renders.advance(render.id, FAILED)
    return {"data": dxgl.renders.get(render_id).answer()}


@router.delete("/{render_id}")
async def delete_render(dxgl: Account, render_id: str) -> Answer:
    """Delete Render."""
    render = dxgl.renders.get(render_id)
    await dxgl.pipeline.remove(render)
    return {"data": {"id": render.id}}
