"""Zipped models, such as an OBJ with its materials and textures, and USDZ."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import BinaryIO

from airflow_provider_render.catalog.preflight.info import FlawError, ModelInfo
from airflow_provider_render.catalog.preflight.plain import ObjText, read_obj
from airflow_provider_render.core.model import MEDIA_TYPES

_MOST_UNPACKED = 8 * 1024**3
_MOST_MATERIALS = 64 * 1024 * 1024
_ENCRYPTED = 0x1
_TEXTURE = re.compile(r"^\s*(?:map_\w+|bump|disp|decal|norm|refl)\s+(.+?)\s*$", re.MULTILINE | re.IGNORECASE)
_MATERIAL = re.compile(r"^\s*newmtl\b", re.MULTILINE)


def look_at_zip(file: BinaryIO, size: int, holds: frozenset[str]) -> ModelInfo:
    """Check a zipped model; its only OBJ must have faces and all material and texture files that it names.

    :param file: at its first byte.
    :param size: length in bytes.
    :param holds: extensions of which there must be exactly one file; empty for no such rule.
    :raises FlawError: what is wrong.
    """
    with _opened(file) as archive:
        members = _members(archive)
        if not members:
            raise FlawError("is a zip archive without files")
        models = [member for member in members if _extension(member) in (holds or MEDIA_TYPES)]
        if holds and len(models) != 1:
            raise FlawError(_not_one(models, holds))
        if len(models) != 1 or _extension(models[0]) != ".obj":
            return ModelInfo(size)
        found = _read_obj(archive, models[0])
        found.check()
        materials, textures = _materials(archive, found, members)
    return ModelInfo(size, found.faces, materials, textures)


def _not_one(models: list[zipfile.ZipInfo], holds: frozenset[str]) -> str:
    wanted = " or ".join(sorted(extension.removeprefix(".").upper() for extension in holds))
    names = ", ".join(member.filename for member in models[:3])
    return f"must hold exactly one {wanted}, it holds {len(models)}{': ' if names else ''}{names}"


def look_at_usdz(file: BinaryIO, size: int) -> ModelInfo:
    """Check that a USDZ is a whole archive with a USD file."""
    with _opened(file) as archive:
        if not any(_extension(member) in (".usd", ".usda", ".usdc") for member in _members(archive)):
            raise FlawError("is not a USDZ: there is no USD file in it")
    return ModelInfo(size)


def _opened(file: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise FlawError(f"is not a whole zip archive: {error}") from None


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files that count, after a check of all of them."""
    files = [member for member in archive.infolist() if not member.is_dir()]
    for member in files:
        _check_member(member)
    if sum(member.file_size for member in files) > _MOST_UNPACKED:
        raise FlawError("unpacks to more than 8 GiB")
    return [member for member in files if not _is_clutter(member.filename)]


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    path = PurePosixPath(name.replace("\\", "/"))
    drive = any(part.endswith(":") for part in path.parts[:1])
    if drive or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise FlawError(f"has a member with an unsafe path: {name!r}")
    if member.flag_bits & _ENCRYPTED:
        raise FlawError(f"is protected by a password: {member.filename}")


def _is_clutter(name: str) -> bool:
    """Whether a file is what macOS adds to archives: ``__MACOSX/._chair.obj`` is no second OBJ."""
    path = PurePosixPath(name)
    return "__MACOSX" in path.parts[:1] or path.name.startswith(".")


def _extension(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).suffix.lower()


def _read_obj(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> ObjText:
    try:
        with archive.open(member) as file:
            return read_obj(file)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise FlawError(f"is damaged: {member.filename}: {error}") from None


def _materials(archive: zipfile.ZipFile, obj: ObjText, members: list[zipfile.ZipInfo]) -> tuple[int, int]:
    """Return the numbers of materials and textures, after a check that all are there."""
    here = {_base(member.filename): member for member in members}
    materials, textures = 0, set()
    for library in obj.libraries:
        member = _named(library, here)
        if member is None:
            raise FlawError(f"lacks a file that its OBJ names: {library}")
        text = _text(archive, member)
        materials += len(_MATERIAL.findall(text))
        for line in _TEXTURE.findall(text):
            texture = _named(line, here)
            if texture is None:
                raise FlawError(f"lacks a texture that {member.filename} names: {line.split()[-1]}")
            textures.add(texture.filename)
    return materials, len(textures)


def _named(line: str, here: dict[str, zipfile.ZipInfo]) -> zipfile.ZipInfo | None:
    """Find the file that ends a line: options may stand before it, and its name may have spaces."""
    words = line.split(" ")
    names = (_base(" ".join(words[start:])) for start in range(len(words)))
    return next((here[name] for name in names if name in here), None)


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].strip().lower()


def _text(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    if member.file_size > _MOST_MATERIALS:
        raise FlawError(f"has a material file of {member.file_size:,} bytes: {member.filename}")
    try:
        return archive.read(member).decode("utf-8", "replace")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise FlawError(f"is damaged: {member.filename}: {error}") from None
