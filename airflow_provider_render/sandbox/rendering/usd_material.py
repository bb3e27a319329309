"""A glTF material as a UsdPreviewSurface network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .material import placement
from .shade import GLASS
from .textures import CLAMP, MIRROR

if TYPE_CHECKING:
    from .document import Document
    from .packages import TextureFiles
    from .textures import Placement

SCOPE = "/Root/Materials"
WRAPS = {CLAMP: "clamp", MIRROR: "mirror"}
TEXTURE = """            def Shader "{name}"
            {{
                uniform token info:id = "UsdUVTexture"
                float4 inputs:bias = {bias}
                asset inputs:file = @{file}@
                float4 inputs:scale = {scale}
                token inputs:sourceColorSpace = "{space}"
                float2 inputs:st.connect = <{path}/{reader}.outputs:result>
                token inputs:wrapS = "{wrap[0]}"
                token inputs:wrapT = "{wrap[1]}"
                float outputs:a
                float outputs:b
                float outputs:g
                float outputs:r
                float3 outputs:rgb
            }}
"""
READER = """            def Shader "{name}"
            {{
                uniform token info:id = "UsdPrimvarReader_{kind}"
                string inputs:varname = "{name}"
                {kind} outputs:result
            }}
"""
NOTHING = (0.0, 0.0, 0.0, 0.0)


class Surface:
    """One material.

    :param name: unique among the materials.
    :param tinted: colours of the vertices multiply the base colour.
    """

    def __init__(
        self, document: Document, number: int, name: str, textures: TextureFiles, tinted: bool
    ) -> None:
        self.entry = document.entry("materials", number, "a mesh")
        self.path = f"{SCOPE}/{name}"
        self.double_sided = bool(self.entry.get("doubleSided"))
        self.placements: dict[Placement, str] = {}
        self._document, self._textures = document, textures
        self._nodes: list[str] = []
        pbr = self.entry.get("pbrMetallicRoughness") or {}
        # A preview surface has no product of two colours: a texture wins over the vertices.
        self.tinted = tinted and not pbr.get("baseColorTexture")
        inputs = [*self._base(pbr), *self._surface(pbr), *self._details()]
        self.text = self._written(name, inputs)

    def _base(self, pbr: dict[str, Any]) -> list[str]:
        factor = tuple(float(value) for value in pbr.get("baseColorFactor", (1, 1, 1, 1)))
        mode = self.entry.get("alphaMode", "OPAQUE")
        glass = (self.entry.get("extensions") or {}).get("KHR_materials_transmission") or {}
        clear = 1 - GLASS * float(glass.get("transmissionFactor", 0))
        factor = (*factor[:3], (1.0 if mode == "OPAQUE" else factor[3]) * clear)
        info = pbr.get("baseColorTexture")
        lines = [f"float inputs:opacityThreshold = {self.entry.get('alphaCutoff', 0.5):.6g}"]
        lines = lines if mode == "MASK" else []
        if info:
            node = self._texture("base", info, "sRGB", factor)
            opacity = f".connect = <{node}.outputs:a>" if mode != "OPAQUE" else f" = {factor[3]:.6g}"
            return [
                *lines,
                f"color3f inputs:diffuseColor.connect = <{node}.outputs:rgb>",
                f"float inputs:opacity{opacity}",
            ]
        return [*lines, self._plain_colour(factor), f"float inputs:opacity = {factor[3]:.6g}"]

    def _plain_colour(self, factor: tuple[float, ...]) -> str:
        if not self.tinted:
            return f"color3f inputs:diffuseColor = {_tuple(factor[:3])}"
        self._nodes.append(READER.format(name="displayColor", kind="float3"))
        return f"color3f inputs:diffuseColor.connect = <{self.path}/displayColor.outputs:result>"

    def _surface(self, pbr: dict[str, Any]) -> list[str]:
        rough, metal = float(pbr.get("roughnessFactor", 1)), float(pbr.get("metallicFactor", 1))
        info = pbr.get("metallicRoughnessTexture")
        if not info:
            return [f"float inputs:metallic = {metal:.6g}", f"float inputs:roughness = {rough:.6g}"]
        node = self._texture("surface", info, "raw", (1.0, rough, metal, 1.0))
        return [
            f"float inputs:metallic.connect = <{node}.outputs:b>",
            f"float inputs:roughness.connect = <{node}.outputs:g>",
        ]

    def _details(self) -> list[str]:
        lines = []
        if info := self.entry.get("normalTexture"):
            depth = float(info.get("scale", 1))
            node = self._texture("normal", info, "raw", (2 * depth, 2 * depth, 2, 1), (-depth, -depth, -1, 0))
            lines.append(f"normal3f inputs:normal.connect = <{node}.outputs:rgb>")
        if info := self.entry.get("occlusionTexture"):
            strength = float(info.get("strength", 1))
            bias = (1 - strength,) * 3
            node = self._texture("occlusion", info, "raw", (strength,) * 3 + (1.0,), (*bias, 0.0))
            lines.append(f"float inputs:occlusion.connect = <{node}.outputs:r>")
        return [*lines, *self._glow()]

    def _glow(self) -> list[str]:
        more = (self.entry.get("extensions") or {}).get("KHR_materials_emissive_strength") or {}
        strength = float(more.get("emissiveStrength", 1))
        glow = tuple(float(value) * strength for value in self.entry.get("emissiveFactor", (0, 0, 0)))
        info = self.entry.get("emissiveTexture")
        if not any(glow):
            return []
        if not info:
            return [f"color3f inputs:emissiveColor = {_tuple(glow)}"]
        node = self._texture("glow", info, "sRGB", (*glow, 1.0))
        return [f"color3f inputs:emissiveColor.connect = <{node}.outputs:rgb>"]

    def _texture(
        self,
        name: str,
        info: dict[str, Any],
        space: str,
        scale: tuple[float, ...],
        bias: tuple[float, ...] = NOTHING,
    ) -> str:
        """Adds a texture and returns its path."""
        user = f"material {self.entry['name']!r}"
        texture = self._document.entry("textures", info.get("index"), user)
        place = placement(self._document, info, texture, user)
        reader = self.placements.setdefault(place, f"st{len(self.placements)}")
        text = TEXTURE.format(
            name=name,
            path=self.path,
            reader=reader,
            file=self._textures.name(info, user),
            space=space,
            scale=_tuple(scale),
            bias=_tuple(bias),
            wrap=[WRAPS.get(mode, "repeat") for mode in place.wrap],
        )
        self._nodes.append(text)
        return f"{self.path}/{name}"

    def _written(self, name: str, inputs: list[str]) -> str:
        readers = [READER.format(name=reader, kind="float2") for reader in self.placements.values()]
        lines = ['uniform token info:id = "UsdPreviewSurface"', *inputs, "token outputs:surface"]
        body = "".join(f"                {line}\n" for line in lines)
        return (
            f'        def Material "{name}"\n        {{\n'
            f"            token outputs:surface.connect = <{self.path}/Surface.outputs:surface>\n\n"
            f'            def Shader "Surface"\n            {{\n{body}            }}\n'
            + "".join([*self._nodes, *readers])
            + "        }\n"
        )


def _tuple(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in values) + ")"
