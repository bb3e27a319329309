"""Threekit's API, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, FastAPI

from airflow_provider_render.sandbox.threekit import (
    alpha_routes,
    analytics_routes,
    asset_job_routes,
    asset_routes,
    catalog_routes,
    configuration_routes,
    datatable_routes,
    directory_routes,
    file_routes,
    job_routes,
    layer_routes,
    order_routes,
    org_routes,
    picture_routes,
    render_routes,
    webhook_routes,
)
from airflow_provider_render.sandbox.threekit.access import PREFIX, Account, authorize
from airflow_provider_render.sandbox.threekit.double import NAME, open_organization
from airflow_provider_render.sandbox.threekit.errors import add_handlers, body_for_status
from airflow_provider_render.sandbox.vendor import VendorDouble

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.vendor import Ground

CHECKED = (
    "accesstokens", "analytics", "apps", "asset-jobs", "assets", "cas", "catalog", "catalog/products",
    "configurations", "customers", "exporter", "fast-compositor", "files", "glb", "images", "jobs", "layers",
    "orders", "pdf", "products", "users", "webhooks",
)  # fmt: skip

# Those with a path that another one's parameter would swallow come first.
ROUTES = (
    render_routes,
    asset_job_routes,
    file_routes,
    job_routes,
    asset_routes,
    catalog_routes,
    layer_routes,
    configuration_routes,
    order_routes,
    analytics_routes,
    webhook_routes,
    datatable_routes,
    org_routes,
    picture_routes,
    directory_routes,
    alpha_routes,
)


async def healthcheck(account: Account) -> bool:
    """Whether a service works."""
    account.ground.database.row("SELECT 1")
    return True


def _router() -> APIRouter:
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(authorize)])
    for service in CHECKED:
        router.add_api_route(f"/{service}/healthcheck", healthcheck, methods=["GET"])
    for routes in ROUTES:
        router.include_router(routes.router)
    return router


def build(ground: Ground) -> VendorDouble:
    """
    Make the double of Threekit.

    :param ground: what it stands on.
    """
    account = open_organization(ground)
    app = FastAPI(title="Threekit", openapi_url=None, redirect_slashes=False)
    app.state.threekit = account
    add_handlers(app)
    app.include_router(_router())
    return VendorDouble(
        name=NAME,
        app=app,
        credentials={
            "token": account.token,
            "public_token": account.public_token,
            "org_id": account.org_id,
        },
        error_body=body_for_status,
        resume=account.pipeline.resume,
    )
