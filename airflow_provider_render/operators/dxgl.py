"""What only DXGL has: overlays and dataset exports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_render.catalog.files import model_file
from airflow_provider_render.core.errors import RenderInputError
from airflow_provider_render.hooks.dxgl import DxglHook
from airflow_provider_render.operators.base import RenderBaseOperator
from airflow_provider_render.operators.catalog import RenderModelOperator
from airflow_provider_render.operators.parameters import given

if TYPE_CHECKING:
    from airflow.sdk import Context

MAX_OVERLAY_BYTES = 10_000_000
PICTURES = (".png", ".jpg", ".jpeg", ".webp")


class DxglUploadOverlayOperator(RenderBaseOperator):
    """Upload a background or foreground picture for renders, unless the account has it already.

    The overlay's name ends in the beginning of its hash, so a retry or a second run finds it again and
    uploads nothing. Overlays cost nothing. Follows *Overlays* of the DXGL Public API.

    Returns the overlay's id, for the setting ``bgImageId``.

    :param image: path or URL of a PNG, JPEG or WebP of at most 10 MB.
    :param layer: ``background`` or ``foreground``.
    :param overlay_name: name for people; the file's name if None.
    :param description: at most 500 characters.
    :param alignment: corner or edge that is kept when the picture is cropped; ``top-left`` if None.
    """

    template_fields: Sequence[str] = (*RenderBaseOperator.template_fields, "image", "overlay_name")

    def __init__(
        self,
        *,
        image: str,
        layer: Literal["background", "foreground"] = "background",
        overlay_name: str | None = None,
        description: str | None = None,
        alignment: str | None = None,
        render_conn_id: str = DxglHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(render_conn_id=render_conn_id, **kwargs)
        self.image = image
        self.layer = layer
        self.overlay_name = overlay_name
        self.description = description
        self.alignment = alignment

    def execute(self, context: Context) -> str:
        """Find or upload the overlay."""
        hook, image = DxglHook(self.render_conn_id), model_file(self.image, name="image")
        if not image.name.lower().endswith(PICTURES) or image.size > MAX_OVERLAY_BYTES:
            raise RenderInputError(f"{self.image}: an overlay is a PNG, JPEG or WebP of at most 10 MB")
        name = f"{(given(self.overlay_name) or image.name)[:80]} {image.sha256[:12]}"
        for overlay in hook.overlays.list(layer=self.layer):
            if overlay.name == name:
                self.log.info("overlay %s is there already", overlay.id)
                return overlay.id
        overlay = hook.overlays.upload(
            image.source,
            layer=self.layer,
            name=name,
            description=self.description,
            alignment=self.alignment,
        )
        self.log.info("uploaded overlay %s", overlay.id)
        return overlay.id


class DxglDatasetOperator(RenderModelOperator):
    """Export a training dataset of a model for NeRF or Gaussian splatting: one ZIP of pictures, depth,
    normals, masks and camera poses.

    Costs 1, 4 or 16 credits by ``dataset_quality``, once; otherwise like
    :class:`~airflow_provider_render.operators.catalog.RenderModelOperator`.

    :param dataset_quality: ``100x800``, ``196x1024`` or ``400x2048``: views and pixels.
    :param coverage: ``hemisphere`` or ``sphere``.
    """

    def __init__(
        self,
        *,
        dataset_quality: Literal["100x800", "196x1024", "400x2048"] = "100x800",
        coverage: Literal["hemisphere", "sphere"] = "hemisphere",
        render_conn_id: str = DxglHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        settings = {"effect": "dataset", "datasetQuality": dataset_quality, "coverage": coverage}
        kwargs.setdefault("variant", f"dataset-{dataset_quality}-{coverage}")
        super().__init__(render_conn_id=render_conn_id, settings=settings, **kwargs)
