"""Imagine's API, put together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.cors import CORSMiddleware

from airflow_provider_render.sandbox.imagine import (
    content_routes,
    image_routes,
    product_routes,
    storage,
    zapier_routes,
)
from airflow_provider_render.sandbox.imagine.access import authorize
from airflow_provider_render.sandbox.imagine.double import open_account
from airflow_provider_render.sandbox.imagine.errors import add_handlers, body_for_status
from airflow_provider_render.sandbox.vendor import VendorDouble

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from airflow_provider_render.sandbox.vendor import Ground

with_key = APIRouter(prefix="/v1/product", dependencies=[Depends(authorize)])
for routes in (product_routes, content_routes, image_routes):
    with_key.include_router(routes.router)


class SingleSlashes:
    """
    Middleware that takes repeated slashes in a path for one; the documented Zapier URLs have some.

    :param app: knows single ones only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        merged = {**scope, "path": re.sub("/{2,}", "/", scope["path"])}
        await self._app(merged, receive, send)


def build(ground: Ground) -> VendorDouble:
    """
    Make the double of Imagine.io.

    :param ground: what it stands on.
    """
    imagine = open_account(ground)
    app = FastAPI(title="Imagine.io", openapi_url=None, redirect_slashes=False)
    app.state.imagine = imagine
    app.add_middleware(SingleSlashes)
    # The public key is for web pages, whose browsers ask first.
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    add_handlers(app)
    app.include_router(with_key)
    app.include_router(zapier_routes.router)
    return VendorDouble(
        name=imagine.name,
        app=app,
        credentials=imagine.credentials(),
        error_body=body_for_status,
        resume=imagine.pipeline.resume,
        storage=storage.app(imagine),
    )
