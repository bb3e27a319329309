"""The other origin: the bucket for uploads, the CDN for pictures, and the viewer pages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from airflow_provider_render.sandbox import uploads
from airflow_provider_render.sandbox.downloads import RangedFile
from airflow_provider_render.sandbox.imagine import viewers
from airflow_provider_render.sandbox.imagine.post_policy import FormWrong
from airflow_provider_render.sandbox.presign import (
    CREDENTIAL_HEADERS,
    SIGNATURE,
    CredentialsSent,
    PresignError,
    xml_error,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_provider_render.sandbox.imagine.double import Imagine

# Cookies know no ports: a browser sends those of the API's port here, too.
CREDENTIALS = tuple(name for name in CREDENTIAL_HEADERS if name != "cookie")
LARGEST_OBJECT = 5 * 1024**3
XML_STATUSES = {404: "NoSuchKey", 405: "MethodNotAllowed"}


def app(imagine: Imagine) -> Starlette:
    """
    Make the app of the storage.

    :param imagine: the account whose objects it keeps.
    """
    storage = Starlette(
        routes=[
            Route("/", _upload, methods=["POST"]),
            Route("/product/public/{page}/v2/{viewer}", _page, methods=["GET"]),
            Route("/product/public/assets/{viewer}/{name}", _asset, methods=["GET"]),
            Route("/{key:path}", _download, methods=["GET"]),
        ],
        exception_handlers={PresignError: _denied, HTTPException: _http_error},
    )
    storage.state.imagine = imagine
    return storage


def _account(request: Request) -> Imagine:
    imagine: Imagine = request.app.state.imagine
    return imagine


async def _upload(request: Request) -> Response:
    imagine = _account(request)
    refuse_credentials(request)
    if "content-length" not in request.headers:
        return xml_error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        message = "Bucket POST must be of the enclosure-type multipart/form-data"
        return xml_error(412, "PreconditionFailed", message)
    try:
        return await _keep(imagine, request)
    except uploads.BodyTooLarge:
        return xml_error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")


async def _keep(imagine: Imagine, request: Request) -> Response:
    async with uploads.form(request, LARGEST_OBJECT) as form:
        fields: dict[str, str] = {}
        for name, value in form.multi_items():
            # As in S3, nothing after the file counts.
            if name == "file":
                break
            fields[name.lower()] = str(value)
        else:
            raise FormWrong("POST requires exactly one file upload per request.")
        key = imagine.post_policy.check(fields)
        if not isinstance(value, UploadFile):
            raise FormWrong("POST requires exactly one file upload per request.")
        stored = await uploads.store(value.file, imagine.objects.incoming)
    imagine.objects.put(key, stored.path)
    return Response(status_code=204, headers={"ETag": f'"{stored.sha256[:32]}"'})


async def _download(request: Request) -> Response:
    imagine, key = _account(request), request.path_params["key"]
    refuse_credentials(request)
    if SIGNATURE in request.query_params:
        imagine.signer.check("GET", f"/{key}", dict(request.query_params), time.time())
    else:
        imagine.cdn.check(key, request.query_params)
    file = imagine.objects.find(key)
    if file is None:
        return xml_error(404, "NoSuchKey", "The specified key does not exist.")
    return RangedFile(file)


async def _page(request: Request) -> Response:
    imagine, given = _account(request), request.path_params
    content = viewers.page(imagine, given["page"], given["viewer"])
    return HTMLResponse(content or viewers.MISSING, 200 if content else 404)


async def _asset(request: Request) -> Response:
    imagine, given = _account(request), request.path_params
    file = imagine.objects.find(viewers.asset_key(given["viewer"], given["name"]))
    if file is None:
        raise HTTPException(404)
    return RangedFile(file, media_type=viewers.media_type(file))


def refuse_credentials(request: Request) -> None:
    """
    Keep API credentials out of the storage, which is another party.

    :raises CredentialsSent: one arrived.
    """
    if found := [name for name in CREDENTIALS if name in request.headers]:
        raise CredentialsSent(f"Only one auth mechanism allowed; the request also carries {', '.join(found)}")


async def _denied(request: Request, error: Exception) -> Response:
    return error.response() if isinstance(error, PresignError) else Response(status_code=500)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return xml_error(status, XML_STATUSES.get(status, "InvalidRequest"), "The request is not valid.")
