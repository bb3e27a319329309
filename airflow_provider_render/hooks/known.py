"""The vendors that connections of this Airflow can lead to, by connection type."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any

from airflow_provider_render.hooks.base import BUILT_IN, RenderHook


def is_vendor(name: str) -> bool:
    """Whether a connection type is a render vendor's; one that is not built in is asked of Airflow.

    :param name: connection type.
    """
    return name in BUILT_IN or _derives(name)


def nearest_vendor(name: str) -> str | None:
    """Return the vendor that a misspelt name most likely means, if one is near.

    :param name: a connection type that is none.
    """
    near = get_close_matches(name.strip().lower(), [*BUILT_IN, *_registry()], n=3)
    return next(filter(is_vendor, near), None)


@cache
def _derives(name: str) -> bool:
    """Whether another package's provider has a hook of this type that derives from :class:`RenderHook`."""
    try:
        # Airflow imports the hook only as its entry is looked up.
        info = _registry().get(name)
        module, _, hook = str(info.hook_class_name if info else "").rpartition(".")
        found = getattr(import_module(module), hook) if module else None
    except Exception:  # noqa: BLE001 - a provider that cannot be imported brings no vendor
        return False
    return isinstance(found, type) and issubclass(found, RenderHook)


def _registry() -> Mapping[str, Any]:
    """Return Airflow's hooks by connection type; none where a broken provider keeps Airflow from telling."""
    try:
        from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

        hooks: Mapping[str, Any] = ProvidersManagerTaskRuntime().hooks  # type: ignore[no-untyped-call]
    except Exception:  # noqa: BLE001 - reading metadata of all packages breaks in many ways
        return {}
    return hooks
