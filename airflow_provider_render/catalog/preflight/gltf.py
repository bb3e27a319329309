"""GLB containers and glTF files."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

from airflow_provider_render.catalog.preflight.document import Document
from airflow_provider_render.catalog.preflight.info import FlawError, ModelInfo

_HEADER = struct.Struct("<4sII")
_CHUNK = struct.Struct("<I4s")
_MOST_JSON = 256 * 1024 * 1024
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"\xabKTX 20")


def look_at_glb(file: BinaryIO, size: int) -> ModelInfo:
    """Check the container, its JSON and where its binary chunk is; of the latter only image headers are read.

    :param file: at its first byte.
    :param size: length in bytes.
    :raises FlawError: what is wrong.
    """
    _check_header(file, size)
    text = _json_chunk(file, size)
    start, length = _binary_chunk(file, size)
    document = Document(_parsed(text), binary=length)
    document.check()
    for number, offset in document.embedded_images():
        _check_image(file, number, start + offset)
    return document.info(size)


def look_at_gltf(file: BinaryIO, size: int) -> ModelInfo:
    """Check a glTF file; all it refers to must be inside it.

    :param file: at its first byte.
    :param size: length in bytes.
    :raises FlawError: what is wrong.
    """
    if size > _MOST_JSON:
        raise FlawError("has too much JSON to be checked; export it as .glb")
    document = Document(_parsed(file.read()), binary=None)
    document.check()
    return document.info(size)


def _check_header(file: BinaryIO, size: int) -> None:
    if size < _HEADER.size + _CHUNK.size:
        raise FlawError(f"is too short to be a GLB: {size} bytes")
    magic, version, length = _HEADER.unpack(file.read(_HEADER.size))
    if magic != b"glTF":
        raise FlawError(f"is not a GLB: it starts with {magic!r} instead of b'glTF'")
    if version != 2:
        raise FlawError(f"is glTF version {version}; version 2 is needed")
    if length > size:
        raise FlawError(f"is cut short: its header says {length:,} bytes, the file has {size:,}")


def _json_chunk(file: BinaryIO, size: int) -> bytes:
    length, kind = _CHUNK.unpack(file.read(_CHUNK.size))
    if kind != b"JSON":
        raise FlawError(f"is damaged: its first chunk is {kind!r} instead of JSON")
    if file.tell() + length > size or length > _MOST_JSON:
        raise FlawError(f"is damaged: its JSON chunk says it has {length:,} bytes, the file has {size:,}")
    return file.read(length)


def _binary_chunk(file: BinaryIO, size: int) -> tuple[int, int]:
    """Return where the bytes of the binary chunk start and how many there are."""
    head = file.read(_CHUNK.size)
    if len(head) < _CHUNK.size:
        return file.tell(), 0
    length, kind = _CHUNK.unpack(head)
    start = file.tell()
    if start + length > size:
        raise FlawError(f"is cut short: its binary chunk ends at {start + length:,}, the file at {size:,}")
    return start, length if kind == b"BIN\0" else 0


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text.rstrip(b"\0 ").decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FlawError(f"has broken JSON: {error}") from None
    if not isinstance(document, dict):
        raise FlawError("has broken JSON: it is not an object")
    return document


def _check_image(file: BinaryIO, number: int, offset: int) -> None:
    file.seek(offset)
    if not file.read(12).startswith(_IMAGES):
        raise FlawError(f"has a damaged texture: image {number} is no PNG, JPEG, WebP or KTX2")
