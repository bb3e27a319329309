"""The models of a job as files in other formats."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from .combine import combined
from .convert import as_model_error, container, to_glb
from .edits import edit, without_variants
from .errors import ModelError
from .geometry import read_pieces
from .packages import base_coordinates, write_obj_package
from .triangles import dxf, obj, stl
from .usd import write_usdz

if TYPE_CHECKING:
    from .document import Document
    from .edits import Gltf
    from .geometry import Piece
    from .spec import ModelExport, PlacedModel


def refuse_formats(names: Iterable[str]) -> None:
    """Finds exports that no model can become, before any work is done.

    :raises ModelError: one of the names ends in ``.step`` or ``.stp``.
    """
    for name in names:
        if name.lower().endswith((".step", ".stp")):
            raise ModelError(
                f"{name} cannot be made: STEP holds exact surfaces (a B-rep), and a mesh has none; "
                "choose .glb, .usdz, .stl, .obj, .zip (OBJ with textures) or .dxf"
            )


def write_export(path: Path, product: ModelExport, placed: list[PlacedModel], single: bool) -> None:
    """Writes a model export.

    :param path: where to, whatever its ending; the product's name decides the format.
    :param single: the job shows one model as its file has it.
    :raises ModelError: a model is broken, or a part or variant is not there.
    """
    ending = Path(product.name).suffix.lower()
    unchanged = not product.materials and product.parts is None and product.variant is None
    if ending == ".glb" and single and unchanged:
        to_glb(Path(placed[0].model), path)
        return
    with as_model_error():
        gltf = combined(placed)
        edit(gltf, product)
        document = gltf.document
        pieces = read_pieces(document)
        if ending == ".glb":
            path.write_bytes(_glb(gltf, product.variant))
        else:
            _write_pieces(path, ending, document, pieces)


def _glb(gltf: Gltf, variant: str | None) -> bytes:
    if variant is not None:
        without_variants(gltf.tree)
    return container(gltf.tree, gltf.body)


def _write_pieces(path: Path, ending: str, document: Document, pieces: list[Piece]) -> None:
    match ending:
        case ".usdz":
            write_usdz(path, document, pieces)
        case ".zip":
            write_obj_package(path, document, pieces)
        case ".obj":
            path.write_bytes(obj(pieces, lambda piece: base_coordinates(document, piece), None))
        case ".dxf":
            path.write_bytes(dxf(pieces))
        case _:
            path.write_bytes(stl(pieces))
