"""Glossi's API, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, FastAPI

from airflow_provider_render.sandbox.glossi import assumed, pipeline_routes, routes, webhook_routes
from airflow_provider_render.sandbox.glossi.access import authorize
from airflow_provider_render.sandbox.glossi.double import open_workspace
from airflow_provider_render.sandbox.glossi.errors import add_handlers, body_for_status
from airflow_provider_render.sandbox.glossi.render_jobs import VENDOR
from airflow_provider_render.sandbox.glossi.templates import TEMPLATES
from airflow_provider_render.sandbox.vendor import VendorDouble

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.vendor import Ground

with_key = APIRouter(prefix=assumed.PREFIX, dependencies=[Depends(authorize)])
for each in (routes, webhook_routes, pipeline_routes):
    with_key.include_router(each.router)


def build(ground: Ground) -> VendorDouble:
    """
    Make the double of Glossi.

    :param ground: what it stands on.
    """
    glossi = open_workspace(ground)
    app = FastAPI(title="Glossi", openapi_url=None, redirect_slashes=False)
    app.state.glossi = glossi
    add_handlers(app)
    app.include_router(with_key)
    return VendorDouble(
        name=VENDOR,
        app=app,
        credentials={
            "token": glossi.token,
            "drive": str(glossi.drive),
            "template_id": TEMPLATES[0].id,
        },
        error_body=body_for_status,
        resume=glossi.resume,
        storage=glossi.parts.storage.app(),
    )
