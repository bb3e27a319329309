"""``/api/asset-jobs``: import, export, and the smaller jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request

from airflow_provider_render.sandbox.threekit import bundles, exports, layers
from airflow_provider_render.sandbox.threekit.access import (
    Account,
    Answer,
    Body,
    Query,
    a_uuid,
    call_of,
    optional_object,
)
from airflow_provider_render.sandbox.threekit.assumed import DOWNLOADS
from airflow_provider_render.sandbox.threekit.documents import labelled
from airflow_provider_render.sandbox.threekit.errors import malformed
from airflow_provider_render.sandbox.threekit.layers import Wanted
from airflow_provider_render.sandbox.threekit.pipeline import DOWNLOAD, EXPORT, IMPORT, RENDER
from airflow_provider_render.sandbox.threekit.submissions import Order, Piece, answer, layer_piece, place

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Document
    from airflow_provider_render.sandbox.threekit.double import Threekit

ZIP_FORMATS = (None, "png", "jpeg")
ZIP_TYPES = ("jobResult", "texture")

router = APIRouter(prefix="/asset-jobs")


def said(body: dict[str, Any], name: str, *, default: bool = False) -> bool:
    """Read a truth that clients send as JSON or as the text ``"true"``."""
    value = body.get(name, default)
    return value if isinstance(value, bool) else str(value).lower() == "true"


@router.post("/import")
async def import_asset(request: Request, account: Account, body: Body) -> Answer:
    """Import a file as an asset."""
    record = account.files.get(a_uuid("fileId", body.get("fileId")))
    job_id = place(account, import_order(call_of(request), record, body, _targets(account, body)))
    return await answer(account, job_id, sync=said(body, "sync"))


def _targets(account: Threekit, body: dict[str, Any]) -> dict[str, Any]:
    settings = optional_object(body, "settings")
    target = body.get("targetAssetId")
    if not isinstance(body.get("parentFolderId") or "", str):
        raise malformed("parentFolderId must be a text")
    if target and account.library.find(str(target)) is None:
        raise malformed(f"targetAssetId: no such asset: {target}")
    return {"parentFolderId": body.get("parentFolderId"), "targetAssetId": target, "settings": settings}


def import_order(call: str, record: Document, body: dict[str, Any], work: dict[str, Any]) -> Order:
    """
    Describe the job that imports a file.

    :param call: as :class:`Order` wants it.
    :param record: the file.
    :param body: as it was sent.
    :param work: parent folder, target and settings.
    """
    title = str(body.get("title") or f"Import {record['filename']}")
    piece = Piece(IMPORT, record["filename"], {"fileId": record["id"], **work})
    return Order(
        call, "POST /api/asset-jobs/import", IMPORT, title, {**body, "fileId": record["id"]}, [piece]
    )


@router.post("/{asset_id}/export/{form}")
async def export_asset(request: Request, account: Account, body: Body, asset_id: str, form: str) -> Answer:
    """Export a configured asset as a file."""
    asset = account.library.get(asset_id)
    form = exports.OTHER_NAMES.get(form.lower(), form.lower())
    if form not in exports.FORMATS:
        raise malformed(f"format must be one of {', '.join(exports.FORMATS)}")
    configuration = optional_object(body, "configuration")
    subject = account.library.subject(asset, configuration)
    wanted = Wanted(asset["id"], subject.asset["head"], configuration, "", {}, form)
    order = Order(
        call_of(request),
        "POST /api/asset-jobs/{assetId}/export/{format}",
        EXPORT,
        str(body.get("title") or f"Export {asset['name']} as {form}"),
        {**body, "assetId": asset["id"], "format": form},
        [layer_piece(EXPORT, asset, subject, wanted)],
    )
    return await _exported(account, order, wanted, body)


async def _exported(account: Threekit, order: Order, wanted: Wanted, body: dict[str, Any]) -> Answer:
    cache = said(body, "cache")
    job_id = place(account, order, cache=cache)
    shown = await answer(account, job_id, sync=said(body, "sync"))
    file_id = first_output(shown["job"]) or (
        older_file(account, wanted) if cache and said(body, "wait") else None
    )
    named = {"fileId": file_id} if file_id else {}
    job = shown["job"]
    return {**named, "jobId": job_id, "job": {"_id": job_id, **job}, "createdAt": job["createdAt"]}


def first_output(job: dict[str, Any]) -> str | None:
    """Id of the first file that a job made, None when there is none yet."""
    files = [file for run in job["runs"] for file in run["results"]["files"]]
    return next((str(file["id"]) for file in files if file["filename"] not in bundles.LOGS), None)


def older_file(account: Threekit, wanted: Wanted) -> str | None:
    """Id of the file of the same layer of an older model, which ``wait`` serves meanwhile."""
    older = layers.find(account.documents, replace(wanted), any_version=True)
    return str(older["fileId"]) if older else None


@router.post("/clara")
async def import_from_clara(account: Account, body: Body) -> Answer:
    """Refuse to import from Clara.io, which this double cannot reach."""
    if not isinstance(body.get("claraURL"), str):
        raise malformed("claraURL is missing")
    raise malformed("claraURL cannot be imported: the sandbox does not reach Clara.io; upload a file instead")


@router.post(DOWNLOADS.removeprefix("/asset-jobs"))
async def download_results(request: Request, account: Account, body: Body) -> Answer:
    """Zip the results of a render or export job; the same request again is answered from the cache."""
    source = account.jobs.get(a_uuid("jobId", body.get("jobId") or body.get("id")))
    form, kind = body.get("format"), body.get("type") or "jobResult"
    if source["type"] not in (RENDER, EXPORT) or kind not in ZIP_TYPES or form not in ZIP_FORMATS:
        raise malformed(
            "Only render and export jobs; type jobResult or texture; format png or jpeg, of renders"
        )
    if form and source["type"] != RENDER:
        raise malformed("format is for renders only")
    assets = [str(each) for each in body.get("assetIds") or []]
    work = {"jobId": source["id"], "format": form, "type": kind, "assetIds": assets}
    key = layers.digest({**work, "stopped": source["taskStatusStopped"]})
    known = account.documents.every("bundle", [labelled(key)], limit=1)
    job_id = known[0]["jobId"] if known else _start_zip(request, account, work, key)
    shown = await answer(account, job_id, sync=said(body, "sync"))
    files = bundles.results(account.jobs, source["id"], assets)
    return {**shown, "fileId": first_output(shown["job"]), "files": files}


def _start_zip(request: Request, account: Threekit, work: dict[str, Any], key: str) -> str:
    pieces = [Piece(DOWNLOAD, "Job results", work)]
    label = f"POST /api{DOWNLOADS}"
    order = Order(call_of(request), label, DOWNLOAD, f"Download {work['jobId']}", work, pieces)
    job_id = place(account, order)
    account.documents.add("bundle", {"jobId": job_id}, label=key)
    return job_id


def cached(request: Request, body: dict[str, Any]) -> tuple[bool, bool]:
    """Read ``cache`` and ``wait``, which are sent in the query or in the body."""
    query = Query(request)
    return query.flag("cache") or said(body, "cache"), query.flag("wait") or said(body, "wait")
