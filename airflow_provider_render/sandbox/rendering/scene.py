"""A loaded model, and the renderers for the ways it is shown."""

from __future__ import annotations

import fnmatch
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .bake import bake
from .convert import as_model_error, load_document
from .errors import ModelError
from .frame import Look, Renderer
from .geometry import read_pieces
from .materials import Material, read_materials, recoloured
from .mesh import Mesh, merge
from .studio import Studio

if TYPE_CHECKING:
    from .spec import MaterialChange, Still, Video

GAIN = 1.22


class Scene:
    """A model ready to be drawn; each tilt of it is baked once.

    :param path: of the model.
    :param texture_limit: largest texture side to keep, in pixels.
    :raises ModelError: the model is broken.
    """

    def __init__(self, path: Path, texture_limit: int) -> None:
        self.mesh = _load(path, texture_limit)
        self.studio = Studio(GAIN)
        self._renderers: dict[float, Renderer] = {}

    def renderer(self, tilt: float) -> Renderer:
        """The renderer of the model tilted by so many degrees towards the viewer."""
        if tilt not in self._renderers:
            mesh = _tilted(self.mesh, tilt) if tilt else self.mesh
            self._renderers[tilt] = Renderer(mesh, bake(mesh), self.studio)
        return self._renderers[tilt]

    def look(self, product: Still | Video) -> Look:
        """What of the model a product shows, and how."""
        materials = [self._changed(material, product.materials) for material in self.mesh.materials]
        return Look(materials, self._faces(product.parts), product.shadows, product.reflector)

    def plain_look(self) -> Look:
        """The whole model, without a ground."""
        return Look(self.mesh.materials, np.arange(len(self.mesh.faces)), shadows=False)

    def _faces(self, parts: list[str] | None) -> np.ndarray:
        if parts is None:
            return np.arange(len(self.mesh.faces))
        wanted = [
            any(fnmatch.fnmatchcase(name, part) for name in names for part in parts)
            for names in self.mesh.names
        ]
        if not any(wanted):
            raise ModelError(f"no node, mesh or material of the model is called {' or '.join(parts)}")
        return np.flatnonzero(np.array(wanted)[self.mesh.piece])

    def _changed(self, material: Material, changes: dict[str, MaterialChange]) -> Material:
        for pattern, change in changes.items():
            if fnmatch.fnmatchcase(material.name, pattern):
                material = recoloured(material, change.color, change.roughness, change.metallic)
        return material


def _load(path: Path, texture_limit: int) -> Mesh:
    document = load_document(path)
    with as_model_error():
        return merge(read_pieces(document), read_materials(document, texture_limit))


def _tilted(mesh: Mesh, tilt: float) -> Mesh:
    a = math.radians(tilt)
    turn = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]], np.float32)
    attributes = mesh.attributes.copy()
    attributes[:, :3] = attributes[:, :3] @ turn.T
    return replace(mesh, points=mesh.points @ turn.T, attributes=attributes)
