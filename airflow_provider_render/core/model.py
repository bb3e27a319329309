"""A 3D model file of the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from airflow_provider_render.core.calls import ByteSource

MEDIA_TYPES = {
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".zip": "application/zip",
    ".fbx": "application/octet-stream",
    ".obj": "model/obj",
    ".usdz": "model/vnd.usdz+zip",
    ".stl": "model/stl",
    ".step": "model/step",
    ".stp": "model/step",
}
"""Content type of each type of model file, by extension."""

PICTURE_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
"""Content type of each type of picture, by extension."""


def media_type_of(name: str) -> str:
    """Return the content type of a model or a picture, by the extension of its name."""
    extension = PurePosixPath(name).suffix.lower()
    return (MEDIA_TYPES | PICTURE_TYPES).get(extension, "application/octet-stream")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A 3D model file whose bytes are known.

    :param source: where the bytes come from.
    :param sha256: hex digest of the bytes; what makes two models the same.
    """

    source: ByteSource
    sha256: str

    @property
    def name(self) -> str:
        """File name with extension."""
        return self.source.name

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.source.size

    @property
    def extension(self) -> str:
        """Extension in lower case, with its dot."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def media_type(self) -> str:
        """Content type by extension."""
        return media_type_of(self.name)
