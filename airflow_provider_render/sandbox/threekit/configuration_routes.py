"""``/api/configurations``: what customers saved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from airflow_provider_render.sandbox.identity import new_id
from airflow_provider_render.sandbox.threekit.access import (
    Account,
    Answer,
    Asked,
    Form,
    Paging,
    a_uuid,
    multipart,
)
from airflow_provider_render.sandbox.threekit.documents import ALIVE, Document, is_, labelled, matching, shown
from airflow_provider_render.sandbox.threekit.errors import malformed, missing
from airflow_provider_render.sandbox.threekit.file_routes import sent

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.double import Threekit

KIND = "configuration"
SHORT_ID = re.compile(r"[A-Za-z0-9_-]{7,14}")
TEXTS = ("productVersion", "sceneGraphState", "customerId", "sessionId")
NOTHING = ("identifier", "scope", "publishFileId", "creator")
THUMBNAIL = "thumbnail"

router = APIRouter(prefix="/configurations")


@router.post("")
async def save_configuration(request: Request, account: Account) -> Answer:
    """Save a configuration; a short id may be chosen, but only once."""
    async with multipart(request) as form:
        product_id = a_uuid("productId", form.texts.get("productId"))
        variant, metadata = form.object("variant"), form.object("metadata")
        attachments = await _attachments(account, form)
        texts = {name: form.texts.get(name) or None for name in TEXTS}
    short_id = _short_id(account, form.texts.get("shortId"))
    fields = {
        "shortId": short_id,
        "productId": product_id,
        "variant": variant,
        "metadata": metadata,
        **texts,
        **dict.fromkeys(NOTHING),
        "thumbnail": attachments.get(THUMBNAIL),
        "attachments": attachments,
    }
    return shown(account.documents.add(KIND, fields, parent=product_id, label=short_id))


def _short_id(account: Threekit, given: str | None) -> str:
    if not given:
        return new_id(8)
    if not SHORT_ID.fullmatch(given):
        raise malformed("shortId must be 7 to 14 letters, digits, _ or -")
    if account.documents.count(KIND, [labelled(given)]):
        raise malformed(f"shortId is taken: {given}")
    return given


async def _attachments(account: Threekit, form: Form) -> dict[str, Any]:
    wanted = form.object("attachments") or {}
    records = {
        str(file.filename): await account.files.keep(str(file.filename), file.file) for _, file in form.files
    }
    if absent := [str(name) for name in wanted.values() if name not in records]:
        raise malformed(f"attachments: no such file in the form: {absent[0]}")
    unnamed = {
        str(file.filename): file.filename for _, file in form.files if file.filename not in wanted.values()
    }
    return {key: records[name]["id"] for key, name in {**unnamed, **wanted}.items()}


@router.get("")
async def list_configurations(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List configurations."""
    names = ("productId", "productVersion", "shortId", "customerId", "sessionId")
    where = [ALIVE, *(is_(name, value) for name in names if (value := asked.text(name)))]
    wanted = asked.object("metadata") or {}
    if sku := asked.text("sku"):
        wanted = {**wanted, "sku": sku}
    return paging.listing(account, KIND, "configurations", [*where, *matching("metadata", wanted)])


def _found(account: Threekit, identity: str) -> Document:
    found = account.documents.find(KIND, identity)
    if found is None:
        named = account.documents.every(KIND, [labelled(identity), ALIVE], limit=1)
        found = named[0] if named else None
    if found is None:
        raise missing("Configuration", identity)
    return found


@router.get("/{identity}")
async def get_configuration(account: Account, identity: str) -> Answer:
    """Read a configuration by its id or short id."""
    return shown(_found(account, identity))


@router.get("/{identity}/files/{key}", response_class=Response)
async def get_attachment(account: Account, identity: str, key: str) -> Response:
    """Send a file that was saved with a configuration."""
    file_id = _found(account, identity)["attachments"].get(key)
    if file_id is None:
        raise missing("Attachment", key)
    return sent(account, account.files.get(file_id))


@router.get("/{identity}/thumbnail", response_class=Response)
async def get_thumbnail(account: Account, identity: str) -> Response:
    """Send the picture that was saved with a configuration as ``thumbnail``."""
    file_id = _found(account, identity)["thumbnail"]
    if file_id is None:
        raise missing("Thumbnail", identity)
    return sent(account, account.files.get(file_id))
