"""Checking DXGL's render settings before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_render.core.checking import SettingsCheck, extra_of
from airflow_provider_render.vendors.dxgl.settings import AS_DATASET, NAMES, DxglSettings, is_dataset

CHECK = SettingsCheck("DXGL", DxglSettings, {"bgColor": "# and six hex digits, such as #ff8800"}, extra=True)


def check(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as they are sent: under the vendor's names, only what was given.

    For a dataset ``effect``, ``output`` and ``datasetQuality`` are all sent, unless one is given as None.
    Settings under ``extra_settings`` are added as they are, for what the vendor adds tomorrow.

    :raises SettingsError: names all that is wrong.
    """
    checked = _given(CHECK.read(raw, _contradictions))
    unwanted = {NAMES.get(key, key) for key, value in raw.items() if value is None}
    sent = {key: value for key, value in _as_dataset(checked).items() if key not in unwanted}
    return sent | extra_of(raw)


def _given(settings: DxglSettings) -> dict[str, Any]:
    return settings.model_dump(by_alias=True, exclude_unset=True)


def _as_dataset(checked: dict[str, Any]) -> dict[str, Any]:
    if not is_dataset(checked):
        return checked
    return AS_DATASET | {"datasetQuality": "100x800"} | checked


def _contradictions(settings: DxglSettings) -> Iterator[str]:
    checked = _given(settings)
    if checked.get("output") == "dataset" and checked.get("effect", "dataset") != "dataset":
        yield f"effect: {checked['effect']!r} contradicts output 'dataset'; leave one of them out"
    if not is_dataset(checked):
        for field in checked.keys() & {"datasetQuality", "coverage"}:
            yield f"{field}: only for datasets; add effect 'dataset'"
