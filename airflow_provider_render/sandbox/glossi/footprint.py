"""How large a model is, read from the JSON of its GLB alone."""

from __future__ import annotations

import itertools
import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Box = tuple[list[float], list[float]]

UNKNOWN: Box = ([-0.5, 0.0, -0.5], [0.5, 1.0, 0.5])
LARGEST_JSON = 64 << 20


def footprint(path: Path) -> Box:
    """
    Find the box round what a GLB shows; a box of one metre when the file does not tell.

    :param path: a GLB.
    :return: its lowest and its highest corner in metres.
    """
    try:
        corners = np.array(list(_corners(_tree(path))))
        low, high = corners.min(axis=0), corners.max(axis=0)
    except (OSError, ValueError, KeyError, IndexError, TypeError, RecursionError, struct.error):
        return UNKNOWN
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return UNKNOWN
    return low.tolist(), high.tolist()


def _tree(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        magic, _, _, length, _ = struct.unpack("<4sIIII", file.read(20))
        if magic != b"glTF" or length > LARGEST_JSON:
            raise ValueError("not a GLB")
        tree: dict[str, Any] = json.loads(file.read(length))
    return tree


def _corners(tree: dict[str, Any]) -> Iterator[np.ndarray]:
    scene = tree["scenes"][tree.get("scene", 0)]
    pending = [(index, np.eye(4)) for index in scene["nodes"]]
    while pending:
        index, parent = pending.pop()
        node = tree["nodes"][index]
        matrix = parent @ _matrix(node)
        pending += [(child, matrix) for child in node.get("children", [])]
        if "mesh" in node:
            for primitive in tree["meshes"][node["mesh"]]["primitives"]:
                bounds = tree["accessors"][primitive["attributes"]["POSITION"]]
                for corner in itertools.product(*zip(bounds["min"], bounds["max"], strict=True)):
                    yield (matrix @ [*corner, 1.0])[:3]


def _matrix(node: dict[str, Any]) -> np.ndarray:
    if "matrix" in node:
        return np.array(node["matrix"], float).reshape(4, 4).T
    x, y, z, w = node.get("rotation", (0, 0, 0, 1))
    matrix = np.eye(4)
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix[:3, :3] = turn * np.array(node.get("scale", (1, 1, 1)), float)
    matrix[:3, 3] = node.get("translation", (0, 0, 0))
    return matrix
