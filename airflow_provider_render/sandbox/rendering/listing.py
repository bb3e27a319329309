"""What a glTF file offers by name, read from its JSON alone; imports no numpy and never raises."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

VARIANTS = "KHR_materials_variants"
MOST_BYTES = 64 << 20
HEAD = struct.Struct("<4sIII4s")


def variants(path: str | Path) -> list[str]:
    """Names of the material variants of a .glb or .gltf; empty for other and for broken files."""
    return _listed(path, variant_names)


def materials(path: str | Path) -> list[str]:
    """Names of the materials of a .glb or .gltf, as ``materials`` and ``parts`` of a spec take them.

    Empty for other and for broken files.
    """
    return _listed(path, lambda tree: _names(tree, "materials", "material"))


def nodes(path: str | Path) -> list[str]:
    """Names of the nodes of a .glb or .gltf, as ``parts`` of a spec takes them.

    Empty for other and for broken files.
    """
    return _listed(path, lambda tree: _names(tree, "nodes", "node"))


def variant_names(tree: dict[str, Any]) -> list[str]:
    """The variants that the JSON of a glTF file declares, in its order."""
    more = (tree.get("extensions") or {}).get(VARIANTS) or {}
    return [str(entry.get("name") or f"variant {k}") for k, entry in enumerate(more.get("variants") or [])]


def _names(tree: dict[str, Any], kind: str, word: str) -> list[str]:
    return [str(entry.get("name") or f"{word} {k}") for k, entry in enumerate(tree.get(kind) or [])]


def _listed(path: str | Path, names: Any) -> list[str]:
    try:
        found: list[str] = names(_tree(Path(path)))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, MemoryError):
        return []
    return found


def _tree(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        head = file.read(HEAD.size)
        if head[:4] == b"glTF" and len(head) == HEAD.size:
            _, _, _, size, kind = HEAD.unpack(head)
            text = file.read(size) if kind == b"JSON" and size <= MOST_BYTES else b""
        elif path.suffix.lower() == ".gltf":
            text = head + file.read(MOST_BYTES)
        else:
            text = b"{}"
    tree: dict[str, Any] = json.loads(text.decode("utf-8-sig"))
    return tree
