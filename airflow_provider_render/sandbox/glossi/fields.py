"""Reading the fields of a JSON body."""

from __future__ import annotations

from typing import Any

from airflow_provider_render.sandbox.glossi.errors import ApiError


def texts(body: dict[str, Any], field: str) -> list[str]:
    """
    Read a field that must be a list of ids; doubles are dropped.

    :raises ApiError: ``INVALID_REQUEST``.
    """
    values = body.get(field)
    if not isinstance(values, list) or not values or not all(isinstance(each, str) for each in values):
        raise ApiError("INVALID_REQUEST", f"{field} must be a non-empty array of strings")
    return list(dict.fromkeys(values))


def text(body: dict[str, Any], field: str) -> str:
    """
    Read a field that must be a string that is not empty.

    :raises ApiError: ``INVALID_REQUEST``.
    """
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise ApiError("INVALID_REQUEST", f"{field} is required")
    return value.strip()


def optional_text(body: dict[str, Any], field: str) -> str | None:
    """
    Read a field that may be missing, null or empty.

    :raises ApiError: ``INVALID_REQUEST`` if it is no string.
    """
    value = body.get(field)
    return None if value is None or value == "" else text(body, field)


def flag(body: dict[str, Any], field: str, *, default: bool) -> bool:
    """
    Read a field that is true or false.

    :raises ApiError: ``INVALID_REQUEST``.
    """
    value = body.get(field, default)
    if not isinstance(value, bool):
        raise ApiError("INVALID_REQUEST", f"{field} must be true or false")
    return value
