"""Where product and camera are in each frame of a video."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .spec import Motion


@dataclass(frozen=True)
class Pose:
    """One moment of a motion.

    :param turn: degrees; positive moves the product's front to the viewer's right.
    :param distance: multiple of the camera's distance.
    :param scale: of the product.
    """

    turn: float
    distance: float = 1.0
    scale: float = 1.0


def poses(motion: Motion, count: int) -> list[Pose]:
    """The poses of all frames; full turns leave out the last frame so that they loop without a stop."""
    loops = motion.effect in ("turntable", "zoom-orbit", "showcase")
    steps = count if loops else max(count - 1, 1)
    return [_pose(motion, k / steps) for k in range(count)]


def _pose(motion: Motion, time: float) -> Pose:
    even = _smooth(time) if motion.easing else time
    start = motion.rotate_y
    match motion.effect:
        case "turntable":
            return Pose(start + 360 * even)
        case "showcase":
            return Pose(start + motion.amplitude * math.sin(2 * math.pi * time))
        case "zoom-orbit":
            return Pose(start + 360 * even, motion.zoom_start + (motion.zoom_end - motion.zoom_start) * even)
        case "hero-spin":
            sweep = 540.0 if motion.sweep_angle is None else motion.sweep_angle
            return Pose(start - sweep * (1 - _slowing(time, motion.ease_out_ratio)))
        case "reveal":
            sweep = 180.0 if motion.sweep_angle is None else motion.sweep_angle
            grown = 1 - (1 - time) ** 3 if motion.easing else time
            return Pose(
                start - sweep * (1 - grown), scale=motion.scale_from + (1 - motion.scale_from) * grown
            )


def _smooth(time: float) -> float:
    return time * time * (3 - 2 * time)


def _slowing(time: float, ratio: float) -> float:
    """Share of the way: even speed, then slowing down to a stop during the last ``ratio`` of the time."""
    speed = 1 / (1 - ratio / 2)
    if time <= 1 - ratio:
        return speed * time
    rest = 1 - time
    return 1 - speed * rest * rest / (2 * ratio)
