"""What a look at a model shows."""

from __future__ import annotations

from dataclasses import dataclass


class FlawError(Exception):
    """What keeps a model from being rendered, as the end of a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a look at a model showed; counts are None where the type of file was not looked into that far.

    :param size: length in bytes.
    :param triangles: triangles, or faces where the file has polygons; 0 stands for "some" in compressed
        geometry that does not tell.
    :param materials: materials.
    :param images: embedded textures.
    """

    size: int
    triangles: int | None = None
    materials: int | None = None
    images: int | None = None
