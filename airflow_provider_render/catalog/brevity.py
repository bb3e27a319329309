"""Text that is cut to fit where only little is kept, such as an XCom."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def within(text: str, most: int) -> str:
    """Cut text so that its JSON form has at most so many bytes."""
    while len(json.dumps(text)) > most:
        text = text[: len(text) * 3 // 4]
    return text


def fitting(values: Iterable[Any], most: int) -> list[Any]:
    """Return as many values from the start as fit into a number of bytes of JSON."""
    kept: list[Any] = []
    for value in values:
        most -= len(json.dumps(value)) + 2
        if most < 0:
            break
        kept.append(value)
    return kept
