"""What a job shows, and the renderers for the ways it is shown."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .assembly import assembled, changed, chosen, known_variant
from .bake import bake
from .frame import Look, Renderer
from .spec import PlacedModel
from .studio import Studio

if TYPE_CHECKING:
    from .material import Material
    from .mesh import Mesh
    from .spec import Still, Video

GAIN = 1.22


class Scene:
    """One or more models ready to be drawn; each tilt of them is baked once.

    :param models: a path, or several models with their places.
    :param texture_limit: largest texture side to keep, in pixels.
    :raises ModelError: a model is broken.
    """

    def __init__(self, models: Path | list[PlacedModel], texture_limit: int) -> None:
        placed = [PlacedModel(model=str(models))] if isinstance(models, Path) else models
        self.mesh, self.variants = assembled(placed, texture_limit)
        self.studio = Studio(GAIN)
        self._renderers: dict[float, Renderer] = {}

    def renderer(self, tilt: float) -> Renderer:
        """The renderer of the model tilted by so many degrees towards the viewer."""
        if tilt not in self._renderers:
            mesh = _tilted(self.mesh, tilt) if tilt else self.mesh
            self._renderers[tilt] = Renderer(mesh, bake(mesh), self.studio)
        return self._renderers[tilt]

    def look(self, product: Still | Video) -> Look:
        """What of the model a product shows, and how.

        :raises ModelError: a part or variant is not there.
        """
        materials = [changed(material, product.materials) for material in self._materials(product.variant)]
        faces = self._faces(product.parts)
        return Look(
            materials,
            faces,
            product.shadows,
            product.reflector,
            product.tone,
            product.room,
            revolving=product.type == "video",
        )

    def plain_look(self) -> Look:
        """The whole model, without a ground."""
        return Look(self.mesh.materials, np.arange(len(self.mesh.faces)), shadows=False)

    def _materials(self, variant: str | None) -> list[Material]:
        if variant is None:
            return self.mesh.materials
        name = known_variant(variant, self.variants)
        pairs = zip(self.mesh.materials, self.mesh.variants, strict=True)
        return [others.get(name, material) for material, others in pairs]

    def _faces(self, parts: list[str] | None) -> np.ndarray:
        if parts is None:
            return np.arange(len(self.mesh.faces))
        return np.flatnonzero(np.array(chosen(self.mesh.names, parts))[self.mesh.piece])


def _tilted(mesh: Mesh, tilt: float) -> Mesh:
    a = math.radians(tilt)
    turn = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]], np.float32)
    attributes = mesh.attributes.copy()
    attributes[:, :3] = attributes[:, :3] @ turn.T
    return replace(mesh, points=mesh.points @ turn.T, attributes=attributes)
