"""Threekit's errors: documented statuses, and a body with a message, whose shape is assumed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request


class ApiError(Exception):
    """
    An error that is answered as JSON.

    :param status: HTTP status.
    :param message: what happened, the status's own words when None.
    """

    def __init__(self, status: int, message: str | None = None) -> None:
        self.status = status
        self.message = message or HTTPStatus(status).phrase
        super().__init__(self.message)


def malformed(message: str) -> ApiError:
    """
    Make the error for a request that cannot be understood.

    :param message: which field, and what is wrong with it.
    """
    return ApiError(422, message)


def missing(what: str, wanted: str) -> ApiError:
    """
    Make the error for something that does not exist.

    :param what: for example ``Asset``.
    :param wanted: the id or name that was asked for.
    """
    return ApiError(404, f"{what} not found: {wanted}")


def body_for_status(status: int) -> dict[str, Any]:
    """
    Return the body for an HTTP status that no endpoint chose itself.

    :param status: HTTP status.
    """
    return {"message": HTTPStatus(status).phrase}


def add_handlers(app: FastAPI) -> None:
    """Answer every error of an app in this form."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _internal_error)


async def _api_error(request: Request, error: Exception) -> JSONResponse:
    known = error if isinstance(error, ApiError) else ApiError(500)
    return JSONResponse({"message": known.message}, known.status)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    texts = [f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in problems]
    return JSONResponse({"message": "; ".join(texts) or "Malformed request"}, 422)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse(body_for_status(status), status, headers)


async def _internal_error(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse(body_for_status(500), 500)
