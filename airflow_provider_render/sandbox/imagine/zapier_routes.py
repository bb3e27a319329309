"""The Zapier side, which the vendor serves on another host: its token, and all images."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request

from airflow_provider_render.sandbox.imagine import assumed, outputs, pictures
from airflow_provider_render.sandbox.imagine.access import Account, Answer, ListedUntil, credential
from airflow_provider_render.sandbox.imagine.double import TEAM, TEAM_ID
from airflow_provider_render.sandbox.imagine.errors import ApiError
from airflow_provider_render.sandbox.imagine.outputs import PictureSearch
from airflow_provider_render.sandbox.imagine.paging import PAGE_SIZE, Page

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.imagine.double import Imagine
    from airflow_provider_render.sandbox.imagine.outputs import Output

SCHEME = "Zapier"
SESSION = "sessionid"
FILES = (pictures.FILE, pictures.FILMIC, pictures.COLOR_PASS)

router = APIRouter()


@router.get("/users/api/v3/zapier/token/")
async def show_token(imagine: Account, request: Request) -> Answer:
    """Token Generations, for a user who is logged in to the app."""
    session = request.cookies.get(SESSION, "")
    if not secrets.compare_digest(session.encode(), imagine.zapier_session.encode()):
        raise ApiError(401, assumed.ZAPIER_REFUSED)
    data = {"api_key": imagine.zapier_token}
    return {"status": True, "data": data, "message": "API key fetched successfully."}


@router.get("/users/api/v3/token/verify/")
async def verify(imagine: Account, request: Request) -> Answer:
    """Token Verify."""
    _authorize(imagine, request)
    return {"id": TEAM_ID, "name": TEAM}


@router.get("/rendering-system/api/v3/images-render-detail-zapier/")
async def list_images(imagine: Account, request: Request, listed_until: ListedUntil) -> Answer:
    """Get Images."""
    _authorize(imagine, request)
    search = PictureSearch(outputs.PICTURES, listed_until)
    page = Page(request, imagine.outputs.count_pictures(search))
    found = imagine.outputs.pictures(search, page.offset, PAGE_SIZE)
    return page.answer([_image(imagine, each) for each in found])


def _authorize(imagine: Imagine, request: Request) -> None:
    token = credential(request, SCHEME)
    if not secrets.compare_digest(token.encode(), imagine.zapier_token.encode()):
        raise ApiError(401, assumed.ZAPIER_REFUSED)


def _image(imagine: Imagine, output: Output) -> Answer:
    files = {name: imagine.links.picture(output.files.get(name)) for name in FILES}
    return {
        "id": output.id,
        "angle_name": output.angle_name,
        "image_name": output.name,
        **files,
        "tags": [],
        "updated_at": output.updated_at,
        "created_at": output.created_at,
    }
