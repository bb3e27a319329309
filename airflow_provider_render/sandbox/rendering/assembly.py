"""From the files of a job to one mesh: every model loaded once, dressed and put in its place."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .convert import as_model_error, load_document
from .errors import ModelError
from .geometry import MOST_TRIANGLES, read_pieces
from .listing import variant_names
from .material import Material, read_materials, recoloured
from .mesh import Mesh, merge

if TYPE_CHECKING:
    from .geometry import Piece
    from .spec import MaterialChange, PlacedModel


@dataclass(frozen=True)
class _Model:
    """A file as loaded.

    :param materials: the file's, and the default one at the end.
    """

    pieces: list[Piece]
    materials: list[Material]
    variants: list[str]


def assembled(placed: list[PlacedModel], texture_limit: int) -> tuple[Mesh, set[str]]:
    """All models as one mesh, and the names of the variants that it can show.

    :param texture_limit: largest texture side to keep, in pixels; halved for every four times the models.
    :raises ModelError: a model is broken, or what is asked of it is not there.
    """
    paths = {model.model for model in placed}
    limit = max(256, texture_limit >> ((len(paths) - 1).bit_length() + 1) // 2)
    loaded: dict[str, _Model] = {}
    pieces: list[Piece] = []
    materials: list[Material] = []
    for model in placed:
        if model.model not in loaded:
            loaded[model.model] = _load(Path(model.model), limit)
        own, look = _dressed(loaded[model.model], model)
        pieces += _put(own, model, len(materials), len(look) - 1)
        materials += look
        if sum(len(piece.faces) for piece in pieces) > MOST_TRIANGLES:
            raise ModelError(f"the scene has more than {MOST_TRIANGLES} triangles")
    with as_model_error():
        return merge(pieces, materials), {name for model in loaded.values() for name in model.variants}


def changed(material: Material, changes: dict[str, MaterialChange]) -> Material:
    """The material after the changes whose pattern fits its name."""
    for pattern, change in changes.items():
        if fnmatch.fnmatchcase(material.name, pattern):
            material = recoloured(material, change.color, change.roughness, change.metallic)
    return material


def chosen(names: Iterable[tuple[str, str, str]], parts: list[str]) -> list[bool]:
    """Which of the pieces with these node, mesh and material names are among the parts.

    :raises ModelError: none is.
    """
    wanted = [any(fnmatch.fnmatchcase(name, part) for name in three for part in parts) for three in names]
    if not any(wanted):
        raise ModelError(f"no node, mesh or material of the model is called {' or '.join(parts)}")
    return wanted


def known_variant(name: str, names: Iterable[str]) -> str:
    """The name, if it is among the names.

    :raises ModelError: it is not; the message lists those that are.
    """
    there = sorted(names)
    if name not in there:
        offer = f"it has {', '.join(there)}" if there else "it has none"
        raise ModelError(f"the model has no variant called {name!r}: {offer}")
    return name


def placing(model: PlacedModel) -> np.ndarray:
    """The 4 x 4 matrix from the model's space into the scene's."""
    matrix = np.eye(4)
    for axis, degrees in enumerate(model.rotation):
        one, two = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(4)
        turn[one, one] = turn[two, two] = math.cos(math.radians(degrees))
        turn[two, one] = math.sin(math.radians(degrees))
        turn[one, two] = -turn[two, one]
        matrix = turn @ matrix
    matrix[:3, :3] *= model.scale
    matrix[:3, 3] = model.position
    return matrix


def _load(path: Path, texture_limit: int) -> _Model:
    document = load_document(path)
    with as_model_error():
        materials = read_materials(document, texture_limit)
        return _Model(read_pieces(document), materials, variant_names(document.tree))


def _dressed(model: _Model, wanted: PlacedModel) -> tuple[list[Piece], list[Material]]:
    pieces = model.pieces
    if wanted.parts is not None:
        kept = chosen([piece.names for piece in pieces], wanted.parts)
        pieces = [piece for piece, keep in zip(pieces, kept, strict=True) if keep]
    if wanted.variant is not None:
        name = known_variant(wanted.variant, model.variants)
        pieces = [replace(piece, material=piece.variants.get(name, piece.material)) for piece in pieces]
    return pieces, [changed(material, wanted.materials) for material in model.materials]


def _put(pieces: list[Piece], model: PlacedModel, first: int, default: int) -> list[Piece]:
    matrix = placing(model)
    moved = not np.array_equal(matrix, np.eye(4))
    return [_numbered(_moved(p, matrix, model.scale) if moved else p, first, default) for p in pieces]


def _numbered(piece: Piece, first: int, default: int) -> Piece:
    variants = {name: first + number for name, number in piece.variants.items()}
    material = first + (piece.material if piece.material >= 0 else default)
    return replace(piece, material=material, variants=variants)


def _moved(piece: Piece, matrix: np.ndarray, scale: float) -> Piece:
    linear = matrix[:3, :3]
    points = (piece.points.astype(np.float64) @ linear.T + matrix[:3, 3]).astype(np.float32)
    normals = (piece.normals @ (linear / scale).T).astype(np.float32)
    return replace(piece, points=points, normals=normals)
