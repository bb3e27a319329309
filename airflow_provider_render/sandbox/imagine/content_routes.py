"""Generated content: jobs, their status, what they made, and hiding it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request

from airflow_provider_render.sandbox.imagine import assumed, outputs, products
from airflow_provider_render.sandbox.imagine.access import Account, Answer, Fields
from airflow_provider_render.sandbox.imagine.errors import NO_UUID, ApiError
from airflow_provider_render.sandbox.imagine.product_routes import is_uuid
from airflow_provider_render.sandbox.imagine.scenes import SILOS

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.imagine.double import Imagine
    from airflow_provider_render.sandbox.imagine.outputs import Output
    from airflow_provider_render.sandbox.imagine.products import Product

KINDS = {
    ("3d_model_viewer", ""): outputs.VIEWER_3D,
    ("ar", ""): outputs.VIEWER_AR,
    ("360_degree_spin", ""): outputs.SPIN,
    ("Product Image", "silo"): outputs.SILO,
}
FIELDS = {
    "product_ar": outputs.VIEWER_AR,
    "product_3d": outputs.VIEWER_3D,
    "product_silo_images": outputs.SILO,
    "product_threesixty": outputs.SPIN,
}
STATUS = "_status"
SCHEDULED = "Product automated processing has been scheduled."
ARCHIVED = "Product render content archive status updated successfully"

router = APIRouter()


@router.post("/job/", status_code=202)
async def create_job(imagine: Account, request: Request, fields: Fields) -> Answer:
    """Create Product Content Job."""
    with imagine.meter.hit("POST /v1/product/job/") as hit:
        kinds = _kinds(fields)
        product = imagine.products.even_marked(str(fields["product"]))
        if product.upload_status != products.COMPLETE:
            raise ApiError(400, {"product": [assumed.NOT_UPLOADED]})
        call = f"POST {request.scope['path']}"
        started = [output for kind in kinds for output in _order(imagine, product, kind, call)]
        hit.concerns(product.unicode, renders=[output.id for output in started])
        answer = hit.ok({"unicode": product.unicode}, SCHEDULED)
    for output in started:
        imagine.pipeline.start(output)
    return answer


def _kinds(fields: dict[str, Any]) -> list[str]:
    wanted = fields.get("job_detail_list")
    problems: dict[str, list[str]] = {}
    if not is_uuid(fields.get("product")):
        problems["product"] = [NO_UUID if fields.get("product") else assumed.REQUIRED]
    if not isinstance(wanted, list) or not wanted:
        problems["job_detail_list"] = [assumed.REQUIRED]
        wanted = []
    keys = [_key(each) for each in wanted]
    if unknown := [key for key in keys if key not in KINDS]:
        named = " / ".join(part for part in unknown[0] if part)
        problems["job_detail_list"] = [assumed.CHOICE_UNKNOWN.format(named)]
    if problems:
        raise ApiError(400, problems)
    return list(dict.fromkeys(KINDS[key] for key in keys))


def _key(detail: Any) -> tuple[str, str]:
    given = detail if isinstance(detail, dict) else {}
    return str(given.get("req_type") or ""), str(given.get("image_type") or "")


def _order(imagine: Imagine, product: Product, kind: str, call: str) -> list[Output]:
    doomed = imagine.ground.faults.take("render_failure", call) is not None
    known = imagine.outputs.of_product(product.id, kind)
    if kind == outputs.SILO:
        return [_add(imagine, product, kind, setup, doomed=doomed) for setup in SILOS]
    if not known:
        return [_add(imagine, product, kind, "", doomed=doomed)]
    if known[0].status not in outputs.TERMINAL:
        return []
    return [imagine.outputs.restart(known[0], doomed=doomed)]


def _add(imagine: Imagine, product: Product, kind: str, setup: str, *, doomed: bool) -> Output:
    angle = SILOS[setup][0] if setup else ""
    placement = {"product_id": product.id}
    return imagine.outputs.add(
        {
            "kind": kind,
            "product_id": product.id,
            "render_id": imagine.outputs.add_render(None, [placement]),
            "setup": setup,
            "name": " - ".join(filter(None, (product.title, setup, angle))),
            "angle_name": angle,
        },
        doomed=doomed,
    )


@router.get("/status/")
async def show_status(imagine: Account, request: Request) -> Answer:
    """Get Product Content Status."""
    with imagine.meter.hit("GET /v1/product/status/") as hit:
        wanted = _content_types(request, STATUS)
        product = imagine.products.identified(request.query_params)
        hit.concerns(product.unicode)
        statuses = {name + STATUS: _status(imagine, product, FIELDS[name]) for name in wanted}
        return {**product.answer(), **statuses, **hit.plain()}


def _content_types(request: Request, ending: str) -> list[str]:
    wanted = request.query_params.get("content_type")
    if not wanted:
        return list(FIELDS)
    if wanted.removesuffix(STATUS) not in FIELDS or not wanted.endswith(ending):
        raise ApiError(400, {"content_type": [assumed.CONTENT_TYPE_UNKNOWN]})
    return [wanted.removesuffix(STATUS)]


def _status(imagine: Imagine, product: Product, kind: str) -> Any:
    found = imagine.outputs.of_product(product.id, kind)
    if not found:
        return None
    if kind in (outputs.VIEWER_3D, outputs.VIEWER_AR):
        return found[0].status
    if kind == outputs.SPIN:
        return [{"id": each.id, "status": each.status} for each in found]
    return [{"id": each.id, "name": each.name, "status": each.status} for each in found]


@router.get("/shared-content/")
async def show_content(imagine: Account, request: Request) -> Answer:
    """Get Shared Content."""
    with imagine.meter.hit("GET /v1/product/shared-content/") as hit:
        wanted = _content_types(request, "")
        product = imagine.products.identified(request.query_params)
        hit.concerns(product.unicode)
        content = {name: _content(imagine, product, FIELDS[name]) for name in wanted}
        thumbnail = imagine.links.picture(product.thumbnail_key)
        return {
            "unicode": product.unicode,
            "gtin": product.gtin,
            "sku_id": product.sku_id,
            "salsify_id": None,
            "name": product.name,
            "main_asset_name": product.main_asset_name,
            "thumbnail_url": thumbnail,
            **content,
            **hit.plain(),
        }


def _content(imagine: Imagine, product: Product, kind: str) -> Any:
    done = [each for each in imagine.outputs.of_product(product.id, kind) if each.status == outputs.DONE]
    if kind != outputs.SILO:
        return imagine.links.viewer(kind, product.viewer) if done else None
    return [
        {
            "id": each.id,
            "name": each.name,
            "image_url": imagine.links.picture(each.files["file"]),
            "thumbnail_url": imagine.links.picture(each.files["thumbnail"]),
        }
        for each in done
    ]


@router.patch("/render-content/archive/")
async def archive(imagine: Account, fields: Fields) -> Answer:
    """Archive Product Render Content."""
    with imagine.meter.hit("PATCH /v1/product/render-content/archive/") as hit:
        numbers, archived = _archiving(fields)
        product = imagine.products.even_marked(str(fields["unicode"]))
        found = imagine.outputs.archive(product.id, numbers, archived=archived)
        hit.concerns(product.unicode)
        return hit.ok({"updated_count": len(found), "ids": found}, ARCHIVED)


def _archiving(fields: dict[str, Any]) -> tuple[list[int], bool]:
    numbers, archived = fields.get("ids"), fields.get("is_archive")
    problems: dict[str, list[str]] = {}
    if not isinstance(numbers, list) or not numbers or not all(map(_is_number, numbers)):
        problems["ids"] = ["A list of integers is required."]
    if not isinstance(archived, bool):
        problems["is_archive"] = ["Must be a valid boolean."]
    if not is_uuid(fields.get("unicode")):
        problems["unicode"] = [NO_UUID]
    if problems:
        raise ApiError(400, problems)
    return [int(each) for each in numbers or []], bool(archived)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
