"""Everything that costs credits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.billing import NoCredits
from airflow_provider_render.sandbox.dxgl import settings
from airflow_provider_render.sandbox.dxgl.double import NAME
from airflow_provider_render.sandbox.dxgl.errors import ApiError
from airflow_provider_render.sandbox.dxgl.models import Model
from airflow_provider_render.sandbox.dxgl.renders import Render
from airflow_provider_render.sandbox.identity import new_id, timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_render.sandbox.dxgl.double import Dxgl
    from airflow_provider_render.sandbox.uploads import StoredFile


@dataclass(frozen=True)
class Order:
    """
    One render that somebody wants.

    :param model: of this model.
    :param sent: renderSettings as they were sent.
    :param settings: the same, checked.
    """

    model: Model
    sent: dict[str, Any]
    settings: settings.RenderSettings


@dataclass(frozen=True)
class Upload:
    """
    A file that arrived, by upload or from a URL.

    :param name: its own name.
    :param format: ``glb``, ``gltf`` or ``zip``.
    :param file: where its bytes are.
    """

    name: str
    format: str
    file: StoredFile


def check_settings(dxgl: Dxgl, sent: Any, place: str = "renderSettings") -> settings.RenderSettings:
    """
    Read renderSettings, and look up the overlay they name.

    :raises ApiError: ``invalid_settings``.
    """
    checked = settings.check(sent, place)
    if checked.bg_image_id is not None:
        try:
            dxgl.overlays.get(checked.bg_image_id)
        except ApiError as error:
            raise ApiError("invalid_settings", f"{place}.bgImageId: no such overlay") from error
    return checked


def order(dxgl: Dxgl, item: dict[str, Any], place: str = "renderSettings") -> Order:
    """
    Read one wanted render from a request.

    :param item: ``{"modelId", "renderSettings"}``.
    :param place: how messages name the settings.
    :raises ApiError: ``model_id_required``, ``model_not_found`` or ``invalid_settings``.
    """
    if not item.get("modelId"):
        raise ApiError("model_id_required")
    model = dxgl.models.get(item["modelId"])
    sent = item.get("renderSettings")
    return Order(model, sent or {}, check_settings(dxgl, sent, place))


def place(dxgl: Dxgl, call: str, orders: Sequence[Order]) -> list[Render]:
    """
    Charge for renders and queue them, all or none.

    :param call: method and documented path, for the bill.
    :raises ApiError: ``no_credits``.
    """
    with dxgl.ground.database.transaction():
        renders = _book(dxgl, call, orders)
    for render in renders:
        dxgl.pipeline.start(render)
    return renders


def place_upload(dxgl: Dxgl, call: str, upload: Upload, sent: Any) -> tuple[Model, Render, bool]:
    """
    Keep an uploaded file unless it is known, charge for its render and queue it with the free preview.

    :param call: method and documented path, for the bill.
    :param sent: renderSettings as they were sent, None for nothing.
    :return: the model, the render, and whether the file was known.
    :raises ApiError: ``invalid_settings`` or ``no_credits``; the file is then forgotten.
    """
    checked = check_settings(dxgl, sent)
    with dxgl.ground.database.transaction():
        known = dxgl.models.by_hash(upload.file.sha256)
        model = known or _add_model(dxgl, upload)
        render = _book(dxgl, call, [Order(model, sent or {}, checked)])[0]
        preview = _add_preview(dxgl, render)
        if known is None:
            upload.file.path.replace(dxgl.models.uploaded(model))
    dxgl.pipeline.start(render)
    if preview.preview_of is None:
        dxgl.pipeline.start(preview)
    return model, render, known is not None


def _add_model(dxgl: Dxgl, upload: Upload) -> Model:
    model = Model(
        id=new_id(),
        original_name=upload.name,
        format=upload.format,
        title=None,
        sku=None,
        tags=[],
        file_size=upload.file.size,
        sha256=upload.file.sha256,
        created_at=timestamp(),
    )
    dxgl.models.add(model)
    return model


def _book(dxgl: Dxgl, call: str, orders: Sequence[Order]) -> list[Render]:
    now = timestamp()
    renders = [Render(new_id(), each.model.id, each.sent, now, now) for each in orders]
    by_free = _charge(dxgl, call, orders, renders)
    method, path = call.split(" ")
    booked = [
        replace(
            render,
            watermarked=is_free,
            doomed=dxgl.ground.faults.take("render_failure", f"{method} /{NAME}{path}") is not None,
        )
        for render, is_free in zip(renders, by_free, strict=True)
    ]
    for render in booked:
        dxgl.renders.add(render)
    return booked


def _charge(dxgl: Dxgl, call: str, orders: Sequence[Order], renders: Sequence[Render]) -> list[bool]:
    prices = [each.settings.price for each in orders]
    model_ids = [each.model.id for each in orders]
    try:
        return dxgl.ground.ledger.charge(NAME, call, prices, model_ids, [render.id for render in renders])
    except NoCredits as error:
        raise ApiError("no_credits") from error


def _add_preview(dxgl: Dxgl, render: Render) -> Render:
    now = timestamp()
    host = None if render.doomed else render.id
    preview = Render(new_id(), render.model_id, {}, now, now, is_preview=True, preview_of=host)
    dxgl.renders.add(preview)
    return preview
