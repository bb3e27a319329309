"""The pictures and videos of a finished render: what they are called and where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from airflow_provider_render.core.calls import Fetch, Operation, send
from airflow_provider_render.core.errors import ConnectionConfigError, NotFoundError, UnexpectedAnswerError
from airflow_provider_render.core.job import OutputKind, RenderJob, RenderOutput, Settings
from airflow_provider_render.vendors.glossi import endpoints
from airflow_provider_render.vendors.glossi.answers import OneCallJob, RenderFile
from airflow_provider_render.vendors.glossi.settings import NAMES

EXTENSIONS: Mapping[str, str] = {"jpeg": ".jpg", "quicktime": ".mov"}
MEDIA_TYPES: Mapping[str, str] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
}
KINDS = (OutputKind.IMAGE, OutputKind.VIDEO)
"""What a file is, by whether it is a video."""
MADE_BY: Mapping[str, OutputKind] = {"renderBookmarks": OutputKind.IMAGE, "renderShots": OutputKind.VIDEO}
"""The switch by which files of a kind are made."""

FILE_KEYS = frozenset({"filePath", "url", "downloadUrl", "signedUrl"})
JOB_KEYS = ("renderJobId", "renderJobIds", "renderJobs", "renderIds")
"""Names under which a one-call job may tell its render jobs; none is documented."""


def kinds(settings: Settings) -> frozenset[OutputKind]:
    """Return the kinds of files that a render can have; any where a setting is not documented."""
    made = frozenset(kind for switch, kind in MADE_BY.items() if settings.get(switch, True))
    return made if made and settings.keys() <= set(NAMES.values()) else frozenset(KINDS)


def outputs(job: RenderJob, base_url: str | None) -> Operation[list[RenderOutput]]:
    """List the files of a finished render, each with its present address as far as it is known.

    :param base_url: root of the vendor's storage, where it tells keys instead of addresses.
    """
    listed = (
        (yield from _of_job(job.id)) if job.refs.get("kind") == "job" else (yield from _of_render(job.id))
    )
    names: set[str] = set()
    return [_output(source, file, _unique(_file_name(file), names), base_url) for source, file in listed]


def locate(output: RenderOutput, base_url: str | None) -> Operation[Fetch]:
    """Ask for the address of a file anew.

    :raises NotFoundError: the render has it no more.
    :raises ConnectionConfigError: the vendor told a storage key, and nobody its root.
    """
    source = dict(output.ref)
    wanted = source.pop("file")
    job = source.get("job")
    listed = (yield from _of_job(job)) if job else (yield from _of_render(source["render"]))
    for origin, file in listed:
        if file_id(file) == wanted and origin.items() <= output.ref.items():
            return _fetch(file, output.media_type, base_url) or _no_root(output.name)
    raise NotFoundError(f"Glossi's render {source} has its file {output.name!r} no more. It stays paid.")


def _no_root(name: str) -> Fetch:
    raise ConnectionConfigError(
        f"Glossi told where {name!r} is only as a key of its storage: name the storage's root in the"
        " connection's extra download_base_url. The render is paid and kept; a retry downloads it."
    )


def file_id(file: RenderFile) -> str:
    """Return what a file is found again by; of an address only what no renewal changes."""
    address = file.url.get_secret_value() if file.url else ""
    return file.id or (file.file_path or "").partition("?")[0] or file.name or address.partition("?")[0]


Listed = list[tuple[dict[str, str], RenderFile]]


def _of_render(job_id: str) -> Operation[Listed]:
    found = yield from send(endpoints.get_render(job_id))
    return [({"render": job_id}, file) for file in found.renders or ()]


def _of_job(job_id: str) -> Operation[Listed]:
    """List the files of a one-call job, which holds them, or the render jobs that do."""
    found = yield from send(endpoints.get_job(job_id))
    said = {**(found.model_extra or {}), "models": [model.model_extra or {} for model in found.models]}
    if files := [RenderFile.model_validate(entry) for entry in _files_in(said)]:
        return [({"job": job_id}, file) for file in files]
    listed: Listed = []
    for render in dict.fromkeys(_renders_in(said)):
        listed += [({"job": job_id, **source}, file) for source, file in (yield from _of_render(render))]
    return listed or _nothing(found)


def _nothing(job: OneCallJob) -> Listed:
    keys = ", ".join(sorted(job.model_extra or {})) or "nothing more"
    raise UnexpectedAnswerError(
        f"Glossi's job {job.job_id} is {job.status} and names neither files nor render jobs; it tells {keys}."
        " It stays paid; its files are at Glossi."
    )


def _files_in(said: Any) -> Iterator[Mapping[str, Any]]:
    """Find render entries anywhere below ``renders``."""
    for name, value in _pairs(said):
        if name == "renders" and isinstance(value, list):
            yield from (entry for entry in value if isinstance(entry, Mapping) and FILE_KEYS & entry.keys())
        yield from _files_in(value)


def _renders_in(said: Any) -> Iterator[str]:
    """Find ids of render jobs under their likely names."""
    for name, value in _pairs(said):
        if name in JOB_KEYS or name == "renders":
            entries = value if isinstance(value, list) else [value]
            yield from (str(found) for found in map(_id_in, entries) if found)
        yield from _renders_in(value)


def _id_in(entry: Any) -> Any:
    return (entry.get("jobId") or entry.get("id")) if isinstance(entry, Mapping) else entry


def _pairs(said: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(said, Mapping):
        yield from said.items()
    elif isinstance(said, list):
        yield from (("", entry) for entry in said)


def _output(source: Mapping[str, str], file: RenderFile, name: str, base_url: str | None) -> RenderOutput:
    media_type = MEDIA_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
    ref = {**source, "file": file_id(file)}
    kind = KINDS[_is_video(file)]
    return RenderOutput(kind, name, media_type, ref, fetch=_fetch(file, media_type, base_url))


def _fetch(file: RenderFile, media_type: str, base_url: str | None) -> Fetch | None:
    address = file.url.get_secret_value() if file.url else file.file_path or ""
    if not address.lower().startswith(("http://", "https://")):
        if not base_url or not address:
            return None
        address = f"{base_url.rstrip('/')}/{quote(address.lstrip('/'))}"
    wanted = () if media_type == "application/octet-stream" else (media_type,)
    return Fetch(address, resumable=True, media_types=wanted)


def _is_video(file: RenderFile) -> bool:
    if file.is_video is not None:
        return file.is_video
    return MEDIA_TYPES.get(_extension(file), "").startswith("video/")


def _file_name(file: RenderFile) -> str:
    stem = re.sub(r"[^\w.]+", "-", file.name or "render").strip("-.")
    extension = _extension(file) or (".mp4" if file.is_video else ".png")
    return (stem.removesuffix(extension) or "render") + extension


def _extension(file: RenderFile) -> str:
    """Return the extension by the file's type, or else by its storage key."""
    kind = (file.file_type or "").rpartition("/")[2].lower().lstrip(".")
    if kind:
        return EXTENSIONS.get(kind, f".{kind}")
    return PurePosixPath((file.file_path or "").partition("?")[0]).suffix.lower()


def _unique(name: str, taken: set[str]) -> str:
    """Return a name that no other file of the render has, whatever the case of its letters."""
    path = PurePosixPath(name)
    free, number = name, 2
    while free.lower() in taken:
        free, number = f"{path.stem}-{number}{path.suffix}", number + 1
    taken.add(free.lower())
    return free
