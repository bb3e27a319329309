"""Imagine's two shapes of error: a bare one about keys, and the envelope with the hits that are left."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Match

from airflow_provider_render.sandbox.imagine import assumed

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

INVALID_KEY = "Invalid API key."
SKU_TAKEN = "Sku id already exists."
GTIN_TAKEN = "This gtin already exists."
NO_UUID = "Must be a valid UUID."
BARE = (401, 403)

Message = str | dict[str, Any]


class ApiError(Exception):
    """
    A call that is refused.

    :param status: HTTP status; 401 and 403 are answered without the envelope.
    :param message: a sentence, or sentences by field.
    """

    def __init__(self, status: int, message: Message) -> None:
        self.status = status
        self.message = message
        self.hits: int | None = None
        super().__init__(str(message))

    def body(self) -> dict[str, Any]:
        """Return the answer's body."""
        return _body(self.status, self.message, self.hits)


def _body(status: int, message: Message, hits: int | None) -> dict[str, Any]:
    if status in BARE:
        return {"error": message}
    shown = {} if hits is None else {"api_hits_available": hits}
    return {"status": False, "data": {}, "message": message, **shown}


def body_for_status(status: int) -> dict[str, Any]:
    """
    Return the body for an HTTP status that no endpoint chose itself.

    :param status: HTTP status.
    """
    texts = {401: INVALID_KEY, 403: assumed.SCOPE_MISSING, 404: assumed.NOT_FOUND, 429: assumed.HITS_GONE}
    return _body(status, texts.get(status, HTTPStatus(status).phrase), None)


def add_handlers(app: FastAPI) -> None:
    """Answer every error of an app in the vendor's shapes."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _internal_error)


async def _api_error(request: Request, error: Exception) -> JSONResponse:
    known = error if isinstance(error, ApiError) else ApiError(500, "")
    return JSONResponse(known.body(), known.status)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404 and _exists_with_slash(request):
        return RedirectResponse(request.url.replace(path=f"{request.url.path}/"), 301)
    return JSONResponse(body_for_status(status), status)


def _exists_with_slash(request: Request) -> bool:
    scope = {**request.scope, "path": f"{request.scope['path']}/"}
    return any(route.matches(scope)[0] is not Match.NONE for route in request.app.routes)


async def _internal_error(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse(body_for_status(500), 500)
