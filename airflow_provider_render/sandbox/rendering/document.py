"""Opening a glTF or GLB file: the container, its JSON and its binary data, every reference checked."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from .errors import ModelError

COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
UNREADABLE = {
    "KHR_draco_mesh_compression": "Draco compression",
    "EXT_meshopt_compression": "meshopt compression",
    "KHR_texture_basisu": "Basis Universal textures",
}
LARGEST_COUNT = 18_000_000


class Document:
    """A parsed glTF file.

    :param tree: the JSON.
    :param binary: the GLB's binary chunk, empty for .gltf.
    :param folder: where side files are looked for; None forbids them.
    """

    def __init__(self, tree: dict[str, Any], binary: memoryview, folder: Path | None) -> None:
        self.tree = tree
        self.binary = binary
        self.folder = folder
        self._buffers: dict[int, memoryview] = {}

    def entry(self, kind: str, index: Any, user: str) -> dict[str, Any]:
        """One element of a top-level list.

        :param kind: the list, for example ``accessors``.
        :param user: who refers to it, for the error message.
        """
        entries = self.tree.get(kind) or []
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(entries):
            raise ModelError(f"{user} refers to {kind} {index}, but the file has {len(entries)} {kind}")
        if not isinstance(entries[index], dict):
            raise ModelError(f"{kind} {index} is not a JSON object")
        found: dict[str, Any] = entries[index]
        return found

    def view(self, index: Any, user: str) -> memoryview:
        """The bytes of a bufferView."""
        view = self.entry("bufferViews", index, user)
        start, length = number(view, "byteOffset", 0), number(view, "byteLength")
        data = self.buffer(view.get("buffer"), f"bufferView {index}")
        if start + length > len(data):
            raise ModelError(
                f"bufferView {index} ends at byte {start + length}, but its buffer has {len(data)} bytes"
            )
        return data[start : start + length]

    def buffer(self, index: Any, user: str) -> memoryview:
        """The bytes of a buffer, from the binary chunk, a data URI or a side file."""
        entry = self.entry("buffers", index, user)
        if index not in self._buffers:
            uri = entry.get("uri")
            data = self.binary if uri is None and index == 0 else self.external(uri, f"buffer {index}")
            wanted = number(entry, "byteLength")
            if len(data) < wanted:
                raise ModelError(f"buffer {index} should have {wanted} bytes, but only {len(data)} are there")
            self._buffers[index] = data[:wanted]
        return self._buffers[index]

    def external(self, uri: Any, user: str) -> memoryview:
        """The bytes behind a data URI or of a side file."""
        if not isinstance(uri, str):
            raise ModelError(f"{user} has neither data nor a URI")
        if uri.startswith("data:"):
            return _data_uri(uri, user)
        if self.folder is None:
            raise ModelError(f"{user} is the external file {uri[:80]!r}, and a GLB must carry its own data")
        path = (self.folder / unquote(uri)).resolve()
        if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
            raise ModelError(f"{user} is the external file {uri[:80]!r}, which is missing")
        return memoryview(path.read_bytes())

    def accessor(self, index: Any, user: str) -> np.ndarray:
        """The values of an accessor, ``(count, components)``, normalised integers as floats."""
        entry = self.entry("accessors", index, user)
        user = f"accessor {index} ({user})"
        dtype, width = _layout(entry, user)
        count = number(entry, "count")
        if not 0 < count <= LARGEST_COUNT:
            raise ModelError(f"{user} has the impossible count {count}")
        values = self._values(entry, dtype, width, count, user)
        if "sparse" in entry:
            values = self._with_sparse(values, entry["sparse"], dtype, width, user)
        return _normalised(values) if entry.get("normalized") else values

    def _values(
        self, entry: dict[str, Any], dtype: np.dtype, width: int, count: int, user: str
    ) -> np.ndarray:
        if "bufferView" not in entry:
            return np.zeros((count, width), dtype)
        stride = number(self.entry("bufferViews", entry["bufferView"], user), "byteStride", 0)
        return _strided(
            self.view(entry["bufferView"], user),
            dtype,
            width,
            count,
            number(entry, "byteOffset", 0),
            stride,
            user,
        )

    def _with_sparse(
        self, values: np.ndarray, sparse: dict[str, Any], dtype: np.dtype, width: int, user: str
    ) -> np.ndarray:
        count, where, what = number(sparse, "count"), sparse["indices"], sparse["values"]
        kind = np.dtype(COMPONENTS[where["componentType"]])
        data = self.view(where.get("bufferView"), user)
        places = _strided(data, kind, 1, count, number(where, "byteOffset", 0), 0, user).ravel()
        if len(places) and places.max() >= len(values):
            raise ModelError(f"{user} has a sparse index {places.max()} beyond its count {len(values)}")
        data = self.view(what.get("bufferView"), user)
        values = values.copy()
        values[places] = _strided(data, dtype, width, count, number(what, "byteOffset", 0), 0, user)
        return values


def open_document(path: Path) -> Document:
    """Parses a .glb or .gltf file, whatever its ending says.

    :raises ModelError: the container or its JSON is broken, or it needs an unreadable extension.
    """
    data = memoryview(path.read_bytes())
    if len(data) == 0:
        raise ModelError("the file is empty")
    if path.suffix.lower() == ".gltf" and bytes(data[:4]) != b"glTF":
        document = Document(_parse(data), memoryview(b""), path.parent)
    else:
        text, binary = _chunks(data)
        document = Document(_parse(text), binary, None)
    _check_version(document.tree)
    return document


def number(entry: dict[str, Any], key: str, default: int | None = None) -> int:
    """A non-negative integer field.

    :raises ModelError: it is missing without a default, negative or no integer.
    """
    value = entry.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ModelError(f"{key} should be a non-negative integer, but is {value!r}")
    return value


def _chunks(data: memoryview) -> tuple[memoryview, memoryview]:
    if bytes(data[:4]) != b"glTF":
        raise ModelError(f"the file is not a GLB: it starts with {bytes(data[:12])!r} instead of b'glTF'")
    if len(data) < 20:
        raise ModelError(f"the GLB is truncated: it has {len(data)} bytes, and its header alone needs 20")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise ModelError(f"the GLB has version {version}, and only version 2 can be read")
    if length > len(data):
        raise ModelError(f"the GLB is truncated: its header says {length} bytes, the file has {len(data)}")
    size, kind = struct.unpack_from("<I4s", data, 12)
    if kind != b"JSON" or 20 + size > length:
        raise ModelError("the first chunk of the GLB is not JSON or runs beyond the end of the file")
    return data[20 : 20 + size], _binary_chunk(data[:length], 20 + size)


def _binary_chunk(data: memoryview, start: int) -> memoryview:
    if start + 8 > len(data):
        return memoryview(b"")
    size, kind = struct.unpack_from("<I4s", data, start)
    if start + 8 + size > len(data):
        raise ModelError("the binary chunk of the GLB runs beyond the end of the file")
    return data[start + 8 : start + 8 + size] if kind == b"BIN\0" else memoryview(b"")


def _parse(text: memoryview) -> dict[str, Any]:
    try:
        tree = json.loads(bytes(text).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"the glTF JSON is broken: {error}") from error
    if not isinstance(tree, dict):
        raise ModelError("the glTF JSON is not an object")
    return tree


def _check_version(tree: dict[str, Any]) -> None:
    asset = tree.get("asset")
    version = asset.get("version") if isinstance(asset, dict) else None
    if not str(version).startswith("2."):
        raise ModelError(f"asset.version is {version!r}, and only glTF 2.x can be read")
    for name in tree.get("extensionsRequired") or []:
        if name in UNREADABLE:
            raise ModelError(f"the model needs {UNREADABLE[name]} ({name}), which is not supported")


def _data_uri(uri: str, user: str) -> memoryview:
    head, _, body = uri.partition(",")
    if not head.endswith(";base64"):
        raise ModelError(f"{user} has a data URI that is not base64")
    try:
        return memoryview(base64.b64decode(unquote(body), validate=True))
    except (binascii.Error, ValueError) as error:
        raise ModelError(f"{user} has a broken data URI: {error}") from error


def _layout(entry: dict[str, Any], user: str) -> tuple[np.dtype, int]:
    try:
        return np.dtype(COMPONENTS[entry["componentType"]]), WIDTHS[entry["type"]]
    except (KeyError, TypeError):
        kinds = f"{entry.get('componentType')!r} and type {entry.get('type')!r}"
        raise ModelError(f"{user} has the unknown componentType {kinds}") from None


def _strided(
    data: memoryview, dtype: np.dtype, width: int, count: int, start: int, stride: int, user: str
) -> np.ndarray:
    step = stride or dtype.itemsize * width
    if step < dtype.itemsize * width:
        raise ModelError(f"{user} has a byteStride of {step}, too small for its values")
    needed = start + step * (count - 1) + dtype.itemsize * width if count else 0
    if needed > len(data):
        raise ModelError(f"{user} needs {needed} bytes, but its bufferView has {len(data)}")
    return np.ndarray((count, width), dtype, data, start, (step, dtype.itemsize))


def _normalised(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        return values
    top = np.float32(np.iinfo(values.dtype).max)
    result: np.ndarray = np.maximum(values.astype(np.float32) / top, np.float32(-1))
    return result
