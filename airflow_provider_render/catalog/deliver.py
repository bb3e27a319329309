"""Downloading what finished renders offer, and putting it where it belongs."""

from __future__ import annotations

import hashlib
import mimetypes
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from airflow_provider_render.catalog.files import publish, storing
from airflow_provider_render.catalog.storage import Place
from airflow_provider_render.catalog.threads import at_once
from airflow_provider_render.core.errors import DownloadError, OutputError, RenderError
from airflow_provider_render.core.job import OutputKind, RenderJob, RenderOutput
from airflow_provider_render.core.kinds import wanted_kinds
from airflow_provider_render.core.resource import Fetched
from airflow_provider_render.core.vendor import VendorClient

ABANDONED = 24 * 3600.0
"""Seconds after which a temporary folder is nobody's."""

FRESH_LOCATIONS = 2
"""How often an output is located anew: a presigned URL may expire before the download has begun."""

LINK_TYPE = "application/internet-shortcut"

TAKEN = frozenset({"render.json"})
"""Names in an item's folder that are this package's own."""

LONGEST_STEM, LONGEST_STEM_BYTES, LONGEST_SUFFIX_BYTES = 100, 200, 20
"""File systems take 255 bytes, of which a download's temporary name needs some more."""

_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)

SUFFIXES = {"image/png": ".png", "image/webp": ".webp", "image/jpeg": ".jpg"}


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be delivered for one item.

    :param key: the item.
    :param folder: its folder below the output root.
    :param job: the finished render.
    """

    key: str
    folder: str
    job: RenderJob


class Delivery:
    """Downloads outputs of finished renders into an output folder.

    Each file is downloaded beside its goal under a temporary name, checked, and only then put in place;
    a delivery that is cut off leaves whole files or none, and may be repeated at no cost.

    :param client: the vendor and its driver.
    :param root: output folder.
    :param kinds: kinds of output to fetch; None takes the vendor's usual ones.
    :param concurrency: items at the same time.
    :param progress: told how many items are dealt with.
    :raises RenderInputError: no kind is named, or one that the vendor never makes.
    """

    def __init__(
        self,
        client: VendorClient,
        root: Place,
        *,
        kinds: Collection[OutputKind] | None = None,
        concurrency: int = 4,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._vendor = client.vendor
        self._root = root
        self._kinds = wanted_kinds(self._vendor, kinds)
        self._concurrency = max(1, concurrency)
        self._progress = progress

    def deliver(
        self, parcels: Sequence[Parcel]
    ) -> Iterator[tuple[Parcel, tuple[Mapping[str, Any], ...] | RenderError]]:
        """Deliver parcels; one that fails does not keep the others from going on.

        :returns: yields each parcel with the files that were put in place, or with what went wrong; whoever
            raises or stops in between leaves the rest undone.
        """
        results = at_once(self.fetch, parcels, self._concurrency, "deliver")
        for done, result in enumerate(results, start=1):
            self._progress(done)
            yield result

    def fetch(self, parcel: Parcel) -> tuple[Mapping[str, Any], ...]:
        """Deliver one parcel.

        :returns: one entry a file: path below the root, name, kind, media type, size, sha256, and the link
            where the output is a page.
        :raises DownloadError: a file did not arrive whole.
        :raises OutputError: a file cannot be put in place, or the render offers none of the wanted kinds.
        """
        offered = self._client.run(self._vendor.outputs(parcel.job))
        wanted = [output for output in offered if output.kind in self._kinds]
        if not wanted:
            kinds = ", ".join(sorted({output.kind for output in offered})) or "nothing"
            raise OutputError(f"outputs: render {parcel.job.id} offers none of those wanted; it has {kinds}")
        # A full disk shows in the spool first.
        with (
            storing(self._root / parcel.folder, OSError),
            tempfile.TemporaryDirectory(prefix="render-", dir=_spool(self._root)) as spool,
        ):
            taken = set(TAKEN)
            return tuple(self._file(parcel, output, Path(spool), taken) for output in wanted)

    def _file(self, parcel: Parcel, output: RenderOutput, spool: Path, taken: set[str]) -> Mapping[str, Any]:
        name = safe_name(output.name)
        fetched = _linked(output, spool / name) if output.link else self._download(output, spool / name)
        name = _unique(_named(name, fetched.media_type), taken)
        publish(fetched.path, self._root / parcel.folder / name)
        return {
            **({"link": output.link} if output.link else {}),
            "path": f"{parcel.folder}/{name}",
            "name": name,
            "kind": str(output.kind),
            "media_type": fetched.media_type,
            "size": fetched.size,
            "sha256": fetched.sha256,
        }

    def _download(self, output: RenderOutput, to: Path) -> Fetched:
        known = output.fetch
        for attempt in range(1, FRESH_LOCATIONS + 1):
            fetch, known = known or self._client.run(self._vendor.locate(output)), None
            try:
                return self._client.download(fetch, to)
            except DownloadError:
                if attempt == FRESH_LOCATIONS:
                    raise
        raise AssertionError("unreachable")


def stale_files(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return paths of files that an earlier delivery left and the present one replaced by none."""
    kept = {str(file["path"]) for file in after}
    return sorted({str(file["path"]) for file in before} - kept)


def _linked(output: RenderOutput, to: Path) -> Fetched:
    """Write an internet shortcut, which desktops open, in place of a page that is no file."""
    data = f"[InternetShortcut]\r\nURL={output.link}\r\n".encode()
    to.write_bytes(data)
    return Fetched(str(to), len(data), hashlib.sha256(data).hexdigest(), LINK_TYPE)


def safe_name(name: str) -> str:
    """Return a vendor's file name without folders, control characters, excess length and special meaning."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(char if char.isprintable() else "_" for char in last).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if not dot or len(suffix.encode()) > LONGEST_SUFFIX_BYTES:
        stem, dot, suffix = kept, "", ""
    safe = f"{_cut(stem)}{dot}{suffix}" or "file"
    return f"_{safe}" if _DEVICE.fullmatch(safe) else safe


def _cut(stem: str) -> str:
    return stem[:LONGEST_STEM].encode()[:LONGEST_STEM_BYTES].decode(errors="ignore")


def _unique(name: str, taken: set[str]) -> str:
    """Return a name that no other file of the folder has, whatever the case of its letters."""
    path, free, number = PurePosixPath(name), name, 2
    while free.casefold() in taken:
        free, number = f"{path.stem}-{number}{path.suffix}", number + 1
    taken.add(free.casefold())
    return free


def _named(name: str, media_type: str) -> str:
    """Give a file the extension of what it turned out to be: folders of variants alone have none."""
    suffix = SUFFIXES.get(media_type)
    path = PurePosixPath(name)
    if not path.suffix:
        return name + (suffix or mimetypes.guess_extension(media_type) or ".bin")
    if suffix is None or path.suffix.lower() in (suffix, ".jpeg"):
        return name
    return path.with_suffix(suffix).name if path.suffix.lower() in SUFFIXES.values() else name


def _spool(root: Place) -> Path | None:
    """Return a folder on the file system of a local root, so that putting a file in place is a rename."""
    if not root.local:
        return None
    spool = Path(root.path) / "_render" / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    _sweep(spool)
    return spool


def _sweep(spool: Path) -> None:
    """Remove what workers that were killed left behind."""
    for left in spool.iterdir():
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - ABANDONED:
                shutil.rmtree(left, ignore_errors=True)
