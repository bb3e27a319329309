"""The columns of a catalog: which there are, and what one that is unknown was most likely meant to be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any

from airflow_provider_render.hooks.base import BUILT_IN
from airflow_provider_render.hooks.known import is_vendor, nearest_vendor

REQUIRED = ("sku", "model")
COLUMNS = (*REQUIRED, "variant", "settings", "title", "tags")
PREFIX = "settings."
VENDOR_PREFIX = "settings@"
"""Begins columns of settings for one vendor: ``settings@dxgl.aspect``, or all in ``settings@dxgl``."""

_ALSO_CALLED = {
    "sku": ("id", "product", "product_id", "item", "article", "number", "ean", "gtin"),
    "model": ("file", "filename", "path", "url", "uri", "model_url", "model_path", "glb", "asset"),
    "variant": ("colour", "color", "finish", "option"),
    "title": ("name", "label", "description"),
    "tags": ("category", "categories", "keywords", "labels"),
}
_FOREIGN = "or pass extra_columns='ignore'"


def broken_name(column: Any) -> str | None:
    """Return why a column of settings names none, such as ``settings.a.``; None where it names one."""
    if not isinstance(column, str) or not column.startswith((PREFIX, VENDOR_PREFIX)):
        return None
    parts = column.removeprefix(VENDOR_PREFIX).removeprefix(PREFIX).split(".")
    if all(part.strip() for part in parts):
        return None
    return f"column {column!r} leaves a name empty; write settings.<name>, settings@<vendor>.<name>"


def unknown_name(column: Any, row: Collection[Any]) -> str | None:
    """Return why a column means nothing in a catalog, with what was probably meant; None where it does.

    :param column: as the row has it.
    :param row: all columns of the row.
    """
    if isinstance(column, str) and column.startswith(VENDOR_PREFIX):
        return _unknown_vendor(column)
    if isinstance(column, str) and (column in COLUMNS or column.startswith(PREFIX)):
        return None
    allowed = ", ".join((*COLUMNS, "settings.<name>", "settings@<vendor>", "settings@<vendor>.<name>"))
    return f"unknown column {column!r}{_hint(_meant(column, row), row)}; allowed are {allowed}, {_FOREIGN}"


def missing_names(columns: Sequence[str]) -> str | None:
    """Return which needed columns a whole catalog lacks, and what they may be called; None where none.

    :param columns: all columns.
    """
    missing = [name for name in REQUIRED if name not in columns]
    if not missing:
        return None
    meant = {name: next((one for one in columns if _meant(one, columns) == name), None) for name in missing}
    guesses = [f"{name!r} by {column!r}" for name, column in meant.items() if column]
    hint = f" (did you mean {' and '.join(guesses)}?)" if guesses and len(columns) > 1 else ""
    there = ", ".join(map(repr, filter(None, columns)))
    small = "; names are in small letters" if any(one.strip().lower() in missing for one in columns) else ""
    return f"no column {' and no '.join(map(repr, missing))}; it has {there}{hint}{small}"


def _unknown_vendor(column: str) -> str | None:
    name, dot, setting = column.removeprefix(VENDOR_PREFIX).partition(".")
    if is_vendor(name):
        return None
    near = nearest_vendor(name)
    hint = f" (did you mean '{VENDOR_PREFIX}{near}{dot}{setting}'?)" if near else ""
    return (
        f"column {column!r}: there is no vendor {name!r}{hint}; known are {', '.join(sorted(BUILT_IN))}, and"
        f" those of other packages by their connection type; correct it, {_FOREIGN}"
    )


def _meant(column: Any, row: Collection[Any]) -> str | None:
    """Return the known column that was probably meant: before all others one that is needed and not there."""
    if column in COLUMNS:
        return None
    told = str(column).strip().lower()
    start, dot, setting = str(column).strip().partition(".")
    group, at, vendor = start.lower().partition("@")
    if (at or dot) and get_close_matches(group, ["settings"]):
        return _settings_for(vendor, f"{dot}{setting}")
    if dot:
        return None
    called = [name for name, others in _ALSO_CALLED.items() if told in others]
    near = [*called, *get_close_matches(told, COLUMNS, n=3)]
    return min(near, key=lambda name: (name in row, name not in REQUIRED), default=None)


def _settings_for(vendor: str, setting: str) -> str:
    if not vendor:
        return f"settings{setting}"
    known = vendor if is_vendor(vendor) else nearest_vendor(vendor)
    return f"{VENDOR_PREFIX}{known or vendor}{setting}"


def _hint(meant: str | None, row: Collection[Any]) -> str:
    if meant is None:
        return ""
    lacking = ", which is missing" if meant in REQUIRED and meant not in row else ""
    return f" (did you mean {meant!r}{lacking}?)"
