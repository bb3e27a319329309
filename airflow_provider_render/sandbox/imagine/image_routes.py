"""Rendered images: products placed in scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request

from airflow_provider_render.sandbox.imagine import assumed, outputs, pictures
from airflow_provider_render.sandbox.imagine.access import Account, Answer, Fields, ListedUntil
from airflow_provider_render.sandbox.imagine.errors import ApiError
from airflow_provider_render.sandbox.imagine.outputs import PictureSearch
from airflow_provider_render.sandbox.imagine.paging import PAGE_SIZE, Page
from airflow_provider_render.sandbox.imagine.placing import Order, read
from airflow_provider_render.sandbox.imagine.scenes import SCENES

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.imagine.double import Imagine
    from airflow_provider_render.sandbox.imagine.outputs import Output

FILES = (
    pictures.FILE,
    pictures.FILMIC,
    pictures.COLOR_PASS,
    pictures.THUMBNAIL,
    pictures.FILMIC_THUMBNAIL,
)
SCHEDULED = "Render job has been created and processing has been scheduled."

router = APIRouter()


@router.post("/create-images/", status_code=202)
async def create_images(imagine: Account, request: Request, fields: Fields) -> Answer:
    """Create Images."""
    with imagine.meter.hit("POST /v1/product/create-images/") as hit:
        order = read(fields, imagine.products)
        render_id = imagine.outputs.add_render(order.scene_id, order.placements)
        started = _add_cameras(imagine, order, render_id, f"POST {request.scope['path']}")
        hit.concerns(*(each.unicode for each in order.products), renders=[render_id])
        skus = [each.sku_id for each in order.products]
        answer = hit.ok({"render_id": render_id, "sku_ids": list(dict.fromkeys(skus))}, SCHEDULED)
    for output in started:
        imagine.pipeline.start(output)
    return answer


def _add_cameras(imagine: Imagine, order: Order, render_id: int, call: str) -> list[Output]:
    scene = SCENES[order.scene_id]
    title = f"{order.products[0].title} - {scene.name}"
    started = []
    for camera in order.cameras:
        angle = scene.cameras[camera][0]
        output = {
            "kind": outputs.CAMERA,
            "product_id": None,
            "render_id": render_id,
            "setup": str(camera),
            "name": f"{title}_{angle}",
            "angle_name": angle,
        }
        doomed = imagine.ground.faults.take("render_failure", call) is not None
        started.append(imagine.outputs.add(output, doomed=doomed))
    return started


@router.get("/render-images/")
async def list_images(imagine: Account, request: Request, listed_until: ListedUntil) -> Answer:
    """Get Render Images."""
    with imagine.meter.hit("GET /v1/product/render-images/") as hit:
        search = _search(request, listed_until)
        count = imagine.outputs.count_pictures(search)
        if search.render_id and not (count or imagine.outputs.exists(search.render_id, listed_until)):
            raise ApiError(404, assumed.RENDER_NOT_FOUND)
        page = Page(request, count)
        found = imagine.outputs.pictures(search, page.offset, PAGE_SIZE)
        return {**page.answer([_image(imagine, each) for each in found]), **hit.plain()}


def _search(request: Request, made_until: str) -> PictureSearch:
    given = request.query_params
    return PictureSearch(
        kinds=(outputs.CAMERA,),
        made_until=made_until,
        render_id=given.get("render_id"),
        product_id=given.get("product_id"),
        # The text of Create Images writes sku_ids, that of Get Render Images sku_id.
        sku_id=given.get("sku_id") or given.get("sku_ids"),
        product_name=given.get("product_name"),
    )


def _image(imagine: Imagine, output: Output) -> Answer:
    files = {name: imagine.links.picture(output.files.get(name)) for name in FILES}
    return {"id": output.id, "angle_name": output.angle_name, **files, "status": output.status}
