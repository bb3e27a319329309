"""The JSON of a glTF model: what refers to what, and whether all of it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from airflow_provider_render.catalog.preflight.info import FlawError, ModelInfo

Thing: TypeAlias = Mapping[str, Any]

_COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_MOST_ELEMENTS = 2**31
_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_COMPRESSED = ("EXT_meshopt_compression", "KHR_meshopt_compression", "KHR_draco_mesh_compression")


class Document:
    """A parsed glTF document.

    :param data: the JSON object.
    :param binary: length of the GLB's binary chunk; None for a ``.gltf`` file, which has none.
    """

    def __init__(self, data: Thing, binary: int | None) -> None:
        self._data = data
        self._binary = binary
        self._buffers = self._list("buffers")
        self._views = self._list("bufferViews")
        self._accessors = self._list("accessors")
        self._meshes = self._list("meshes")
        self._nodes = self._list("nodes")
        self._images = self._list("images")
        self._materials = self._list("materials")

    def check(self) -> None:
        """Check everything.

        :raises FlawError: the first thing that is wrong.
        """
        self._check_version()
        self._check_outside_files()
        self._check_buffers()
        self._check_views()
        for number, accessor in enumerate(self._accessors):
            self._check_accessor(number, accessor)
        for number, mesh in enumerate(self._meshes):
            self._check_mesh(number, mesh)
        self._check_references()
        self._check_tree()
        if self._shown() == 0:
            raise FlawError("has nothing to render: no triangles in its scene")

    def embedded_images(self) -> Iterator[tuple[int, int]]:
        """Yield number and offset in the binary chunk of each image that is in it."""
        for number, image in enumerate(self._images):
            if "bufferView" not in image:
                continue
            view = self._one(self._views, image["bufferView"], f"image {number}", "bufferView")
            if view.get("buffer") == 0 and "uri" not in self._buffers[0]:
                yield number, _count(view, "byteOffset", f"image {number}")

    def info(self, size: int) -> ModelInfo:
        """Return what there is.

        :param size: length of the file in bytes.
        """
        return ModelInfo(size, self._shown(), len(self._materials), len(self._images))

    def _list(self, name: str) -> list[Thing]:
        things = self._data.get(name, [])
        if not isinstance(things, list) or not all(isinstance(thing, dict) for thing in things):
            raise FlawError(f"has broken JSON: {name} is not a list of objects")
        return things

    @staticmethod
    def _one(things: list[Thing], number: Any, whose: str, what: str) -> Thing:
        if not _is_count(number) or number >= len(things):
            raise FlawError(f"is damaged: {whose} refers to {what} {number!r}, there are {len(things)}")
        return things[int(number)]

    def _check_version(self) -> None:
        asset = self._data.get("asset")
        version = asset.get("version") if isinstance(asset, dict) else None
        if str(version).partition(".")[0] != "2":
            raise FlawError(f"is glTF version {version!r}; version 2.0 is needed")

    def _check_outside_files(self) -> None:
        things = [*self._buffers, *self._images]
        outside = [str(thing["uri"]) for thing in things if thing.get("uri") and not _inline(thing["uri"])]
        if outside:
            names = ", ".join(outside[:3]) + (f" and {len(outside) - 3} more" if len(outside) > 3 else "")
            raise FlawError(
                f"refers to other files, which are not uploaded: {names}; export it as one .glb file"
            )

    def _check_buffers(self) -> None:
        for number, buffer in enumerate(self._buffers):
            length = _count(buffer, "byteLength", f"buffer {number}")
            if "uri" in buffer or _compressed(buffer):
                continue
            if number > 0 or self._binary is None:
                raise FlawError(f"is damaged: buffer {number} has no data")
            if length > self._binary:
                raise FlawError(
                    f"is damaged: buffer 0 needs {length:,} bytes, its binary chunk has {self._binary:,}"
                )

    def _check_views(self) -> None:
        for number, view in enumerate(self._views):
            whose = f"bufferView {number}"
            buffer = self._one(self._buffers, view.get("buffer"), whose, "buffer")
            end = _count(view, "byteOffset", whose) + _count(view, "byteLength", whose)
            if end > _count(buffer, "byteLength", whose):
                raise FlawError(f"is damaged: {whose} ends at byte {end:,}, beyond its buffer")

    def _check_accessor(self, number: int, accessor: Thing) -> None:
        whose = f"accessor {number}"
        kind, component = accessor.get("type"), accessor.get("componentType")
        if not isinstance(kind, str) or not isinstance(component, int):
            raise FlawError(f"is damaged: {whose} has type {kind!r} of {component!r}")
        size = _COMPONENTS.get(kind, 0) * _COMPONENT_BYTES.get(component, 0)
        count = _count(accessor, "count", whose)
        if not size or not 0 < count < _MOST_ELEMENTS:
            raise FlawError(f"is damaged: {whose} has {count} elements of type {kind} of {component}")
        if "bufferView" in accessor:
            view = self._one(self._views, accessor["bufferView"], whose, "bufferView")
            stride = _count(view, "byteStride", whose) or size
            end = _count(accessor, "byteOffset", whose) + stride * (count - 1) + size
            if end > _count(view, "byteLength", whose):
                raise FlawError(f"is damaged: {whose} needs {end:,} bytes, beyond its bufferView")

    def _check_mesh(self, number: int, mesh: Thing) -> None:
        whose = f"mesh {number}"
        for primitive in _objects(mesh.get("primitives"), whose):
            attributes = primitive.get("attributes")
            if not isinstance(attributes, dict) or "POSITION" not in attributes:
                raise FlawError(f"is damaged: {whose} has no positions")
            used = [*attributes.values(), *([primitive["indices"]] if "indices" in primitive else [])]
            for accessor in used:
                self._one(self._accessors, accessor, whose, "accessor")
            if "material" in primitive:
                self._one(self._materials, primitive["material"], whose, "material")

    def _check_references(self) -> None:
        for number, texture in enumerate(self._list("textures")):
            if "source" in texture:
                self._one(self._images, texture["source"], f"texture {number}", "image")
        for number, node in enumerate(self._nodes):
            if "mesh" in node:
                self._one(self._meshes, node["mesh"], f"node {number}", "mesh")
            for child in self._children(number):
                self._one(self._nodes, child, f"node {number}", "node")

    def _children(self, number: int) -> list[Any]:
        children = self._nodes[number].get("children", [])
        if not isinstance(children, list):
            raise FlawError(f"is damaged: node {number} has children {children!r}")
        return children

    def _check_tree(self) -> None:
        """Find cycles: take away nodes nothing is above of, again and again; what is left is a cycle."""
        parents = [0] * len(self._nodes)
        for number in range(len(self._nodes)):
            for child in self._children(number):
                parents[child] += 1
        free = [number for number, above in enumerate(parents) if above == 0]
        taken = 0
        while free:
            taken += 1
            for child in self._children(free.pop()):
                parents[child] -= 1
                if parents[child] == 0:
                    free.append(child)
        if taken < len(self._nodes):
            raise FlawError(
                f"is damaged: node {next(n for n, above in enumerate(parents) if above)} is in a cycle"
            )

    def _shown(self) -> int:
        """Return the number of triangles in the scene; a mesh that is shown twice counts twice."""
        total, open_nodes = 0, self._roots()
        seen: set[int] = set()
        while open_nodes:
            number = open_nodes.pop()
            if number in seen:
                continue
            seen.add(number)
            node = self._nodes[number]
            if "mesh" in node:
                total += self._triangles(self._meshes[node["mesh"]])
            open_nodes.extend(self._children(number))
        return total

    def _roots(self) -> list[int]:
        scenes = self._list("scenes")
        if not scenes:
            return list(range(len(self._nodes)))
        scene = self._one(scenes, self._data.get("scene", 0), "the file", "scene")
        roots = scene.get("nodes", [])
        if not isinstance(roots, list):
            raise FlawError(f"is damaged: its scene has nodes {roots!r}")
        for root in roots:
            self._one(self._nodes, root, "the scene", "node")
        return list(roots)

    def _triangles(self, mesh: Thing) -> int:
        total = 0
        for primitive in _objects(mesh.get("primitives"), "a mesh"):
            accessor = primitive.get("indices", primitive["attributes"]["POSITION"])
            count = int(self._accessors[accessor]["count"])
            mode = primitive.get("mode", _TRIANGLES)
            total += count // 3 if mode == _TRIANGLES else max(0, count - 2) if mode in (_STRIP, _FAN) else 0
        return total


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _count(thing: Thing, name: str, whose: str) -> int:
    value = thing.get(name, 0)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not _is_count(value):
        raise FlawError(f"is damaged: {whose} has {name} {value!r}")
    return int(value)


def _objects(value: Any, whose: str) -> list[Thing]:
    if not isinstance(value, list) or not all(isinstance(thing, dict) for thing in value):
        raise FlawError(f"is damaged: {whose} has no list of primitives")
    return value


def _inline(uri: Any) -> bool:
    return isinstance(uri, str) and uri.startswith("data:")


def _compressed(buffer: Thing) -> bool:
    """Whether a buffer is only the shape of data that an extension unpacks."""
    extensions = buffer.get("extensions")
    return isinstance(extensions, dict) and any(name in extensions for name in _COMPRESSED)
