"""Text that is cut to fit where only little is kept, such as an XCom."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from airflow_provider_render.core.errors import RenderInputError

MOST_BYTES = 9000
"""Bytes of JSON that a task hands on where nothing of it can be left out."""

MOST_LISTED_BYTES = 8000
"""Bytes of JSON that a list takes in what a task returns; the rest of it takes less than 2 kB."""


def within(text: str, most: int) -> str:
    """Cut text so that its JSON form has at most so many bytes."""
    while len(json.dumps(text)) > most:
        text = text[: len(text) * 3 // 4]
    return text


def require_small(name: str, value: Any, advice: str) -> None:
    """Refuse to hand on what is too large to be kept as an XCom and cannot be cut.

    :param name: the parameter that it comes from.
    :param value: what is to be handed on.
    :param advice: what to do instead.
    :raises RenderInputError: it is larger than :data:`MOST_BYTES`.
    """
    size = len(json.dumps(value))
    if size > MOST_BYTES:
        raise RenderInputError(
            f"{name}: handed on to the next task it takes {size} bytes as an XCom, and {MOST_BYTES} are the"
            f" most. {advice}"
        )


def fitting(values: Iterable[Any], most: int) -> list[Any]:
    """Return as many values from the start as fit into a number of bytes of JSON."""
    kept: list[Any] = []
    for value in values:
        most -= len(json.dumps(value)) + 2
        if most < 0:
            break
        kept.append(value)
    return kept
