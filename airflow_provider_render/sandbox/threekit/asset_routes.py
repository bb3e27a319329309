"""``/api/assets`` and ``/api/v2/assets``."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from airflow_provider_render.sandbox.threekit import matrix, products, snapshots
from airflow_provider_render.sandbox.threekit.access import Account, Answer, Asked, Body, Paging, Query
from airflow_provider_render.sandbox.threekit.assumed import ROOT_FOLDER
from airflow_provider_render.sandbox.threekit.documents import (
    ALIVE,
    Document,
    having,
    is_,
    like,
    matching,
    of_parent,
    shown,
)
from airflow_provider_render.sandbox.threekit.errors import malformed
from airflow_provider_render.sandbox.threekit.library import KIND, a_type
from airflow_provider_render.sandbox.threekit.snapshots import Snapshot

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Where
    from airflow_provider_render.sandbox.threekit.double import Threekit

FILTERS = ("name", "type", "publicShare", "importedFileId", "proxyId", "parentFolderId", "customId")
CREATED = (
    "customId", "description", "defaultStageId", "tags", "keywords", "asset", "attributes", "proxyId",
    "parentFolderId",
)  # fmt: skip
THUMBNAIL_PIXELS = 512
OK = {"message": "ok"}

router = APIRouter()


def filters(asked: Query) -> list[Where]:
    """Read the conditions that lists of assets and products know."""
    where = [is_(name, value) for name in FILTERS if (value := asked.text(name))]
    if part := asked.text("nameLike"):
        where.append(like("name", part))
    for name in ("tags", "keywords"):
        where += having(name, asked.texts(name))
    return [ALIVE, *where, *matching("metadata", asked.object("metadata") or {})]


@router.get("/assets")
async def list_assets(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List assets."""
    if asked.text("branch") not in (None, "main"):
        return paging.answer("assets", [], 0)
    return paging.listing(account, KIND, "assets", filters(asked))


@router.get("/assets/translations")
async def asset_translations(asked: Asked) -> Answer:
    """Read the translations of a locale; the double knows none."""
    if not asked.text("locale"):
        raise malformed("locale is missing")
    return {}


@router.get("/assets/thumbnail/{asset_id}", response_class=Response)
async def thumbnail(request: Request, account: Account, asked: Asked, asset_id: str) -> Response:
    """Send a small picture of an asset, rendered when it is asked for."""
    asset = account.library.get(asset_id)
    wanted = Snapshot(asset, {}, THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, "png")
    return await snapshots.thumbnail(account, wanted, fail_on_empty=asked.flag("failOnEmpty"))


@router.get("/assets/{asset_id}")
async def get_asset(account: Account, asset_id: str) -> Answer:
    """Read an asset."""
    return shown(account.library.get(asset_id))


@router.delete("/assets/{asset_id}")
async def delete_asset(account: Account, asset_id: str) -> Answer:
    """Delete an asset; it can be restored."""
    account.documents.delete(account.library.get(asset_id)["id"])
    return OK


@router.post("/assets/{asset_id}/restore")
async def restore_asset(account: Account, asset_id: str) -> Answer:
    """Take an asset's deletion back."""
    asset = account.library.get(asset_id, deleted=None)
    account.documents.restore(asset["id"])
    return shown(account.library.get(asset["id"]))


@router.post("/assets/{asset_id}/clone")
async def clone_asset(account: Account, asset_id: str) -> Answer:
    """Copy an asset."""
    asset = account.library.get(asset_id)
    own = ("id", "name", "type", "customId", "createdAt", "updatedAt", "deletedAt")
    fields = {name: value for name, value in asset.items() if name not in own}
    return shown(account.library.make(asset["type"], f"{asset['name']} copy", **fields, customId=None))


@router.get("/assets/{asset_id}/variants")
async def list_variants(account: Account, paging: Paging, asset_id: str) -> Answer:
    """List the configurations that an asset's attributes with listed values span."""
    asset = account.library.get(asset_id)
    if not account.documents.count("variant", [of_parent(asset["id"])]):
        _make_variants(account, asset)
    answer = paging.listing(account, "variant", "variants", [of_parent(asset["id"]), ALIVE])
    return {**answer, "shared_data": _shared_data(asset)}


def _make_variants(account: Threekit, asset: Document) -> None:
    for number, configuration in enumerate(matrix.configurations(asset, None, {}), 1):
        fields = {
            **_origin(asset),
            "variantId": str(number),
            "sharedDataId": asset["id"],
            "metadata": None,
            "variant": configuration,
            "updatedBy": asset["createdBy"],
        }
        account.documents.add("variant", fields, parent=asset["id"])


def _origin(asset: Document) -> dict[str, Any]:
    nothing = str(uuid.UUID(int=0))
    job, task = asset.get("_jobId", nothing), asset.get("_taskId", nothing)
    return {"assetId": asset["id"], "jobId": job, "taskId": task}


def _shared_data(asset: Document) -> dict[str, Any]:
    listed = {each["name"]: each["values"] for each in asset["attributes"] if each.get("values")}
    return {
        "id": asset["id"],
        **_origin(asset),
        "orgId": asset["orgId"],
        "ready": True,
        "visualAttributes": ",".join(listed),
        "variantAttributes": listed,
        "createdAt": asset["createdAt"],
    }


@router.post("/v2/assets")
async def create_asset(account: Account, body: Body) -> Answer:
    """Make an asset that has no file: an item, a folder, a composite."""
    if not isinstance(body.get("name"), str) or not body["name"]:
        raise malformed("name is missing")
    products.check_fields("asset", body)
    fields = {name: body[name] for name in CREATED if body.get(name)}
    if "customId" in fields and account.library.find(fields["customId"]):
        raise malformed(f"customId is taken: {fields['customId']}")
    kind = a_type(body.get("type"))
    usual = {"parentFolderId": products.CATALOG if kind == "item" else ROOT_FOLDER, "head": str(uuid.uuid4())}
    known = {"metadata": products.metadata(body.get("metadata"))}
    return shown(account.library.make(kind, body["name"], **{**usual, **fields, **known}))


@router.get("/v2/assets")
async def list_assets_v2(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List assets."""
    return paging.listing(account, KIND, "assets", filters(asked))


@router.get("/v2/assets/{asset_id}")
async def get_asset_v2(account: Account, asset_id: str) -> Answer:
    """Read an asset with its attributes."""
    return shown(account.library.get(asset_id))


@router.delete("/v2/assets/{asset_id}")
async def delete_asset_v2(account: Account, asset_id: str) -> Answer:
    """Delete an asset; it can be restored."""
    account.documents.delete(account.library.get(asset_id)["id"])
    return OK
