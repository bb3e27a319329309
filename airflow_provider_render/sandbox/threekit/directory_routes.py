"""The smaller services: tags, apps, variants, access tokens, users, translations, scene objects and PDF."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request

from airflow_provider_render.sandbox.threekit.access import (
    Account,
    Answer,
    Asked,
    Body,
    Paging,
    an_object,
    is_public,
    multipart,
)
from airflow_provider_render.sandbox.threekit.documents import ALIVE, is_, shown
from airflow_provider_render.sandbox.threekit.errors import ApiError, malformed, missing

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.double import Threekit

TAG, APP, VARIANT = "tag", "app", "variant"
TAG_FIELDS = ("name", "label", "description", "color", "legacyName")
TAG_TYPES = ("catalog", "asset")
OK = {"message": "ok"}

router = APIRouter()


@router.post("/tags")
async def create_tag(account: Account, body: Body) -> Answer:
    """Make a tag."""
    if not body.get("name") or body.get("type") not in TAG_TYPES:
        raise malformed("A tag needs a name, and a type of catalog or asset")
    fields = {name: body.get(name) for name in TAG_FIELDS}
    return shown(account.documents.add(TAG, {**fields, "type": body["type"]}))


@router.get("/tags")
async def list_tags(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List tags."""
    where = [is_(name, value) for name in ("name", "type") if (value := asked.text(name))]
    return paging.listing(account, TAG, "tags", [ALIVE, *where])


@router.get("/tags/{tag_id}")
async def get_tag(account: Account, tag_id: str) -> Answer:
    """Read a tag."""
    return shown(account.documents.get(TAG, tag_id))


@router.put("/tags/{tag_id}")
async def change_tag(account: Account, body: Body, tag_id: str) -> Answer:
    """Change a tag; the fields may stand within ``tag``."""
    account.documents.get(TAG, tag_id)
    given = an_object("tag", body.get("tag", body))
    account.documents.change(tag_id, **{name: given[name] for name in TAG_FIELDS if name in given})
    return shown(account.documents.get(TAG, tag_id))


@router.delete("/tags/{tag_id}")
async def delete_tag(account: Account, tag_id: str) -> Answer:
    """Delete a tag; it can be restored."""
    account.documents.get(TAG, tag_id)
    account.documents.delete(tag_id)
    return OK


@router.post("/tags/{tag_id}/restore")
async def restore_tag(account: Account, tag_id: str) -> Answer:
    """Take a tag's deletion back."""
    account.documents.get(TAG, tag_id, deleted=None)
    account.documents.restore(tag_id)
    return shown(account.documents.get(TAG, tag_id))


@router.post("/apps")
async def create_app(account: Account, body: Body) -> Answer:
    """Register an app."""
    if not body.get("name") or not body.get("url"):
        raise malformed("An app needs a name and a url")
    fields = {name: body.get(name) for name in ("name", "url", "configuration", "metadata")}
    return shown(account.documents.add(APP, fields))


@router.get("/apps")
async def list_apps(account: Account, paging: Paging) -> Answer:
    """List apps."""
    return paging.listing(account, APP, "apps", [ALIVE])


@router.get("/apps/{app_id}")
async def get_app(account: Account, app_id: str) -> Answer:
    """Read an app."""
    return shown(account.documents.get(APP, app_id))


@router.put("/apps/{app_id}")
async def change_app(account: Account, body: Body, app_id: str) -> Answer:
    """Change an app."""
    account.documents.get(APP, app_id)
    names = ("name", "url", "configuration", "metadata")
    account.documents.change(app_id, **{name: body[name] for name in names if name in body})
    return shown(account.documents.get(APP, app_id))


@router.delete("/apps/{app_id}")
async def delete_app(account: Account, app_id: str) -> Answer:
    """Delete an app."""
    account.documents.get(APP, app_id)
    account.documents.delete(app_id)
    return shown(account.documents.get(APP, app_id, deleted=True))


@router.get("/variants/{variant_id}")
async def get_variant(account: Account, variant_id: str) -> Answer:
    """Read a variant of an asset."""
    return shown(account.documents.get(VARIANT, variant_id))


@router.put("/variants/{variant_id}")
async def change_variant(account: Account, body: Body, variant_id: str) -> Answer:
    """Name a variant, or give it metadata."""
    account.documents.get(VARIANT, variant_id)
    fields = {name: body[name] for name in ("variantId", "metadata") if name in body}
    account.documents.change(variant_id, **fields)
    return shown(account.documents.get(VARIANT, variant_id))


@router.get("/accesstokens")
async def list_tokens(request: Request, account: Account, paging: Paging) -> Answer:
    """List the tokens that the asking one may know."""
    return paging.answer("accesstokens", known := _tokens(request, account), len(known))


@router.get("/accesstokens/{token}")
async def get_token(request: Request, account: Account, token: str) -> Answer:
    """Read a token."""
    for known in _tokens(request, account):
        if known["id"] == token:
            return known
    raise missing("Token", token)


def _tokens(request: Request, account: Threekit) -> list[dict[str, Any]]:
    kinds = {"public": account.public_token, "private": account.token}
    return [
        {
            "id": token,
            "orgId": account.org_id,
            "name": f"{kind} token",
            "domains": ["*"] if kind == "public" else [],
            "permissions": kind,
            "serviceAccountId": account.user_id,
            "createdAt": account.founded,
            "createdBy": account.user_id,
        }
        for kind, token in kinds.items()
        if kind == "public" or not is_public(request)
    ]


@router.get("/users/session")
async def session(account: Account) -> Answer:
    """Read whose token this is."""
    return {**_user(account), "roles": ["admin"]}


@router.get("/users")
async def list_users(account: Account, paging: Paging) -> Answer:
    """List users."""
    return paging.answer("users", [_user(account)], 1)


@router.get("/users/{user_id}")
async def get_user(account: Account, user_id: str) -> Answer:
    """Read a user."""
    if user_id != account.user_id:
        raise missing("User", user_id)
    return _user(account)


def _user(account: Threekit) -> dict[str, Any]:
    return {
        "id": account.user_id,
        "emails": ["sandbox@example.com"],
        "username": "sandbox",
        "photo": None,
        "createdAt": account.founded,
        "disabledAt": "",
        "settings": {},
        "orgs": [account.org_id],
        "profile": {"displayName": "Sandbox"},
    }


@router.get("/translations")
async def translations() -> Answer:
    """Read translations; the double knows none."""
    return {}


@router.get("/cas/manifest/{asset_id}")
async def manifest(account: Account, asset_id: str) -> Answer:
    """Read an asset as a content-addressed object, with what it needs."""
    asset = account.library.get(asset_id)
    entry = {"id": asset["id"], "type": "Node", "HEAD": asset["head"], "orgId": account.org_id}
    return {"assets": [entry], "objects": {asset["head"]: json.dumps(shown(asset))}}


@router.get("/cas/{asset_id}")
async def scene_object(account: Account, asset_id: str) -> Answer:
    """Read an asset as a content-addressed object."""
    asset = account.library.get(asset_id)
    objects = {asset["head"]: json.dumps(shown(asset))}
    return {"HEAD": asset["head"], "orgId": account.org_id, "objects": objects}


@router.get("/cas/{asset_id}/head")
async def scene_head(account: Account, asset_id: str) -> Answer:
    """Read the version of an asset."""
    return {"HEAD": account.library.get(asset_id)["head"]}


@router.post("/pdf")
async def make_pdf(request: Request) -> Answer:
    """Refuse to fill a PDF template, which this double cannot."""
    async with multipart(request) as form:
        if not form.files or not form.texts.get("data"):
            raise malformed("data and template are needed")
    raise ApiError(501, "The sandbox makes no PDF files")
