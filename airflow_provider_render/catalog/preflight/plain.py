"""Files without a structure of references: OBJ, STL, STEP and others."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from airflow_provider_render.catalog.preflight.info import FlawError, ModelInfo

_CHUNK = 1024 * 1024
_STL_HEADER, _STL_TRIANGLE = 84, 50
_LIBRARY = re.compile(rb"^\s*mtllib\s+(.+?)\s*$", re.MULTILINE)


@dataclass(slots=True)
class ObjText:
    """What an OBJ text has.

    :param vertices: number of vertices.
    :param faces: number of faces.
    :param libraries: material files it names.
    """

    vertices: int = 0
    faces: int = 0
    libraries: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Refuse a text without geometry.

        :raises FlawError: there is nothing to render.
        """
        if not self.vertices or not self.faces:
            raise FlawError(f"has nothing to render: {self.vertices} vertices and {self.faces} faces")


def read_obj(file: BinaryIO) -> ObjText:
    """Count what is in an OBJ text, reading it in pieces.

    :param file: at its first byte.
    """
    found, rest = ObjText(), b""
    while chunk := file.read(_CHUNK):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        _count(found, whole + newline)
    _count(found, rest)
    return found


def _count(found: ObjText, lines: bytes) -> None:
    text = b"\n" + lines
    found.vertices += text.count(b"\nv ") + text.count(b"\nv\t")
    found.faces += text.count(b"\nf ") + text.count(b"\nf\t")
    if b"mtllib" in text:
        found.libraries += [name.decode("utf-8", "replace") for name in _LIBRARY.findall(text)]


def look_at_obj(file: BinaryIO, size: int) -> ModelInfo:
    """Check that an OBJ file has geometry; its materials are not part of a single file."""
    found = read_obj(file)
    found.check()
    return ModelInfo(size, found.faces)


def look_at_stl(file: BinaryIO, size: int) -> ModelInfo:
    """Check the length of a binary STL, or that a text one has a triangle."""
    head = file.read(_STL_HEADER)
    if head[:5].lower() == b"solid" and b"facet" in (head + file.read(_CHUNK)).lower():
        return ModelInfo(size)
    if len(head) < _STL_HEADER:
        raise FlawError(f"is too short to be an STL: {size} bytes")
    (count,) = struct.unpack("<I", head[80:])
    if count == 0:
        raise FlawError("has nothing to render: no triangles")
    if _STL_HEADER + count * _STL_TRIANGLE > size:
        raise FlawError(f"is cut short: {count:,} triangles do not fit into {size:,} bytes")
    return ModelInfo(size, count)


def look_at_step(file: BinaryIO, size: int) -> ModelInfo:
    """Check that a file says it is STEP."""
    if b"ISO-10303-21" not in file.read(4096):
        raise FlawError("is not a STEP file: it does not start with ISO-10303-21")
    return ModelInfo(size)


def look_at_other(file: BinaryIO, size: int) -> ModelInfo:
    """Let a type pass that is not looked into."""
    return ModelInfo(size)
