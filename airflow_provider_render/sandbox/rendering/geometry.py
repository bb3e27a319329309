"""From a glTF document to one triangle mesh in world space."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import ModelError
from .listing import VARIANTS, variant_names
from .normals import corner_normals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .document import Document

MOST_TRIANGLES = 6_000_000


@dataclass
class Piece:
    """One primitive of one node, in world space.

    :param names: node, mesh and material name.
    :param uv: first and second texture coordinates, ``(vertices, 4)``.
    :param colours: linear RGBA factors.
    :param material: index in the document, or -1.
    :param variants: index by variant name, where a variant shows another material.
    """

    names: tuple[str, str, str]
    points: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    colours: np.ndarray
    faces: np.ndarray
    material: int
    variants: dict[str, int] = field(default_factory=dict)


def read_pieces(document: Document) -> list[Piece]:
    """Every triangle primitive that the scene shows.

    :raises ModelError: a reference, an index or a position is wrong, or there are no triangles.
    """
    pieces: list[Piece] = []
    total = 0
    for node, matrix in _placed_nodes(document):
        for piece in _mesh_pieces(document, node, matrix):
            total += len(piece.faces)
            if total > MOST_TRIANGLES:
                raise ModelError(f"the model has more than {MOST_TRIANGLES} triangles")
            pieces.append(piece)
    if not pieces:
        raise ModelError("the model shows no triangles: no node of the scene has a mesh with triangles")
    return pieces


def _placed_nodes(document: Document) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    pending = [(index, "the scene", np.eye(4)) for index in reversed(_roots(document))]
    seen: set[int] = set()
    while pending:
        index, user, parent = pending.pop()
        node = document.entry("nodes", index, user)
        if index in seen:
            raise ModelError(f"node {index} appears twice in the node tree: a cycle or a second parent")
        seen.add(index)
        matrix = parent @ _local_matrix(node, index)
        children = reversed(node.get("children") or [])
        pending += [(child, f"node {index}", matrix) for child in children]
        if "mesh" in node:
            yield {"name": f"node {index}", **node}, matrix


def _roots(document: Document) -> list[int]:
    tree = document.tree
    if tree.get("scenes"):
        scene = document.entry("scenes", tree.get("scene", 0), "the default scene")
        return list(scene.get("nodes") or [])
    nodes = tree.get("nodes") or []
    children = {child for node in nodes for child in node.get("children") or []}
    return [index for index in range(len(nodes)) if index not in children]


def _local_matrix(node: dict[str, Any], index: int) -> np.ndarray:
    try:
        matrix = _matrix_of(node)
    except (ValueError, TypeError):
        raise ModelError(f"node {index} has a malformed transform") from None
    if not np.isfinite(matrix).all():
        raise ModelError(f"node {index} has a transform that is not finite")
    return matrix


def _matrix_of(node: dict[str, Any]) -> np.ndarray:
    if "matrix" in node:
        return np.array(node["matrix"], float).reshape(4, 4).T
    x, y, z, w = (float(value) for value in node.get("rotation", (0, 0, 0, 1)))
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * np.array(node.get("scale", (1, 1, 1)), float).reshape(3)
    matrix[:3, 3] = np.array(node.get("translation", (0, 0, 0)), float).reshape(3)
    return matrix


def _mesh_pieces(document: Document, node: dict[str, Any], matrix: np.ndarray) -> Iterator[Piece]:
    mesh = document.entry("meshes", node["mesh"], str(node["name"]))
    name = str(mesh.get("name") or f"mesh {node['mesh']}")
    for number, primitive in enumerate(mesh.get("primitives") or []):
        if primitive.get("mode", 4) in (4, 5, 6):
            user = f"mesh {name!r}, primitive {number}"
            yield _piece(document, primitive, (str(node["name"]), name), matrix, user)


def _piece(
    document: Document, primitive: dict[str, Any], names: tuple[str, str], matrix: np.ndarray, user: str
) -> Piece:
    attributes = primitive.get("attributes") or {}
    local = _positions(document, attributes, user)
    faces = _faces(document, primitive, len(local), user)
    if np.linalg.det(matrix[:3, :3]) < 0:
        faces = faces[:, ::-1]
    points = (local @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32)
    if not np.isfinite(points).all() or np.abs(points).max() > 1e15:
        raise ModelError(f"{user} has positions that are not finite in the scene")
    uv = np.concatenate([_texture_coordinates(document, attributes, k, len(local), user) for k in (0, 1)], 1)
    colours = _colours(document, attributes, len(local), user)
    index = primitive.get("material", -1)
    material = document.entry("materials", index, user) if index != -1 else {}
    labels = (*names, str(material.get("name") or (f"material {index}" if index != -1 else "default")))
    variants = variant_materials(document, primitive, user)
    if "NORMAL" in attributes:
        normals = _world_normals(_attribute(document, attributes, "NORMAL", 3, len(local), user), matrix)
        return Piece(labels, points, normals, uv, colours, faces, index, variants)
    flat = faces.ravel()
    split = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
    normals = corner_normals(points, faces)
    return Piece(labels, points[flat], normals, uv[flat], colours[flat], split, index, variants)


def variant_materials(document: Document, primitive: dict[str, Any], user: str) -> dict[str, int]:
    """Material index by variant name of a primitive, after KHR_materials_variants."""
    names = variant_names(document.tree)
    found: dict[str, int] = {}
    more = (primitive.get("extensions") or {}).get(VARIANTS) or {}
    for mapping in more.get("mappings") or []:
        document.entry("materials", mapping.get("material"), user)
        for number in mapping.get("variants") or []:
            if not 0 <= number < len(names):
                raise ModelError(f"{user} refers to variant {number}, but the file has {len(names)}")
            found[names[number]] = mapping["material"]
    return found


def _positions(document: Document, attributes: dict[str, Any], user: str) -> np.ndarray:
    if "POSITION" not in attributes:
        raise ModelError(f"{user} has no POSITION")
    points = document.accessor(attributes["POSITION"], f"POSITION of {user}")
    if points.shape[1] != 3:
        raise ModelError(f"POSITION of {user} is not a VEC3")
    if not np.isfinite(points).all():
        raise ModelError(f"POSITION of {user} holds values that are not finite (NaN or infinity)")
    return points.astype(np.float64)


def _attribute(
    document: Document, attributes: dict[str, Any], key: str, width: int, count: int, user: str
) -> np.ndarray:
    values = document.accessor(attributes[key], f"{key} of {user}")
    if values.shape != (count, width):
        raise ModelError(f"{key} of {user} has shape {values.shape}, but {(count, width)} is needed")
    return np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)


def _texture_coordinates(
    document: Document, attributes: dict[str, Any], which: int, count: int, user: str
) -> np.ndarray:
    key = f"TEXCOORD_{which}"
    if key not in attributes:
        return np.zeros((count, 2), np.float32)
    return _attribute(document, attributes, key, 2, count, user)


def _colours(document: Document, attributes: dict[str, Any], count: int, user: str) -> np.ndarray:
    colours = np.ones((count, 4), np.float32)
    if "COLOR_0" in attributes:
        values = document.accessor(attributes["COLOR_0"], f"COLOR_0 of {user}").astype(np.float32)
        if len(values) != count or values.shape[1] not in (3, 4):
            raise ModelError(f"COLOR_0 of {user} does not fit its {count} positions")
        colours[:, : values.shape[1]] = np.clip(np.nan_to_num(values), 0, 1)
    return colours


def _faces(document: Document, primitive: dict[str, Any], count: int, user: str) -> np.ndarray:
    if "indices" in primitive:
        values = document.accessor(primitive["indices"], f"indices of {user}")
        if values.dtype.kind != "u" or values.shape[1] != 1:
            raise ModelError(f"the indices of {user} are not unsigned integers")
        if values.max() >= count:
            raise ModelError(f"{user} uses vertex {values.max()}, but has only {count} vertices")
        order = values.ravel().astype(np.int32)
    else:
        order = np.arange(count, dtype=np.int32)
    return _triangles(order, primitive.get("mode", 4))


def _triangles(order: np.ndarray, mode: int) -> np.ndarray:
    if mode == 4:
        return order[: len(order) // 3 * 3].reshape(-1, 3)
    if mode == 6:
        return np.stack([np.full(max(len(order) - 2, 0), order[0]), order[1:-1], order[2:]], 1)
    strip = np.stack([order[:-2], order[1:-1], order[2:]], 1)
    strip[1::2] = strip[1::2, ::-1]
    return strip


def _world_normals(normals: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    linear = matrix[:3, :3]
    if abs(np.linalg.det(linear)) < 1e-30:
        return normals
    turned = normals @ np.linalg.inv(linear).astype(np.float32)
    length = np.linalg.norm(turned, axis=1, keepdims=True)
    result: np.ndarray = (turned / np.maximum(length, 1e-20)).astype(np.float32)
    return result
