"""Checking Glossi's render settings before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_render.core.checking import SettingsCheck, extra_of
from airflow_provider_render.vendors.glossi.settings import FLAGS, TEMPLATE, GlossiSettings

ALLOWED: Mapping[str, str] = {
    TEMPLATE: (
        "the id of a template; GlossiHook().templates.list() names the templates of the workspace and the"
        " public ones"
    ),
    "imageQuality": "0 (720p), 1 (1080p) or 2 (4K)",
    "videoQuality": "0 (fastest), 1 (balanced) or 2 (best)",
}
"""What a setting takes, by its name."""

CHECK = SettingsCheck("Glossi", GlossiSettings, ALLOWED, extra=True)


def check(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as they are sent: under the vendor's names, every one of them.

    Settings under ``extra_settings`` are added as they are, for what the vendor adds tomorrow.

    :raises SettingsError: names all that is wrong.
    """
    return CHECK.read(raw, _idle).model_dump(by_alias=True) | extra_of(raw)


def _idle(settings: GlossiSettings) -> Iterator[str]:
    if not (settings.render_bookmarks or settings.render_shots or settings.render_variants):
        yield f"{', '.join(FLAGS)}: all are false, so nothing would be rendered; set one of them"
