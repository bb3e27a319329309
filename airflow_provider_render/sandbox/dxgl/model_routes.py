"""``/v1/models``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.datastructures import UploadFile
from starlette.requests import Request

from airflow_provider_render.sandbox import uploads
from airflow_provider_render.sandbox.downloads import WholeFile
from airflow_provider_render.sandbox.dxgl import ingest, orders, settings
from airflow_provider_render.sandbox.dxgl.access import Account, Answer, Body, ListedUntil, Paging
from airflow_provider_render.sandbox.dxgl.errors import ApiError

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.dxgl.double import Dxgl
    from airflow_provider_render.sandbox.dxgl.orders import Upload

MOST_TAGS = 20
GLB = "model/gltf-binary"

router = APIRouter(prefix="/models")


@router.post("", status_code=201)
async def upload_model(request: Request, dxgl: Account) -> Answer:
    """Upload Model."""
    try:
        async with uploads.form(request, ingest.LARGEST_FILE) as fields:
            file = fields.get("file")
            if not isinstance(file, UploadFile) or not file.filename:
                raise ApiError("no_file")
            sent = settings.from_form(fields.get("renderSettings"))
            upload = await ingest.keep(dxgl, file.filename, file.file)
    except uploads.BodyTooLarge as error:
        raise ApiError("file_too_large") from error
    return _order(dxgl, "POST /v1/models", upload, sent)


@router.post("/ingest", status_code=201)
async def ingest_model(dxgl: Account, body: Body) -> Answer:
    """Ingest from URL."""
    orders.check_settings(dxgl, body.get("renderSettings"))
    upload = await ingest.fetch(dxgl, body.get("url"))
    return _order(dxgl, "POST /v1/models/ingest", upload, body.get("renderSettings"))


def _order(dxgl: Dxgl, call: str, upload: Upload, sent: Any) -> Answer:
    try:
        model, render, known = orders.place_upload(dxgl, call, upload, sent)
    finally:
        upload.file.path.unlink(missing_ok=True)
    answer = {"modelId": model.id, "renderId": render.id}
    return {"data": {**answer, "duplicate": True} if known else answer}


@router.get("")
async def list_models(dxgl: Account, paging: Paging, tags: str = "") -> Answer:
    """List Models."""
    wanted = [tag for each in tags.split(",") if (tag := each.strip().lower())]
    models, total = dxgl.models.page(wanted, paging.limit, paging.offset)
    return paging.answer([model.answer() for model in models], total)


@router.post("/check-hash")
async def check_hash(dxgl: Account, body: Body) -> Answer:
    """Check Hash (Dedup Pre-flight)."""
    sha256 = body.get("sha256")
    if not sha256 or not isinstance(sha256, str):
        raise ApiError("sha256_required")
    known = dxgl.models.by_hash(sha256)
    return {"data": {"exists": known is not None, "modelId": known.id if known else None}}


@router.get("/{model_id}")
async def get_model(dxgl: Account, model_id: str, listed_until: ListedUntil) -> Answer:
    """Get Model."""
    model = dxgl.models.get(model_id)
    renders, _ = dxgl.renders.page(model=model.id, status=None, limit=-1, offset=0, listed_until=listed_until)
    return {"data": {**model.answer(), "renders": [render.answer_within_model() for render in renders]}}


@router.patch("/{model_id}")
async def update_model(dxgl: Account, model_id: str, body: Body) -> Answer:
    """Update Model."""
    model = dxgl.models.get(model_id)
    texts = {name: _text(name, body[name]) for name in ("title", "sku") if name in body}
    tags = {"tags": _tags(body["tags"])} if "tags" in body else {}
    dxgl.models.change(model.id, **texts, **tags)
    return {"data": dxgl.models.get(model.id).answer()}


def _text(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ApiError("invalid_request", f"{name} must be a string")


def _tags(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise ApiError("invalid_request", "tags must be a list of strings")
    tags = [tag for each in value if (tag := each.strip().lower())]
    if len(tags) > MOST_TAGS:
        raise ApiError("invalid_request", f"tags: at most {MOST_TAGS}")
    return tags


@router.patch("/{model_id}/archive")
async def archive_model(dxgl: Account, model_id: str) -> Answer:
    """Archive Model."""
    model = dxgl.models.get(model_id)
    dxgl.models.change(model.id, archived=True)
    return {"data": model.answer()}


@router.patch("/{model_id}/unarchive")
async def unarchive_model(dxgl: Account, model_id: str) -> Answer:
    """Unarchive Model."""
    model = dxgl.models.get(model_id)
    dxgl.models.change(model.id, archived=False)
    return {"data": model.answer()}


@router.get("/{model_id}/file", response_class=WholeFile)
async def download_model(dxgl: Account, model_id: str) -> WholeFile:
    """Download Model File."""
    model = dxgl.models.get(model_id)
    path = dxgl.models.glb(model)
    if not path.exists():
        raise ApiError("file_not_found")
    name = model.original_name.removesuffix(f".{model.format}") + ".glb"
    return WholeFile(path, media_type=GLB, filename=name)


@router.delete("/{model_id}")
async def delete_model(dxgl: Account, model_id: str) -> Answer:
    """Delete Model."""
    model = dxgl.models.get(model_id)
    dxgl.models.change(model.id, deleted=True)
    return {"data": {"id": model.id}}
