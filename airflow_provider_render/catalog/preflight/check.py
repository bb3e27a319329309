"""Which look a model gets, and the rules that hold for every type of file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import BinaryIO

from airflow_provider_render.catalog.preflight import archive, gltf, plain
from airflow_provider_render.catalog.preflight.info import FlawError, ModelInfo
from airflow_provider_render.core.errors import ModelFileError
from airflow_provider_render.core.model import ModelFile
from airflow_provider_render.core.vendor import Capabilities

_LOOKS: Mapping[str, Callable[[BinaryIO, int], ModelInfo]] = {
    ".glb": gltf.look_at_glb,
    ".gltf": gltf.look_at_gltf,
    ".usdz": archive.look_at_usdz,
    ".obj": plain.look_at_obj,
    ".stl": plain.look_at_stl,
    ".step": plain.look_at_step,
    ".stp": plain.look_at_step,
}

_FOREIGN = {
    b"<!doctype html": "a web page, probably of a download that failed",
    b"<html": "a web page, probably of a download that failed",
    b"version https://git-lfs": "a Git LFS pointer, not the file it stands for",
}


def check_model(model: ModelFile, capabilities: Capabilities) -> ModelInfo:
    """Check that a vendor can be expected to take a model.

    :param model: the model.
    :param capabilities: of the vendor.
    :returns: what the look showed.
    :raises ModelFileError: says in one sentence what is wrong; nothing was sent or paid.
    """
    try:
        _check_outside(model, capabilities)
        with model.source.open() as file:
            _check_foreign(file)
            if model.extension == ".zip":
                return archive.look_at_zip(file, model.size, capabilities.zip_holds)
            return _LOOKS.get(model.extension, plain.look_at_other)(file, model.size)
    except FlawError as flaw:
        raise ModelFileError(f"model {model.name} {flaw}") from None
    except Exception as error:
        raise ModelFileError(f"model {model.name} cannot be read: {error}") from error


def _check_outside(model: ModelFile, capabilities: Capabilities) -> None:
    if model.extension not in capabilities.extensions:
        allowed = ", ".join(sorted(capabilities.extensions))
        raise FlawError(f"is of a type that the vendor does not take; it takes {allowed}")
    if model.size == 0:
        raise FlawError("is empty")
    most = capabilities.max_model_bytes
    if most is not None and model.size > most:
        raise FlawError(f"has {_megabytes(model.size)}, the vendor takes {_megabytes(most)} at most")


def _check_foreign(file: BinaryIO) -> None:
    start = file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    file.seek(0)
    for mark, what in _FOREIGN.items():
        if start.startswith(mark):
            raise FlawError(f"is {what}")


def _megabytes(size: int) -> str:
    return f"{size:,} bytes ({size / 1_000_000:.1f} MB)"
