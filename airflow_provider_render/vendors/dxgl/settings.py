"""Render settings: checked before money is spent, compared without regard to named defaults, priced."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from airflow_provider_render.core.checking import Number, Whole, plain_number
from airflow_provider_render.core.job import Settings

Quality = Literal["standard", "4k", "pro"]
Effect = Literal["turntable", "hero-spin", "showcase", "zoom-orbit", "reveal", "dataset"]
DatasetQuality = Literal["100x800", "196x1024", "400x2048"]


class DxglSettings(BaseModel):
    """All documented render settings of DXGL; what is not given is left to the vendor's default.

    Names may be written as ``bgColor`` or ``bg_color``. ``effect: dataset`` and ``output: dataset`` each
    imply the other; a field given as None is not sent even then.

    :param quality: ``standard`` 1080p, 1 credit; ``4k``, 4 credits; ``pro`` ProRes with alpha, 16 credits.
    :param effect: camera motion, or ``dataset``.
    :param sweep_angle: degrees, 10 to 1080; 540 for hero-spin and 180 for reveal by default.
    :param ease_out_ratio: share of a hero-spin in which it slows down, 0 to 1; 0.6 by default.
    :param amplitude: degrees that a showcase swings, 5 to 180; 60 by default.
    :param zoom_start: radius factor at the start of a zoom-orbit, 0.1 to 3; 1.0 by default.
    :param zoom_end: radius factor at its end, 0.1 to 3; 0.7 by default.
    :param scale_from: scale at the start of a reveal, 0 to 1; 0 by default.
    :param aspect: ``16:9`` by default.
    :param bg_color: ``#`` and six hex digits; ``#ffffff`` by default.
    :param length: seconds, 3 to 15; 6 by default.
    :param shadows: shadows on the ground; on by default.
    :param reflector: reflecting ground; off by default.
    :param easing: eased rotation; on by default.
    :param rotate_y: starting angle in degrees, -180 to 180; 0 by default.
    :param tilt_x: tilt in degrees, -90 to 90; 0 by default.
    :param bg_image_id: overlay to use instead of a background colour.
    :param bg_align: corner or edge of it that is kept when it is cropped; ``top-left`` by default.
    :param output: ``dataset``.
    :param dataset_quality: views and size; 1, 4 or 16 credits.
    :param coverage: viewpoints of a dataset; ``hemisphere`` by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    quality: Quality | None = None
    effect: Effect | None = None
    sweep_angle: Number | None = Field(default=None, ge=10, le=1080)
    ease_out_ratio: Number | None = Field(default=None, ge=0, le=1)
    amplitude: Number | None = Field(default=None, ge=5, le=180)
    zoom_start: Number | None = Field(default=None, ge=0.1, le=3)
    zoom_end: Number | None = Field(default=None, ge=0.1, le=3)
    scale_from: Number | None = Field(default=None, ge=0, le=1)
    aspect: Literal["16:9", "1:1", "9:16"] | None = None
    bg_color: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")
    length: Whole | None = Field(default=None, ge=3, le=15)
    shadows: bool | None = None
    reflector: bool | None = None
    easing: bool | None = None
    rotate_y: Whole | None = Field(default=None, ge=-180, le=180)
    tilt_x: Whole | None = Field(default=None, ge=-90, le=90)
    bg_image_id: str | None = Field(default=None, min_length=1)
    bg_align: str | None = Field(default=None, min_length=1)
    output: Literal["dataset"] | None = None
    dataset_quality: DatasetQuality | None = None
    coverage: Literal["hemisphere", "sphere"] | None = None


NAMES = {name: to_camel(name) for name in DxglSettings.model_fields}
"""The vendor's name of each setting by its snake case name."""

COMMON = {"shadows": True, "reflector": False, "rotateY": 0, "tiltX": 0}
VIDEO = {"quality": "standard", "effect": "turntable", "aspect": "16:9", "length": 6, "easing": True}
AS_DATASET = {"effect": "dataset", "output": "dataset"}
DATASET = {**AS_DATASET, "datasetQuality": "100x800", "coverage": "hemisphere"}
BY_EFFECT: Mapping[str, Settings] = {
    "hero-spin": {"sweepAngle": 540, "easeOutRatio": 0.6},
    "showcase": {"amplitude": 60},
    "zoom-orbit": {"zoomStart": 1.0, "zoomEnd": 0.7},
    "reveal": {"sweepAngle": 180, "scaleFrom": 0},
}
"""Defaults of the settings that only one effect has; ``sweepAngle`` may be given with any."""
FULL_TURN = {"turntable": 360, "zoom-orbit": 360}
"""What ``sweepAngle`` is for effects that are documented as 360° without naming a default."""

PRICES: Mapping[str, Decimal] = {"standard": Decimal(1), "4k": Decimal(4), "pro": Decimal(16)}
DATASET_PRICES: Mapping[str, Decimal] = {
    "100x800": Decimal(1),
    "196x1024": Decimal(4),
    "400x2048": Decimal(16),
}


def canonical(settings: Settings) -> dict[str, Any]:
    """Return settings with every default filled in and without what has no effect.

    Takes settings from the vendor too; unknown ones are kept.
    """
    given = {NAMES.get(key, key): _plain(value) for key, value in settings.items() if value is not None}
    relevant = _defaults(given)
    kept = {key: value for key, value in given.items() if key in relevant or key not in NAMES.values()}
    filled = {**relevant, **kept} | (AS_DATASET if is_dataset(given) else {})
    if filled.get("sweepAngle") == FULL_TURN.get(str(filled.get("effect"))):
        filled.pop("sweepAngle", None)
    return {key: value for key, value in filled.items() if value is not None}


def equal(wanted: Settings, returned: Settings) -> bool:
    """Whether a render with the settings that the vendor returned shows what is wanted.

    Settings that the vendor added on its own, under names that are not documented, do not count.
    """
    ours, theirs = canonical(wanted), canonical(returned)
    known = ours.keys() | (theirs.keys() & set(NAMES.values()))
    return all(ours.get(key) == theirs.get(key) for key in known)


def price(settings: Settings) -> Decimal:
    """Return the credits that one render costs; a tier that is not documented counts as the dearest."""
    filled = canonical(settings)
    if is_dataset(filled):
        return DATASET_PRICES.get(str(filled.get("datasetQuality")), max(DATASET_PRICES.values()))
    return PRICES.get(str(filled.get("quality")), max(PRICES.values()))


def is_dataset(settings: Settings) -> bool:
    """Whether settings ask for a dataset instead of a video."""
    return "dataset" in (settings.get("effect"), settings.get("output"))


def _defaults(given: Settings) -> dict[str, Any]:
    """Return default by name of each setting that counts; None where there is no default."""
    if is_dataset(given):
        return {**COMMON, **DATASET}
    back = {"bgImageId": None, "bgAlign": "top-left"} if given.get("bgImageId") else {"bgColor": "#ffffff"}
    effect = str(given.get("effect", VIDEO["effect"]))
    return {**COMMON, **VIDEO, **back, "sweepAngle": None, **BY_EFFECT.get(effect, {})}


def _plain(value: Any) -> Any:
    """Return one form for equal values: 6.0 as 6, hex colours in lower case."""
    if isinstance(value, str) and value.startswith("#"):
        return value.lower()
    return plain_number(value)
