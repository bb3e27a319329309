"""``/api/asset-jobs``: renders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request

from airflow_provider_render.sandbox.threekit import layers, matrix, seeds
from airflow_provider_render.sandbox.threekit.access import (
    Account,
    Answer,
    Body,
    an_object,
    call_of,
    optional_object,
)
from airflow_provider_render.sandbox.threekit.asset_job_routes import cached, first_output, older_file, said
from airflow_provider_render.sandbox.threekit.assumed import MOST_LAYERS, VRAY_IMAGE
from airflow_provider_render.sandbox.threekit.errors import malformed
from airflow_provider_render.sandbox.threekit.layers import Wanted
from airflow_provider_render.sandbox.threekit.library import stage_of
from airflow_provider_render.sandbox.threekit.pipeline import RENDER
from airflow_provider_render.sandbox.threekit.submissions import Order, Piece, answer, layer_piece, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_render.sandbox.threekit.documents import Document
    from airflow_provider_render.sandbox.threekit.double import Threekit

RENDERERS = ("webgl", "vray")
FORMATS = {"png": "png", "jpg": "jpg", "jpeg": "jpg", "webp": "webp"}
USUAL_PIXELS = {"webgl": 1024, "vray": 2000}
LARGEST_PIXELS = 8192

router = APIRouter(prefix="/asset-jobs")


@router.post("/{asset_id}/render/webgl/image")
async def render_webgl(request: Request, account: Account, body: Body, asset_id: str) -> Answer:
    """Render one picture of an asset, or several configurations of it."""
    return await _render(request, account, body, asset_id, "webgl")


@router.post(VRAY_IMAGE.removeprefix("/asset-jobs"))
async def render_vray(request: Request, account: Account, body: Body, asset_id: str) -> Answer:
    """Render an asset, with V-Ray's curve of tones if its type says so."""
    return await _render(request, account, body, asset_id, str(body.get("type") or "webgl"))


async def _render(
    request: Request, account: Threekit, body: dict[str, Any], asset_id: str, kind: str
) -> Answer:
    asset = account.library.get(asset_id)
    stage = stage_of_request(account, body.get("stageId") or asset["defaultStageId"])
    staged = optional_object(body, "stageConfiguration")
    pieces = _pieces(account, asset, _configurations(asset, body), [(stage, staged)], shape(body, kind))
    path = "webgl" if "/render/webgl/" in request.url.path else "vray"
    label = f"POST /api/asset-jobs/{{assetId}}/render/{path}/image"
    title = str(body.get("title") or f"Render {asset['name']}")
    order = Order(call_of(request), label, RENDER, title, {**body, "assetId": asset["id"]}, pieces)
    cache, wait = cached(request, body)
    job_id = place(account, order, cache=cache)
    shown = await answer(account, job_id, sync=said(body, "sync"))
    meanwhile = (
        older_file(account, pieces[0].layer) if cache and wait and pieces and pieces[0].layer else None
    )
    file_id = first_output(shown["job"]) or meanwhile
    return {**shown, **({"fileId": file_id} if file_id else {})}


def _configurations(asset: Document, body: dict[str, Any]) -> list[dict[str, Any]]:
    base = optional_object(body, "configuration")
    if many := body.get("configurations"):
        if not isinstance(many, list):
            raise malformed("configurations must be a list")
        return [{**base, **an_object(f"configurations[{index}]", each)} for index, each in enumerate(many)]
    if body.get("subset") or body.get("layerId"):
        return matrix.configurations(asset, body.get("subset"), base)
    return [base]


def stage_of_request(account: Threekit, stage_id: Any) -> Document:
    """
    Find the stage of a render, the organization's default one if none is named.

    :raises ApiError: 422.
    """
    return stage_of(account.library, str(stage_id or seeds.seed_id("stage", seeds.WHITE_STUDIO)))


def shape(body: dict[str, Any], renderer: str) -> dict[str, Any]:
    """
    Read the renderer, size and format of a render.

    :raises ApiError: 422.
    """
    if renderer not in RENDERERS:
        raise malformed("type must be webgl or vray")
    output = optional_object(optional_object(body, "settings"), "output")
    size = optional_object(output, "resolution")
    width = _pixels("width", size.get("width"), size.get("height") or USUAL_PIXELS[renderer])
    height = _pixels("height", size.get("height"), width)
    form = FORMATS.get(str(output.get("format") or "png").lower())
    if form is None:
        raise malformed("settings.output.format must be png, jpg or webp")
    return {"format": form, "width": width, "height": height, "renderer": renderer}


def _pixels(name: str, value: Any, usual: Any) -> int:
    wanted = usual if value is None else value
    if isinstance(wanted, bool) or not isinstance(wanted, int | float) or not 1 <= wanted <= LARGEST_PIXELS:
        raise malformed(f"settings.output.resolution.{name} must be between 1 and {LARGEST_PIXELS}")
    return int(wanted)


def _pieces(
    account: Threekit,
    asset: Document,
    configurations: Sequence[dict[str, Any]],
    stages: Sequence[tuple[Document, dict[str, Any]]],
    form: dict[str, Any],
) -> list[Piece]:
    if len(configurations) * len(stages) > MOST_LAYERS:
        raise malformed(f"More than {MOST_LAYERS} layers of one asset")
    pieces: dict[str, Piece] = {}
    for configuration in configurations:
        subject = account.library.subject(asset, configuration)
        for stage, staged in stages:
            head = subject.asset["head"]
            wanted = Wanted(asset["id"], head, configuration, stage["id"], staged, **form)
            pieces.setdefault(wanted.any_version, layer_piece(RENDER, asset, subject, wanted))
    return list(pieces.values())


@router.post("/renders")
async def render_many(request: Request, account: Account, body: Body) -> Answer:
    """Render a matrix: every configuration of every asset on every configuration of every stage."""
    form = shape(body, str(body.get("type") or "webgl"))
    stages = _stages(account, body)
    pieces = [
        piece
        for asset, found in _assets(account, body)
        for piece in _pieces(account, asset, found, stages, form)
    ]
    if said(body, "renderMissingLayers"):
        pieces = [
            piece for piece in pieces if piece.layer and not layers.find(account.documents, piece.layer)
        ]
    title = str(body.get("jobName") or body.get("title") or f"Render {len(pieces)} layers")
    parameters = {name: value for name, value in body.items() if name != "orgId"}
    order = Order(call_of(request), "POST /api/asset-jobs/renders", RENDER, title, parameters, pieces)
    return await answer(account, place(account, order), sync=said(body, "sync"))


def _assets(account: Threekit, body: dict[str, Any]) -> Iterable[tuple[Document, list[dict[str, Any]]]]:
    for entry in entries(body, "assets"):
        asset = account.library.find(str(entry.get("assetId") or ""))
        if asset is None:
            raise malformed(f"assets: no such asset: {entry.get('assetId')}")
        base = optional_object(entry, "configuration")
        yield asset, matrix.configurations(asset, entry.get("subset"), base)


def _stages(account: Threekit, body: dict[str, Any]) -> list[tuple[Document, dict[str, Any]]]:
    if not body.get("stages"):
        return [(stage_of_request(account, body.get("stageId")), {})]
    found = []
    for entry in entries(body, "stages"):
        stage = stage_of(account.library, str(entry.get("assetId") or ""))
        base = optional_object(entry, "configuration")
        found += [(stage, staged) for staged in matrix.configurations(stage, entry.get("subset"), base)]
    return found


def entries(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """
    Read a list of objects that must not be empty.

    :raises ApiError: 422.
    """
    found = body.get(name)
    if not isinstance(found, list) or not found:
        raise malformed(f"{name} must be a list with at least one entry")
    return [an_object(f"{name}[{index}]", each) for index, each in enumerate(found)]
