"""Any accepted model as one self-contained GLB."""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from .document import Document, open_document
from .errors import ModelError
from .geometry import read_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

BARE = (".obj", ".stl", ".ply")
READ = ".glb, .gltf, .zip (one OBJ with its textures), .obj, .stl and .ply"
FOREIGN = (
    *(".3dm", ".3ds", ".3mf", ".abc", ".blend", ".c4d", ".dae", ".dwg", ".dxf", ".fbx", ".iges", ".igs"),
    *(".ma", ".max", ".mb", ".skp", ".step", ".stp", ".usd", ".usda", ".usdc", ".usdz", ".wrl", ".x3d"),
)
MOST_FILES = 2000
MOST_BYTES = 1 << 30


def to_glb(source: Path, target: Path) -> None:
    """Writes a GLB of any accepted model; OBJ materials become fully rough.

    :raises ModelError: the model is broken.
    """
    document = load_document(source)
    with as_model_error():
        read_pieces(document)
        data = None if _is_glb(source) else container(*self_contained(document))
    if data is None:
        shutil.copyfile(source, target)
    else:
        target.write_bytes(data)


def load_document(source: Path) -> Document:
    """Opens a model of any accepted kind.

    :raises ModelError: it is missing or broken.
    """
    if not source.is_file():
        raise ModelError("the model file does not exist")
    with as_model_error():
        return _opened(source)


@contextmanager
def as_model_error(what: str = "the model") -> Iterator[None]:
    """Turns whatever a damaged file makes fail, of any type, into a :class:`ModelError`."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{what} cannot be read: {type(error).__name__}: {error}") from error


def _opened(source: Path) -> Document:
    ending = source.suffix.lower()
    if ending in FOREIGN and not _is_glb(source):
        raise ModelError(f"{ending} files cannot be read; the engine reads {READ}")
    if ending in BARE:
        return _reopened(_bare(source, ending[1:]))
    return _reopened(_obj_to_glb(source)) if is_zip(source) else open_document(source)


def _reopened(data: bytes) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.glb"
        target.write_bytes(data)
        return open_document(target)


def _is_glb(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(4) == b"glTF"


def is_zip(source: Path) -> bool:
    """Whether the file is taken for a ZIP, by its name or its first bytes."""
    with source.open("rb") as file:
        return source.suffix.lower() == ".zip" or file.read(4) == b"PK\3\4"


def _obj_to_glb(source: Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return _exported(_unpacked(source, Path(folder)))


def _unpacked(source: Path, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(source) as archive:
            members = _safe_members(archive)
            models = [member for member in members if member.filename.lower().endswith(".obj")]
            if len(models) != 1:
                raise ModelError(f"the ZIP must hold exactly one OBJ file, but holds {len(models)}")
            for member in members:
                _extract(archive, member, folder)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise ModelError(f"the ZIP is broken: {error}") from error
    return folder / PurePosixPath(models[0].filename.replace("\\", "/"))


def _safe_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = [member for member in archive.infolist() if not member.is_dir() and _inside(member.filename)]
    if len(members) > MOST_FILES:
        raise ModelError(f"the ZIP holds {len(members)} files, more than {MOST_FILES}")
    if sum(member.file_size for member in members) > MOST_BYTES:
        raise ModelError(f"the ZIP unpacks to more than {MOST_BYTES >> 20} MiB")
    return members


def _inside(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return (
        not path.is_absolute() and ".." not in path.parts and ":" not in name and "__MACOSX" not in path.parts
    )


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / PurePosixPath(member.filename.replace("\\", "/"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as packed, target.open("wb") as file:
        shutil.copyfileobj(packed, file)


def _bare(source: Path, kind: str) -> bytes:
    """Reads a file without its side files: without a folder, trimesh looks for none."""
    with source.open("rb") as file:
        return _exported(file, kind)


def _exported(source: Path | IO[bytes], kind: str = "obj") -> bytes:
    import trimesh

    with as_model_error(f"the {kind.upper()} file"):
        scene = trimesh.load_scene(source, file_type=kind, process=False)
        meshes = [mesh for mesh in scene.geometry.values() if len(getattr(mesh, "faces", ()))]
        if not meshes:
            raise ModelError(f"the {kind.upper()} file has no faces")
        for mesh in meshes:
            _make_rough(mesh)
        exported: Any = trimesh.Scene(meshes).export(file_type="glb")  # type: ignore[no-untyped-call]
        return bytes(exported)


def _make_rough(mesh: Any) -> None:
    material = getattr(mesh.visual, "material", None)
    if material is None:
        return
    rough = material.to_pbr()
    rough.name = getattr(material, "name", None) or rough.name
    rough.roughnessFactor, rough.metallicFactor = 1.0, 0.0
    mesh.visual.material = rough


def self_contained(document: Document) -> tuple[dict[str, Any], bytearray]:
    """The JSON and the one buffer of a document, with what lies outside of it taken in."""
    tree: dict[str, Any] = json.loads(json.dumps(document.tree))
    body = bytearray()
    count = len(tree.get("buffers") or [])
    starts = [append(body, document.buffer(index, "the file")) for index in range(count)]
    for view in tree.get("bufferViews") or []:
        view["byteOffset"] = view.get("byteOffset", 0) + starts[view["buffer"]]
        view["buffer"] = 0
    for index, image in enumerate(tree.get("images") or []):
        if "uri" in image:
            data = document.external(image.pop("uri"), f"image {index}")
            image["bufferView"] = add_view(tree, body, data)
            image["mimeType"] = "image/png" if bytes(data[:4]) == b"\x89PNG" else "image/jpeg"
    return tree, body


def add_view(tree: dict[str, Any], body: bytearray, data: bytes | bytearray | memoryview) -> int:
    """Appends data to the buffer and returns the number of its new bufferView."""
    views = tree.setdefault("bufferViews", [])
    views.append({"buffer": 0, "byteOffset": append(body, data), "byteLength": len(data)})
    return len(views) - 1


def append(body: bytearray, data: bytes | bytearray | memoryview) -> int:
    """Appends data at a multiple of four bytes and returns where it starts."""
    start = len(body)
    body += data
    body += bytes(-len(body) % 4)
    return start


def container(tree: dict[str, Any], body: bytes | bytearray) -> bytes:
    """The bytes of a GLB whose only buffer is ``body``."""
    tree["buffers"] = [{"byteLength": len(body)}]
    text = json.dumps(tree, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sIIII", b"glTF", 2, 28 + len(text) + len(body), len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", len(body), 0x004E4942) + body
