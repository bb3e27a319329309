"""``/api/files``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from airflow_provider_render.sandbox.downloads import RangedFile
from airflow_provider_render.sandbox.threekit.access import Account, Answer, multipart
from airflow_provider_render.sandbox.threekit.documents import Document
from airflow_provider_render.sandbox.threekit.double import Threekit
from airflow_provider_render.sandbox.threekit.errors import ApiError

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}

router = APIRouter(prefix="/files")


@router.post("", status_code=201)
async def upload_files(request: Request, account: Account) -> Answer:
    """Upload files; bytes that are there already are not kept twice."""
    async with multipart(request) as form:
        if not form.files:
            raise ApiError(400, "The form carries no file")
        records = [await account.files.keep(str(file.filename), file.file) for _, file in form.files]
    return {"files": records}


@router.api_route("/hash/{digest}", methods=["GET", "HEAD"], response_class=Response)
async def file_by_hash(account: Account, digest: str) -> Response:
    """Bytes by their hash."""
    return sent(account, account.files.by_hash(digest))


@router.get("/{file_id}")
async def file_record(account: Account, file_id: str) -> Answer:
    """Read what is known of a file."""
    return account.files.get(file_id)


@router.api_route("/{file_id}/content", methods=["GET", "HEAD"], response_class=Response)
async def file_content(account: Account, file_id: str) -> Response:
    """Bytes of a file."""
    return sent(account, account.files.get(file_id))


def sent(account: Threekit, record: Document) -> Response:
    """Answer with the bytes of a file."""
    return RangedFile(account.files.path(record), media_type=record["mimeType"], headers=IMMUTABLE)
