"""Shading: from visible triangles to colours, after the glTF metallic-roughness model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .mesh import tangents, texture_density
from .normals import face_vectors, unit
from .studio import irradiance

if TYPE_CHECKING:
    from .bake import Baked
    from .camera import View
    from .material import Material
    from .mesh import Mesh
    from .studio import Studio
    from .tone import Curve

CHUNK = 40_000
ONE = np.float32(1)
GLASS = 0.85
THIRDS = np.full(3, 1 / 3, np.float32)


@dataclass
class Hits:
    """Samples on triangles.

    :param x: pixel column, may lie between pixels.
    :param y: pixel row.
    :param nearness: 1 / depth.
    """

    face: np.ndarray
    x: np.ndarray
    y: np.ndarray
    nearness: np.ndarray

    def __getitem__(self, which: np.ndarray | slice) -> Hits:
        return Hits(self.face[which], self.x[which], self.y[which], self.nearness[which])


@dataclass
class _Surface:
    """The points that one call shades, all of one material; vectors are ``(n, 3)``."""

    point: np.ndarray
    to_eye: np.ndarray
    normal: np.ndarray
    uv: np.ndarray
    colour: np.ndarray
    light: np.ndarray
    openness: np.ndarray
    face: np.ndarray
    footprint: np.ndarray


class Shader:
    """Shades the triangles of a mesh from any camera."""

    def __init__(self, mesh: Mesh, baked: Baked, studio: Studio) -> None:
        self.mesh = mesh
        self.studio = studio
        self.transfer = baked.transfer
        self.count = len(mesh.points)
        self.middle = ((mesh.low + mesh.high) / 2).astype(np.float32)
        flat = face_vectors(mesh.points, mesh.faces)
        self.face_normals = unit(flat)
        self._duals = _dual_vectors(mesh.points - self.middle, mesh.faces, flat)
        self._density = [texture_density(mesh, channel) for channel in (0, 1)]
        self._tangents: dict[int, np.ndarray] = {}
        both = np.concatenate([mesh.attributes, mesh.attributes * _backwards()])
        self._table = np.hstack([both, np.zeros((2 * self.count, 4), np.float32)])
        self._open = np.clip(self.transfer[:, 0] / np.float32(0.282095), 0, 1)

    def light_up(self, view: View) -> None:
        """Computes the light on all vertices for the studio as the view turns it."""
        light = np.maximum(self.transfer @ self.studio.coefficients(view.light), 0)
        self._table[:, -4:-1] = light
        self._table[:, -1] = self._open

    def colours(
        self, hits: Hits, view: View, size: tuple[int, int], materials: list[Material], curve: Curve
    ) -> np.ndarray:
        """Premultiplied linear RGBA of samples, already tone-mapped.

        :param size: width and height of the picture in pixels, which ``hits.x`` and ``hits.y`` count in.
        :param materials: in the order of the mesh's.
        :param curve: the tone curve, which may overwrite what it is given.
        """
        result = np.empty((len(hits.face), 4), np.float32)
        kind = self.mesh.material[hits.face]
        order = np.argsort(kind.astype(np.int16), kind="stable")
        bounds = np.searchsorted(kind[order], np.arange(len(materials) + 1))
        for index, material in enumerate(materials):
            for start in range(bounds[index], bounds[index + 1], CHUNK):
                chosen = order[start : min(start + CHUNK, bounds[index + 1])]
                surface = self._surface(hits[chosen], view, size)
                result[chosen] = self._shaded(surface, material, view, curve)
        return result

    def normals_at(self, hits: Hits, view: View, size: tuple[int, int]) -> np.ndarray:
        """Interpolated unit normals that face the camera."""
        return self._surface(hits, view, size).normal

    def _surface(self, hits: Hits, view: View, size: tuple[int, int]) -> _Surface:
        ray = view.rays(hits.x, hits.y, *size)
        depth = ONE / hits.nearness
        point = (view.eye - self.middle).astype(np.float32) + ray * depth[:, None]
        to_eye = -unit(ray)
        dual = self._duals.take(hits.face, 0)
        offset = point - dual[:, :3]
        b = np.clip(np.einsum("ij,ij->i", offset, dual[:, 3:6]), 0, 1)[:, None]
        c = np.clip(np.einsum("ij,ij->i", offset, dual[:, 6:]), 0, 1)[:, None]
        facing = np.einsum("ij,ij->i", self.face_normals.take(hits.face, 0), to_eye)
        corners = self.mesh.faces.take(hits.face, 0) + np.where(facing < 0, self.count, 0)[:, None]
        values = self._table.take(corners[:, 0], 0)
        values *= ONE - b - c
        values += self._table.take(corners[:, 1], 0) * b
        values += self._table.take(corners[:, 2], 0) * c
        slant = np.sqrt(np.maximum(np.abs(facing), np.float32(0.08)))
        footprint = depth * np.float32(2 * view.tangent / size[1]) / slant
        normal = unit(values[:, :3])
        return _Surface(
            point,
            to_eye,
            normal,
            values[:, 3:7],
            values[:, 7:11],
            values[:, 11:14],
            values[:, 14],
            hits.face,
            footprint,
        )

    def _shaded(self, surface: _Surface, material: Material, view: View, curve: Curve) -> np.ndarray:
        maps = self._sampled(surface, material)
        base = surface.colour * material.base
        if "base" in maps:
            base *= maps["base"]
        alpha = _alpha(base[:, 3], material)
        if material.unlit:
            return np.hstack([base[:, :3] * alpha[:, None], alpha[:, None]])
        normal, light = self._detailed(surface, maps.get("normal"), material, view)
        rough = np.full(len(base), material.roughness, np.float32)
        metal = np.full(len(base), material.metallic, np.float32)
        if "surface" in maps:
            rough *= maps["surface"][:, 0]
            metal *= maps["surface"][:, 1]
        openness = surface.openness
        if "occlusion" in maps:
            openness = openness * (ONE + np.float32(material.occlusion) * (maps["occlusion"][:, 0] - ONE))
            light = light * (openness / np.maximum(surface.openness, np.float32(1e-3)))[:, None]
        mirrored, strength = self._specular(
            surface, normal, base[:, :3], metal, np.clip(rough, 0.04, 1), view
        )
        mirrored *= (openness * np.float32(0.75) + np.float32(0.25))[:, None]
        colour = base[:, :3] * light * ((ONE - metal) * alpha)[:, None] + mirrored
        if material.emissive.any():
            colour += material.emissive * maps.get("emissive", ONE)
        cover = alpha + (ONE - alpha) * strength if material.blended else alpha
        if material.cutoff is not None:
            colour *= alpha[:, None]
        return np.hstack([curve(colour), cover[:, None]])

    def _sampled(self, surface: _Surface, material: Material) -> dict[str, np.ndarray]:
        maps = {}
        for stack in material.stacks:
            density = self._density[stack.placement.channel].take(surface.face)
            detail = (
                surface.footprint * density * np.float32(np.sqrt(stack.size[0] * stack.size[1]) * stack.scale)
            )
            values = stack.sample(surface.uv, detail)
            maps.update({name: values[:, place] for name, place in stack.channels.items()})
        return maps

    def _detailed(
        self, surface: _Surface, bump: np.ndarray | None, material: Material, view: View
    ) -> tuple[np.ndarray, np.ndarray]:
        if bump is None:
            return surface.normal, surface.light
        channel = next(s.placement.channel for s in material.stacks if "normal" in s.channels)
        if channel not in self._tangents:
            self._tangents[channel] = tangents(self.mesh, channel)
        frame = self._tangents[channel].take(surface.face, 0)
        scale = np.float32(material.normal_scale)
        bent = surface.normal * bump[:, 2:3] + frame[:, :3] * (bump[:, :1] * scale)
        bent = unit(bent - frame[:, 3:] * (bump[:, 1:2] * scale))
        coefficients = self.studio.coefficients(view.light)
        smooth = np.maximum(irradiance(surface.normal, coefficients), np.float32(0.05))
        ratio = np.clip(irradiance(bent, coefficients) / smooth, np.float32(0.3), np.float32(2.0))
        return bent, surface.light * ratio

    def _specular(
        self,
        surface: _Surface,
        normal: np.ndarray,
        base: np.ndarray,
        metal: np.ndarray,
        rough: np.ndarray,
        view: View,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mirrored studio light and its mean reflectance, with Karis' fit of the split sum."""
        facing = np.einsum("ij,ij->i", normal, surface.to_eye)
        reflected = (2 * facing)[:, None] * normal - surface.to_eye
        turned = reflected @ view.light.T.astype(np.float32)
        facing = np.clip(facing, np.float32(0.02), 1)
        head = ONE - rough
        narrow = np.minimum(head * head, np.exp2(np.float32(-9.28) * facing)) * head
        narrow += np.float32(0.0425) - np.float32(0.0275) * rough
        scale = np.float32(-1.04) * narrow + np.float32(1.04) - np.float32(0.572) * rough
        shift = np.float32(1.04) * narrow + np.float32(0.022) * rough - np.float32(0.04)
        own = np.float32(0.04) * (ONE - metal)[:, None] + base * metal[:, None]
        reflectance = own * scale[:, None] + np.maximum(shift, 0)[:, None]
        return self.studio.reflected(turned, rough) * reflectance, np.clip(reflectance @ THIRDS, 0, 1)


def _alpha(alpha: np.ndarray, material: Material) -> np.ndarray:
    if material.cutoff is not None:
        return (alpha >= material.cutoff).astype(np.float32)
    if not material.blended:
        return np.ones_like(alpha)
    result: np.ndarray = np.clip(alpha, 0, 1) * np.float32(1 - GLASS * min(material.transmission, 1.0))
    return result


def _backwards() -> np.ndarray:
    return np.array([-1, -1, -1, 1, 1, 1, 1, 1, 1, 1, 1], np.float32)


def _dual_vectors(points: np.ndarray, faces: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Per triangle its first corner and two vectors whose products with an offset are corner weights."""
    a = points[faces[:, 0]]
    along, across = points[faces[:, 1]] - a, points[faces[:, 2]] - a
    square = np.maximum(np.einsum("ij,ij->i", flat, flat), 1e-36)[:, None]
    return np.hstack([a, np.cross(across, flat) / square, np.cross(flat, along) / square]).astype(np.float32)
