"""glTF metallic-roughness materials, ready for shading."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import ModelError
from .srgb import LINEAR, PLAIN
from .textures import REPEAT, MapStack, Placement, read_image, stack_maps

if TYPE_CHECKING:
    from PIL import Image

    from .document import Document

GREY = np.array([0.2126, 0.7152, 0.0722], np.float32)
SIGNED = (np.arange(256, dtype=np.float32) - 127.5) / np.float32(127.5)


@dataclass(frozen=True)
class Material:
    """What a surface looks like; colours are linear.

    :param base: RGBA factor.
    :param cutoff: alpha below which a cut-out surface is not there; None for other modes.
    :param blended: translucent by its alpha.
    :param single_sided: the back is not drawn.
    """

    name: str
    base: np.ndarray
    metallic: float = 0.0
    roughness: float = 0.7
    emissive: np.ndarray = field(default_factory=lambda: np.zeros(3, np.float32))
    normal_scale: float = 1.0
    occlusion: float = 1.0
    cutoff: float | None = None
    blended: bool = False
    transmission: float = 0.0
    unlit: bool = False
    stacks: tuple[MapStack, ...] = ()

    @property
    def layered(self) -> bool:
        """Whether something behind the surface may show through."""
        return self.blended or self.cutoff is not None

    def has(self, name: str) -> bool:
        """Whether one of the stacks carries the map."""
        return any(name in stack.channels for stack in self.stacks)


DEFAULT = Material("default", np.array([0.6, 0.6, 0.62, 1], np.float32))


def read_materials(document: Document, limit: int) -> list[Material]:
    """All materials of the document, and the default one at the end.

    :param limit: largest texture side in pixels.
    :raises ModelError: a texture is missing or broken.
    """
    images: dict[Any, Image.Image] = {}
    entries = document.tree.get("materials") or []
    named = [
        {"name": f"material {k}", **document.entry("materials", k, "a mesh")} for k in range(len(entries))
    ]
    return [_material(document, entry, limit, images) for entry in named] + [DEFAULT]


def linear_colour(text: str) -> np.ndarray:
    """``#rrggbb`` as linear RGB."""
    return LINEAR[[int(text[k : k + 2], 16) for k in (1, 3, 5)]]


def recoloured(
    material: Material, colour: str | None, roughness: float | None, metallic: float | None
) -> Material:
    """The material of a variant; a base-colour texture keeps its pattern around the new colour."""
    if colour is not None:
        wanted = linear_colour(colour)
        stacks = tuple(_grey_base(stack) for stack in material.stacks)
        material = replace(material, base=np.append(wanted, material.base[3]), stacks=stacks)
    if roughness is not None or metallic is not None:
        material = replace(material, stacks=tuple(s for s in map(_without_surface, material.stacks) if s))
    return replace(
        material,
        roughness=material.roughness if roughness is None else roughness,
        metallic=material.metallic if metallic is None else metallic,
    )


def _grey_base(stack: MapStack) -> MapStack:
    place = stack.channels.get("base")
    if place is None:
        return stack
    texels = stack.texels.copy()
    grey = texels[:, place][:, :3] @ GREY
    texels[:, place.start : place.start + 3] = (grey / max(float(grey.mean()), 1e-4))[:, None]
    return replace(stack, texels=texels)


def _without_surface(stack: MapStack) -> MapStack | None:
    channels = {name: place for name, place in stack.channels.items() if name != "surface"}
    return replace(stack, channels=channels) if channels else None


def _material(
    document: Document, entry: dict[str, Any], limit: int, images: dict[Any, Image.Image]
) -> Material:
    pbr = entry.get("pbrMetallicRoughness") or {}
    more = entry.get("extensions") or {}
    maps = _Maps(document, limit, images, str(entry["name"]))
    maps.add("base", pbr.get("baseColorTexture"), "RGBA", LINEAR)
    maps.add("surface", pbr.get("metallicRoughnessTexture"), "GB", PLAIN)
    maps.add("normal", entry.get("normalTexture"), "RGB", SIGNED)
    maps.add("emissive", entry.get("emissiveTexture"), "RGB", LINEAR)
    maps.add("occlusion", entry.get("occlusionTexture"), "R", PLAIN)
    base = _numbers(pbr, "baseColorFactor", (1, 1, 1, 1), maps.user)
    transmission = float((more.get("KHR_materials_transmission") or {}).get("transmissionFactor", 0))
    mode = entry.get("alphaMode", "OPAQUE")
    strength = float((more.get("KHR_materials_emissive_strength") or {}).get("emissiveStrength", 1))
    return Material(
        str(entry["name"]),
        base,
        metallic=float(pbr.get("metallicFactor", 1)),
        roughness=float(pbr.get("roughnessFactor", 1)),
        emissive=_numbers(entry, "emissiveFactor", (0, 0, 0), maps.user) * np.float32(strength),
        normal_scale=float((entry.get("normalTexture") or {}).get("scale", 1)),
        occlusion=float((entry.get("occlusionTexture") or {}).get("strength", 1)),
        cutoff=float(entry.get("alphaCutoff", 0.5)) if mode == "MASK" else None,
        blended=transmission > 0 or (mode == "BLEND" and (base[3] < 0.99 or maps.translucent)),
        transmission=transmission,
        unlit="KHR_materials_unlit" in more,
        stacks=maps.stacks(),
    )


class _Maps:
    """Collects the maps of one material and groups them by placement."""

    def __init__(self, document: Document, limit: int, images: dict[Any, Image.Image], name: str) -> None:
        self.document = document
        self.limit = limit
        self.images = images
        self.user = f"material {name!r}"
        self.translucent = False
        self.groups: dict[Placement, dict[str, tuple[Image.Image, str, np.ndarray]]] = {}

    def add(self, name: str, info: dict[str, Any] | None, bands: str, table: np.ndarray) -> None:
        if not info:
            return
        texture = self.document.entry("textures", info.get("index"), self.user)
        source = texture_source(texture)
        if source not in self.images:
            self.images[source] = read_image(self.document, source, self.limit, self.user)
        picture = self.images[source]
        if bands == "RGBA" and picture.mode == "RGBA":
            self.translucent = bool(np.asarray(picture.getchannel("A")).min() < 250)
        self.groups.setdefault(placement(self.document, info, texture, self.user), {})[name] = (
            picture,
            bands,
            table,
        )

    def stacks(self) -> tuple[MapStack, ...]:
        return tuple(stack_maps(placement, maps) for placement, maps in self.groups.items())


def texture_source(texture: dict[str, Any]) -> Any:
    """Number of the image of a texture, its WebP form where it has one."""
    webp = (texture.get("extensions") or {}).get("EXT_texture_webp") or {}
    return webp.get("source", texture.get("source"))


def placement(document: Document, info: dict[str, Any], texture: dict[str, Any], user: str) -> Placement:
    """How a material's reference to a texture places it.

    :param info: the reference.
    :param texture: what it refers to.
    """
    sampler = document.entry("samplers", texture["sampler"], user) if "sampler" in texture else {}
    moved = (info.get("extensions") or {}).get("KHR_texture_transform") or {}
    channel = moved.get("texCoord", info.get("texCoord", 0))
    wrap = (sampler.get("wrapS", REPEAT), sampler.get("wrapT", REPEAT))
    return Placement(1 if channel == 1 else 0, _transform(moved), wrap)


def _transform(moved: dict[str, Any]) -> tuple[float, ...]:
    if not moved:
        return Placement.transform
    x, y = (float(value) for value in moved.get("offset", (0, 0)))
    width, height = (float(value) for value in moved.get("scale", (1, 1)))
    cos, sin = math.cos(moved.get("rotation", 0)), math.sin(moved.get("rotation", 0))
    return (cos * width, sin * height, x, -sin * width, cos * height, y)


def _numbers(entry: dict[str, Any], key: str, default: tuple[float, ...], user: str) -> np.ndarray:
    try:
        values = np.array(entry.get(key, default), np.float32).reshape(len(default))
    except (ValueError, TypeError):
        raise ModelError(f"{user} has a malformed {key}") from None
    return np.clip(np.nan_to_num(values), 0, 100)
