"""``/api/fast-compositor`` and ``/api/images``: pictures at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast, get_args
from urllib.parse import unquote

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from airflow_provider_render.sandbox.threekit import images, snapshots
from airflow_provider_render.sandbox.threekit.access import Account, Asked, Query
from airflow_provider_render.sandbox.threekit.errors import malformed
from airflow_provider_render.sandbox.threekit.images import Change, Fit
from airflow_provider_render.sandbox.threekit.snapshots import Snapshot

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.documents import Document
    from airflow_provider_render.sandbox.threekit.double import Threekit

USUAL_PIXELS = 512
LARGEST_PIXELS = 4096
CROP = ("cropX", "cropY", "cropWidth", "cropHeight")
OWN_FILE = re.compile(r"/api/files/(?:hash/(?P<hash>[^/?]+)|(?P<id>[^/?]+)/content)$")
TRANSFORM = re.compile(r"(?:(?P<width>\d*)x(?P<height>\d*)/)?(?:filters:(?P<filters>[^/]+)/)?(?P<source>.+)")
FILTER = re.compile(r"(\w+)\(([^)]*)\)")

router = APIRouter()


@router.get("/fast-compositor", response_class=Response)
async def compose(account: Account, asked: Asked) -> Response:
    """Render an asset while the client waits; nothing is kept in the layer service and nothing is charged."""
    asset = account.library.get(asked.text("assetId") or "")
    width, height = _side(asked, "width"), _side(asked, "height")
    form = (asked.text("format") or "png").lower()
    fit = asked.text("imageFitMode") or "contain"
    if form not in images.FORMATS or fit not in get_args(Fit):
        raise malformed("format must be png, jpg or webp; imageFitMode cover, contain, fitWidth or fitHeight")
    size = (width or height or USUAL_PIXELS, height or width or USUAL_PIXELS)
    wanted = Snapshot(asset, asked.object("configuration") or {}, *size, "png")
    path = await snapshots.rendered(account, wanted)
    change = Change(*size, form, fit=cast("Fit", fit), crop=_crop(account, asked))
    return FileResponse(await snapshots.resized(account, path, change), media_type=change.media_type)


def _side(asked: Query, name: str) -> int:
    value = asked.number(name) or 0
    if not 0 <= value <= LARGEST_PIXELS:
        raise malformed(f"{name} must be at most {LARGEST_PIXELS}")
    return value


def _crop(account: Threekit, asked: Query) -> tuple[int, int, int, int] | None:
    left, top, width, height = (_side(asked, name) for name in CROP)
    if not width or not height:
        return None
    shop = account.pipeline.shop
    scale = shop.ground.options.scale
    return (
        round(left * scale),
        round(top * scale),
        max(1, round(width * scale)),
        max(1, round(height * scale)),
    )


@router.get("/images/webp/{transform:path}", response_class=Response)
async def transform_image(account: Account, transform: str) -> Response:
    """Resize and convert a picture of this service."""
    parts = TRANSFORM.fullmatch(transform)
    if parts is None:
        raise malformed("The path must end in the address of a picture")
    rules = dict(FILTER.findall(parts["filters"] or ""))
    form = rules.get("format", "webp")
    if form not in images.FORMATS or not rules.get("quality", "1").isdigit():
        raise malformed("format must be png, jpg or webp; quality a number")
    width, height = (min(int(parts[name] or 0), LARGEST_PIXELS) for name in ("width", "height"))
    change = Change(width, height, form, int(rules.get("quality", images.USUAL_QUALITY)), fit="cover")
    source = account.files.path(own_file(account, unquote(parts["source"])))
    return FileResponse(await snapshots.resized(account, source, change), media_type=change.media_type)


def own_file(account: Threekit, url: str) -> Document:
    """
    Find the file that a URL of this service means.

    :raises ApiError: 422 for any other URL, 404 if there is no such file.
    """
    own = OWN_FILE.search(url)
    if own is None:
        raise malformed("The sandbox fetches nothing from elsewhere, only from its own /api/files")
    return account.files.by_hash(own["hash"]) if own["hash"] else account.files.get(own["id"])
