"""``/api/layers``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from airflow_provider_render.sandbox.threekit import images, layers, snapshots
from airflow_provider_render.sandbox.threekit.access import (
    Account,
    Answer,
    Asked,
    Body,
    ListedUntil,
    Paging,
    Query,
    a_uuid,
    an_object,
    base_url,
    optional_object,
)
from airflow_provider_render.sandbox.threekit.assumed import LAYER_CREATION
from airflow_provider_render.sandbox.threekit.documents import (
    ALIVE,
    Document,
    is_,
    made_until,
    matching,
    of_parent,
    shown,
)
from airflow_provider_render.sandbox.threekit.errors import malformed, missing
from airflow_provider_render.sandbox.threekit.file_routes import sent
from airflow_provider_render.sandbox.threekit.images import Change
from airflow_provider_render.sandbox.threekit.layers import KIND, Wanted, digest

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Where
    from airflow_provider_render.sandbox.threekit.double import Threekit

TEXTS = (
    "assetLayer",
    "stageId",
    "jobId",
    "taskId",
    "fileId",
    "format",
    "assetVersion",
    "assetLayerConfigurationHash",
)
NUMBERS = ("width", "height")
CONFIGURATIONS = {
    "assetLayerConfiguration": "assetLayerConfigurationHash",
    "stageConfiguration": "stageConfigurationHash",
}
PICTURES = ("png", "jpg", "webp")

router = APIRouter()


def _filters(asked: Query, until: str) -> list[Where]:
    where = [ALIVE, made_until(until)]
    if asset_id := asked.text("assetId"):
        where.append(of_parent(asset_id))
    where += [is_(name, value) for name in TEXTS if (value := asked.text(name)) is not None]
    where += [is_(name, size) for name in NUMBERS if (size := asked.number(name)) is not None]
    for name, hashed in CONFIGURATIONS.items():
        if (configuration := asked.object(name)) is not None:
            where.append(is_(hashed, digest(configuration)))
    return [*where, *matching("metadata", asked.object("metadata") or {})]


@router.get("/layers")
async def list_layers(account: Account, paging: Paging, asked: Asked, until: ListedUntil) -> Answer:
    """List layers."""
    return paging.listing(account, KIND, "layers", _filters(asked, until))


@router.get("/layers/layer", response_class=Response)
async def get_layer(request: Request, account: Account, asked: Asked, until: ListedUntil) -> Response:
    """Find the newest layer that fits, or its file."""
    if not asked.text("assetId") and not asked.text("jobId"):
        raise malformed("assetId is missing")
    found = account.documents.every(KIND, _filters(asked, until), order="-createdAt", limit=1)
    if not found:
        raise missing("Layer", str(asked.text("assetId") or asked.text("jobId")))
    return await _answered(request, account, asked, found[0])


@router.get("/layers/{layer_id}", response_class=Response)
async def layer_by_id(request: Request, account: Account, asked: Asked, layer_id: str) -> Response:
    """Read a layer, or its file."""
    return await _answered(request, account, asked, account.documents.get(KIND, layer_id))


async def _answered(request: Request, account: Threekit, asked: Query, layer: Document) -> Response:
    record, change = account.files.get(layer["fileId"]), _optimization(asked, layer)
    kind = asked.text("resultType")
    if change and kind == "file":
        path = await snapshots.resized(account, account.files.path(record), change)
        return FileResponse(path, media_type=change.media_type)
    if change:
        path = await snapshots.resized(account, account.files.path(record), change)
        record = await account.files.keep_path(f"{layer['id']}.{change.format}", path)
    if kind == "file":
        return sent(account, record)
    place = f"/api/files/hash/{record['hash']}"
    url = f"{base_url(request)}{place}"
    if kind == "url":
        return JSONResponse({"url": url, "metadata": layer["metadata"]})
    return JSONResponse({**shown(layer), "url": url, "path": place})


def _optimization(asked: Query, layer: Document) -> Change | None:
    wanted = asked.object("optimization")
    if not wanted or layer["format"] not in PICTURES:
        return None
    form = str(wanted.get("format") or layer["format"])
    numbers = {name: wanted.get(name) or 0 for name in ("width", "height", "quality")}
    if form not in PICTURES or not all(
        isinstance(each, int | float) and each >= 0 for each in numbers.values()
    ):
        raise malformed(
            "optimization: format must be png, jpg or webp; width, height and quality are numbers"
        )
    width, height = (min(int(numbers[name]), 8192) for name in ("width", "height"))
    return Change(width, height, form, int(numbers["quality"]) or images.USUAL_QUALITY)


@router.post(LAYER_CREATION)
async def create_layer(account: Account, body: Body) -> Answer:
    """Register a file as a layer."""
    asset = account.library.get(a_uuid("assetId", body.get("assetId")))
    record = account.files.get(a_uuid("fileId", body.get("fileId")))
    if "assetLayerConfiguration" not in body:
        raise malformed("assetLayerConfiguration is missing")
    configuration = an_object("assetLayerConfiguration", body["assetLayerConfiguration"])
    staged = optional_object(body, "stageConfiguration")
    stage, form = str(body.get("stageId") or ""), str(body.get("format") or record["extension"] or "png")
    width, height = (_side(name, body.get(name)) for name in NUMBERS)
    wanted = Wanted(asset["id"], asset["head"], configuration, stage, staged, form, width, height)
    job, task = str(body.get("jobId") or record["id"]), str(body.get("taskId") or record["id"])
    layer = layers.add(account.documents, wanted, record, job, task)
    if body.get("metadata"):
        account.documents.change(layer["id"], metadata=an_object("metadata", body["metadata"]))
    return shown(account.documents.get(KIND, layer["id"]))


def _side(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise malformed(f"{name} must be a whole number above 0")
    return value
