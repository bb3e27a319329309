"""Where DXGL's calls live, as far as its document leaves it open."""

from __future__ import annotations

from collections.abc import Mapping

ASSUMED: Mapping[str, str] = {
    "quote_path": "/v1/quote",
    "dataset_path": "/v1/renders/{id}/bundle",
}
"""Paths that the vendor's document does not name. Each can be corrected by an extra of the connection
with the same key.
"""
