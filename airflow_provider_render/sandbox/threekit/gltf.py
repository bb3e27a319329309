"""What a GLB says about itself, read from its JSON chunk alone."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

HEADER = struct.Struct("<4sII")
CHUNK = struct.Struct("<I4s")
LARGEST_JSON = 64 << 20


class NotAGlb(Exception):  # noqa: N818
    """The file is no GLB that could be read."""


@dataclass(frozen=True)
class Facts:
    """
    Names inside a model.

    :param materials: in the file's order.
    :param variants: of ``KHR_materials_variants``.
    :param main: the first material, and those that variants put in its place.
    :param span: longest side of its largest mesh, in its own units; 0 if it does not say.
    """

    materials: tuple[str, ...]
    variants: tuple[str, ...]
    main: tuple[str, ...]
    span: float


def inspect(path: Path) -> Facts:
    """
    Read a GLB's names.

    :raises NotAGlb: with one sentence.
    """
    tree = _tree(path)
    extension = _entry(_entry(tree, "extensions", dict), "KHR_materials_variants", dict)
    materials, variants = _entry(tree, "materials", list), _entry(extension, "variants", list)
    names = _names(materials, "material")
    main = tuple(names[index] for index in sorted(_main(tree)) if index < len(names))
    return Facts(names, _names(variants, "variant"), main, _span(tree))


def _tree(path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEADER.size + CHUNK.size)
        if len(head) < HEADER.size + CHUNK.size or not head.startswith(b"glTF"):
            raise NotAGlb("The file is not a GLB")
        _, version, length = HEADER.unpack(head[: HEADER.size])
        chunk, kind = CHUNK.unpack(head[HEADER.size :])
        if version != 2:
            raise NotAGlb(f"The GLB has version {version}, only 2 can be read")
        if length > size or kind != b"JSON" or chunk > min(size, LARGEST_JSON):
            raise NotAGlb("The GLB is damaged: it is shorter than its header says")
        return _parsed(file.read(chunk))


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAGlb("The GLB is damaged: its JSON cannot be read") from error
    if not isinstance(tree, dict) or not tree.get("meshes"):
        raise NotAGlb("The GLB holds no mesh")
    return tree


def _entry(tree: dict[str, Any], name: str, kind: type[Any]) -> Any:
    found = tree.get(name)
    return found if isinstance(found, kind) else kind()


def _names(entries: list[Any], word: str) -> tuple[str, ...]:
    named = [entry if isinstance(entry, dict) else {} for entry in entries]
    return tuple(str(entry.get("name") or f"{word} {index}") for index, entry in enumerate(named))


def _main(tree: dict[str, Any]) -> set[int]:
    meshes = [each for each in _entry(tree, "meshes", list) if isinstance(each, dict)]
    primitives = [
        part for mesh in meshes for part in _entry(mesh, "primitives", list) if isinstance(part, dict)
    ]
    found = {0}
    for part in primitives:
        extension = _entry(_entry(part, "extensions", dict), "KHR_materials_variants", dict)
        mappings = [each for each in _entry(extension, "mappings", list) if isinstance(each, dict)]
        used = {index for each in [part, *mappings] if isinstance(index := each.get("material"), int)}
        found |= used if 0 in used else set()
    return found


def _span(tree: dict[str, Any]) -> float:
    accessors = [each for each in _entry(tree, "accessors", list) if isinstance(each, dict)]
    solid = [each for each in accessors if each.get("type") == "VEC3" and "min" in each and "max" in each]
    try:
        sides = [high - low for each in solid for low, high in zip(each["min"], each["max"], strict=True)]
        return float(max(sides, default=0))
    except (TypeError, ValueError):
        return 0.0
