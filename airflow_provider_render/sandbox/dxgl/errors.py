"""DXGL's error table and envelope."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

TABLE: dict[str, tuple[int, str]] = {
    "unauthorized": (401, "Missing, invalid, or revoked token"),
    "token_expired": (401, "Token has expired"),
    "forbidden": (403, "Account suspended"),
    "insufficient_scope": (403, "Token lacks required scope"),
    "no_file": (400, "No file in upload request"),
    "invalid_format": (400, "File is not .glb, .gltf, or .zip"),
    "invalid_url": (400, "Malformed URL"),
    "url_required": (400, "Missing url field"),
    "invalid_settings": (400, "Invalid renderSettings value"),
    "model_id_required": (400, "Missing modelId field"),
    "file_too_large": (400, "File exceeds 100 MB limit"),
    "no_credits": (402, "No render credits remaining"),
    "model_not_found": (404, "Model not found"),
    "render_not_found": (404, "Render not found"),
    "renders_required": (400, "Missing or empty renders array"),
    "too_many": (400, "Batch exceeds 100 renders"),
    "upload_limit": (429, "Free upload limit reached"),
    "video_not_found": (404, "Video not yet available"),
    "poster_not_found": (404, "Poster not yet available"),
    "thumb_not_found": (404, "Thumbnail not yet available"),
    "file_not_found": (404, "Model file not found in storage"),
    "sha256_required": (400, "Missing sha256 field"),
    "timeout": (408, "URL download timed out"),
    "internal": (500, "Internal server error"),
}

# The document has no code for these; they are ours.
UNDOCUMENTED: dict[str, tuple[int, str]] = {
    "invalid_request": (400, "The request cannot be understood"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "rate_limited": (429, "Too many requests"),
}

BY_STATUS = {400: "invalid_request", 404: "not_found", 405: "method_not_allowed", 429: "rate_limited"}


class ApiError(Exception):
    """
    An error that is answered in DXGL's envelope.

    :param code: a code of the table; an unknown one becomes ``internal``.
    :param message: what happened, the table's words when None.
    """

    def __init__(self, code: str, message: str | None = None) -> None:
        known = {**TABLE, **UNDOCUMENTED}
        self.code = code if code in known else "internal"
        self.status, usual = known[self.code]
        self.message = message or usual
        super().__init__(self.message)

    def body(self) -> dict[str, Any]:
        """Return the envelope."""
        return envelope(self.code, self.message, self.status)


def envelope(code: str, message: str, status: int) -> dict[str, Any]:
    """Shape of every error answer."""
    return {"error": {"code": code, "message": message, "status": status}}


def body_for_status(status: int) -> dict[str, Any]:
    """
    Return the envelope for an HTTP status that no endpoint chose itself.

    :param status: HTTP status.
    """
    if status >= 500:
        return ApiError("internal").body()
    code = BY_STATUS.get(status, "invalid_request")
    return envelope(code, HTTPStatus(status).phrase, status)


def add_handlers(app: FastAPI) -> None:
    """Answer every error of an app in the envelope."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _internal_error)


async def _api_error(request: Request, error: Exception) -> JSONResponse:
    known = error if isinstance(error, ApiError) else ApiError("internal")
    return JSONResponse(known.body(), known.status)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse(body_for_status(status), status, headers)


async def _internal_error(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse(body_for_status(500), 500)
