"""Tone curves: from the light of a scene, which has no upper end, to that of a picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]

ONE = np.float32(1)
FILM_EXPOSURE = np.float32(0.78)
FILM_BLEED = np.float32(0.08)


def standard(colour: np.ndarray) -> np.ndarray:
    """The shoulder of the Khronos PBR Neutral curve: below the highlights colours stay as they are."""
    peak = np.maximum(np.maximum(colour[:, 0], colour[:, 1]), colour[:, 2])
    start, rest = np.float32(0.76), np.float32(0.24)
    bright = np.flatnonzero(peak > start)
    if len(bright):
        was = peak[bright]
        now = ONE - rest * rest / (was + rest - start)
        mixed = (ONE - ONE / (np.float32(0.15) * (was - now) + ONE))[:, None]
        colour[bright] = colour[bright] * (now / was)[:, None] * (ONE - mixed) + now[:, None] * mixed
    result: np.ndarray = np.maximum(colour, 0)
    return result


def filmic(colour: np.ndarray) -> np.ndarray:
    """A film-like curve: deeper shadows, a long soft shoulder, and highlights that pale towards white.

    Narkowicz' fit of the ACES curve, after a little of each channel has bled into the others.
    """
    light = np.maximum(colour, 0) * FILM_EXPOSURE
    light += (light.mean(1, keepdims=True) - light) * FILM_BLEED
    above = light * (np.float32(2.51) * light + np.float32(0.03))
    below = light * (np.float32(2.43) * light + np.float32(0.59)) + np.float32(0.14)
    result: np.ndarray = np.minimum(above / below, ONE)
    return result


CURVES: dict[str, Curve] = {"standard": standard, "filmic": filmic}
