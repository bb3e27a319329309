"""renderSettings: fields, defaults and ranges as documented."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from airflow_provider_render.sandbox import uploads
from airflow_provider_render.sandbox.billing import Price
from airflow_provider_render.sandbox.dxgl.errors import ApiError

Anchor = Literal[
    "top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right"
]  # fmt: skip
DatasetTier = Literal["100x800", "196x1024", "400x2048"]

CREDITS = {"standard": 1, "4k": 4, "pro": 16}
DATASET_CREDITS: dict[DatasetTier, int] = {"100x800": 1, "196x1024": 4, "400x2048": 16}


def _integral(value: object) -> object:
    """JSON knows one kind of number: 6.0 is the integer 6."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_integral)]


class RenderSettings(BaseModel):
    """What a render shall look like; unknown fields are ignored, null counts as absent."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, alias_generator=to_camel)

    quality: Literal["standard", "4k", "pro"] = "standard"
    effect: Literal["turntable", "hero-spin", "showcase", "zoom-orbit", "reveal", "dataset"] = "turntable"
    sweep_angle: float | None = Field(None, ge=10, le=1080)
    ease_out_ratio: float = Field(0.6, ge=0, le=1)
    amplitude: float = Field(60, ge=5, le=180)
    zoom_start: float = Field(1.0, ge=0.1, le=3)
    zoom_end: float = Field(0.7, ge=0.1, le=3)
    scale_from: float = Field(0, ge=0, le=1)
    aspect: Literal["16:9", "1:1", "9:16"] = "16:9"
    bg_color: str = Field("#ffffff", pattern=r"^#[0-9a-fA-F]{6}$")
    length: Whole = Field(6, ge=3, le=15)
    shadows: bool = True
    reflector: bool = False
    easing: bool = True
    rotate_y: Whole = Field(0, ge=-180, le=180)
    tilt_x: Whole = Field(0, ge=-90, le=90)
    bg_image_id: str | None = None
    bg_align: Anchor | None = None
    output: Literal["dataset"] | None = None
    dataset_quality: DatasetTier = "100x800"
    coverage: Literal["hemisphere", "sphere"] = "hemisphere"

    @property
    def is_dataset(self) -> bool:
        """Whether a training dataset is wanted; the document shows two ways to ask for it."""
        return self.effect == "dataset" or self.output == "dataset"

    @property
    def price(self) -> Price:
        """Credits by tier; free credits pay for standard videos only."""
        if self.is_dataset:
            return Price(DATASET_CREDITS[self.dataset_quality])
        return Price(CREDITS[self.quality], free_allowed=self.quality == "standard")


def check(sent: object, place: str = "renderSettings") -> RenderSettings:
    """
    Read renderSettings.

    :param sent: what the client sent, None for nothing.
    :param place: how the message names them.
    :raises ApiError: ``invalid_settings``, naming the field.
    """
    given = {} if sent is None else sent
    if not isinstance(given, dict):
        raise ApiError("invalid_settings", f"{place}: must be an object")
    try:
        return RenderSettings.model_validate(
            {key: value for key, value in given.items() if value is not None}
        )
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, [place, *problem["loc"][:1]]))
        raise ApiError("invalid_settings", f"{field}: {problem['msg']}") from error


def from_form(text: object) -> Any:
    """
    Decode the ``renderSettings`` field of a multipart upload.

    :param text: the field, None when it was not sent.
    :raises ApiError: ``invalid_settings`` if it is not JSON.
    """
    if text is None or text == "":
        return None
    try:
        return uploads.parsed(str(text))
    except ValueError as error:
        raise ApiError("invalid_settings", f"renderSettings: not JSON: {error}") from error
