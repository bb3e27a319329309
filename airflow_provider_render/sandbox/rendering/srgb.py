"""The sRGB transfer function, both ways, as tables."""

from __future__ import annotations

import numpy as np

_BYTES = np.arange(256, dtype=np.float64) / 255
LINEAR = np.where(_BYTES <= 0.04045, _BYTES / 12.92, ((_BYTES + 0.055) / 1.055) ** 2.4).astype(np.float32)
PLAIN = (_BYTES).astype(np.float32)
STEPS = 4096
_LINE = np.arange(STEPS + 1) / STEPS
ENCODED = np.round(
    255 * np.where(_LINE <= 0.0031308, _LINE * 12.92, 1.055 * np.maximum(_LINE, 1e-9) ** (1 / 2.4) - 0.055)
).astype(np.uint8)


def encoded(light: np.ndarray) -> np.ndarray:
    """Linear light, 0 to 1, as sRGB bytes."""
    place = np.clip(light, 0, 1)
    place *= np.float32(STEPS)
    place += np.float32(0.5)
    result: np.ndarray = ENCODED.take(place.astype(np.intp))
    return result
