"""DXGL's API, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, FastAPI

from airflow_provider_render.sandbox.dxgl import asset_routes, model_routes, overlay_routes, render_routes
from airflow_provider_render.sandbox.dxgl.access import Account, Answer, authorize
from airflow_provider_render.sandbox.dxgl.double import EMAIL, NAME, open_account
from airflow_provider_render.sandbox.dxgl.errors import add_handlers, body_for_status
from airflow_provider_render.sandbox.vendor import VendorDouble

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from airflow_provider_render.sandbox.vendor import Ground

open_to_all = APIRouter()
with_token = APIRouter(dependencies=[Depends(authorize)])


@open_to_all.get("/health")
async def health(dxgl: Account) -> Answer:
    """Health Check."""
    dxgl.ground.database.row("SELECT 1")
    return {"data": {"status": "ok", "database": "connected"}}


@with_token.get("/account")
async def account(dxgl: Account) -> Answer:
    """Account."""
    credits_left = sum(dxgl.ground.ledger.balance(NAME))
    return {"data": {"id": dxgl.account_id, "email": EMAIL, "credits": credits_left}}


for routes in (model_routes, asset_routes, render_routes, overlay_routes):
    with_token.include_router(routes.router)


class HeadAsGet:
    """
    Middleware that answers HEAD like GET; the server leaves the body away.

    :param app: knows GET only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asked = {**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope
        await self._app(asked, receive, send)


def build(ground: Ground) -> VendorDouble:
    """
    Make the double of DXGL.

    :param ground: what it stands on.
    """
    dxgl = open_account(ground)
    app = FastAPI(title="DXGL", openapi_url=None, redirect_slashes=False)
    app.state.dxgl = dxgl
    app.add_middleware(HeadAsGet)
    add_handlers(app)
    app.include_router(open_to_all, prefix="/v1")
    app.include_router(with_token, prefix="/v1")
    return VendorDouble(
        name=NAME,
        app=app,
        credentials={"token": dxgl.token},
        error_body=body_for_status,
        resume=dxgl.pipeline.resume,
    )
