"""Glossi's errors. Their statuses, codes and envelope are assumed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from airflow_provider_render.sandbox.glossi import assumed

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

TABLE: dict[str, tuple[int, str]] = {
    "UNAUTHORIZED": (401, "Missing or invalid API key"),
    "FORBIDDEN": (403, "The API key may not do this"),
    "INVALID_REQUEST": (400, "The request cannot be understood"),
    "UNSUPPORTED_FILE_TYPE": (400, "This file type is not supported"),
    "UPLOAD_MISSING": (400, "No file was uploaded to uploadUrl"),
    "INVALID_SETTINGS": (400, "Invalid render settings"),
    "MODEL_NOT_READY": (409, "Model processing has not finished"),
    "RENDER_NOT_FAILED": (409, "Only a failed render can be retried"),
    "INSUFFICIENT_CREDITS": (402, "Not enough credits"),
    "MODEL_NOT_FOUND": (404, "Model not found"),
    "TEMPLATE_NOT_FOUND": (404, "Template not found"),
    "PROJECT_NOT_FOUND": (404, "Project not found"),
    "RENDER_NOT_FOUND": (404, "Render job not found"),
    "JOB_NOT_FOUND": (404, "Job not found"),
    "WEBHOOK_NOT_FOUND": (404, "No webhook is configured"),
    "PIPELINE_NOT_FOUND": (404, "Pipeline not found"),
    "CONNECTOR_UNAVAILABLE": (400, "This connector is not available yet"),
    "SIGN_IN_REQUIRED": (409, "Sign in to this connector in the dashboard at /settings/pipelines first"),
    "NOT_FOUND": (404, "Not found"),
    "METHOD_NOT_ALLOWED": (405, "Method not allowed"),
    "RATE_LIMITED": (429, "Too many requests"),
    "INTERNAL_ERROR": (500, "Internal server error"),
}

BY_STATUS = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 429: "RATE_LIMITED"}


class ApiError(Exception):
    """
    An error that is answered in the envelope.

    :param code: a code of the table; an unknown one becomes ``INTERNAL_ERROR``.
    :param message: what happened, the table's words when None.
    """

    def __init__(self, code: str, message: str | None = None) -> None:
        self.code = code if code in TABLE else "INTERNAL_ERROR"
        self.status, usual = TABLE[self.code]
        self.message = message or usual
        super().__init__(self.message)

    def body(self) -> dict[str, Any]:
        """Return the envelope."""
        return assumed.error(self.code, self.message)


def body_for_status(status: int) -> dict[str, Any]:
    """
    Return the envelope for an HTTP status that no endpoint chose itself.

    :param status: HTTP status.
    """
    if status >= 500:
        return ApiError("INTERNAL_ERROR").body()
    return assumed.error(BY_STATUS.get(status, "INVALID_REQUEST"), HTTPStatus(status).phrase)


def add_handlers(app: FastAPI) -> None:
    """Answer every error of an app in the envelope."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _internal_error)


async def _api_error(request: Request, error: Exception) -> JSONResponse:
    known = error if isinstance(error, ApiError) else ApiError("INTERNAL_ERROR")
    return JSONResponse(known.body(), known.status)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse(body_for_status(status), status, headers)


async def _internal_error(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse(body_for_status(500), 500)
