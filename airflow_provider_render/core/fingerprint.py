"""What makes two renders the same."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from airflow_provider_render.core.job import Settings


def canonical_json(value: Any) -> str:
    """Return JSON text that is equal for equal values: sorted keys, no spaces, NaN refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(vendor: str, model_sha256: str, settings: Settings) -> str:
    """Return the hex digest that identifies what a render shows.

    :param vendor: the vendor's name.
    :param model_sha256: hex digest of the model's bytes.
    :param settings: settings with every default filled in, so that naming a default changes nothing.
    """
    text = canonical_json({"vendor": vendor, "model": model_sha256, "settings": dict(settings)})
    return hashlib.sha256(text.encode()).hexdigest()
