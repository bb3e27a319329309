"""What the folder of a pipeline holds, and the history of its files, kept below the output folder.

``_render/pipeline/pipeline.json`` says where the pipeline stands, ``files/00.json`` to ``3f.json`` hold what
is known of each file, and ``history.md`` is for people. A run in which nothing happens writes nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from airflow_provider_render.catalog.folder import nameable
from airflow_provider_render.catalog.history import FileStatus, Listing, Pipeline, PipelineFile
from airflow_provider_render.catalog.items import RESERVED
from airflow_provider_render.catalog.sources import is_model
from airflow_provider_render.catalog.storage import Place
from airflow_provider_render.catalog.threads import threads
from airflow_provider_render.core.errors import CatalogError, OutputError

log = logging.getLogger(__name__)

VERSION = 1
SHARDS = 64
PAGE_ROWS = 500
"""Files that ``history.md`` shows."""


def list_models(source: Place, output: Place, extensions: Collection[str] = ()) -> dict[str, Listing]:
    """Return what the storage tells of the model files in a folder and below, by path.

    Files that the pipeline itself delivers into a part of the folder are left out.

    :param source: the folder.
    :param output: the output folder.
    :param extensions: of files that count as models beside the usual ones.
    :raises CatalogError: there is no such folder, it cannot be read, or it is or is within the output folder.
    """
    inner = _output_within(source, output)
    try:
        entry = source.entry()
        # Object storage knows no empty folders.
        if (entry is None and source.local) or (entry is not None and not entry.folder):
            raise CatalogError(f"there is no folder at {source}")
        found = {source.below(one): {"size": one.size, **one.signature} for one in source.walk()}
    except OSError as error:
        raise CatalogError(f"cannot read the folder {source}: {error}") from error
    here = {path: told for path, told in found.items() if not _within(path, inner)}
    models = {path: told for path, told in here.items() if is_model(path, extensions)}
    if odd := [path for path in models if not nameable(path)]:
        log.warning("files left out, as nothing can be named like them: %d, such as %r", len(odd), odd[0])
    return {path: told for path, told in models.items() if nameable(path)}


class PipelineHistory:
    """The history of a pipeline's files, durable and readable.

    :param output: output folder.
    :raises OutputError: it is damaged, of a later version, or cannot be read.
    """

    def __init__(self, output: Place) -> None:
        self._folder = output / f"{RESERVED}/pipeline"
        self._shards = {number: self._file(number) for number in self._present()}
        files = [file for shard in self._read_all() for file in shard]
        self.files: dict[str, PipelineFile] = {file.path: file for file in files}
        self.pipeline = self._read_pipeline()

    @property
    def page(self) -> Place:
        """The table for people."""
        return self._folder / "history.md"

    def of(self, run: str) -> list[PipelineFile]:
        """Return the files that a run took, and no other since, in the order in which it took them."""
        own = [file for file in self.files.values() if file.run == run]
        return sorted(own, key=lambda file: (file.queued_at, file.path))

    def put(self, files: Iterable[PipelineFile], forget: Iterable[str] = ()) -> None:
        """Write down what has changed of files.

        :param forget: paths to drop.
        :raises OutputError: it cannot be written.
        """
        changed: dict[str, PipelineFile | None] = {file.path: file for file in files}
        changed |= dict.fromkeys(forget)
        for path, file in changed.items():
            self.files.pop(path, None)
            if file is not None:
                self.files[path] = file
        if numbers := {shard_of(path) for path in changed}:
            self._write_shards(numbers)
            self._write(self.page, history_page(self.files.values(), self.pipeline).encode())

    def stand(self, pipeline: Pipeline) -> None:
        """Write down where the pipeline stands.

        :raises OutputError: it cannot be written.
        """
        if pipeline != self.pipeline:
            self.pipeline = pipeline
            document = {"version": VERSION, **pipeline.to_json()}
            self._write(self._folder / "pipeline.json", json.dumps(document, indent=1).encode())
            self._write(self.page, history_page(self.files.values(), pipeline).encode())

    def _file(self, number: int) -> Place:
        return self._folder / f"files/{number:02x}.json"

    def _present(self) -> list[int]:
        try:
            names = [entry.path.rpartition("/")[2] for entry in (self._folder / "files").listing()]
        except Exception as error:
            raise OutputError(f"cannot list {self._folder}: {error}") from error
        return [int(name[:2], 16) for name in sorted(names) if re.fullmatch(r"[0-9a-f]{2}\.json", name)]

    def _read_all(self) -> list[list[PipelineFile]]:
        with threads(1 if self._folder.local else 16, "history") as pool:
            return list(pool.map(_read_shard, self._shards.values()))

    def _read_pipeline(self) -> Pipeline | None:
        file = self._folder / "pipeline.json"
        document = _document(file)
        if document is None:
            return None
        try:
            return Pipeline.from_json(document)
        except ValueError as error:
            raise _damaged(file, error) from error

    def _write_shards(self, numbers: Iterable[int]) -> None:
        held: dict[int, dict[str, Any]] = defaultdict(dict)
        wanted = set(numbers)
        for path, file in self.files.items():
            if (number := shard_of(path)) in wanted:
                held[number][path] = file.to_json()
        for number in sorted(wanted):
            document = {"version": VERSION, "files": held[number]}
            self._write(self._file(number), json.dumps(document, sort_keys=True, indent=0).encode())

    def _write(self, file: Place, data: bytes) -> None:
        try:
            file.write(data)
        except Exception as error:
            raise OutputError(f"cannot write {file}: {error}") from error


def shard_of(path: str) -> int:
    """Return the number of the history's file that holds a file of the folder."""
    return hashlib.sha256(path.encode()).digest()[0] % SHARDS


def history_page(files: Iterable[PipelineFile], pipeline: Pipeline | None) -> str:
    """Return the history as Markdown: where the pipeline stands, then its files, the newest first.

    :param files: all of them; the newest ``PAGE_ROWS`` are shown.
    :param pipeline: where it stands.
    """
    known = sorted(files, key=lambda file: (file.latest, file.path), reverse=True)
    found = Counter(file.status for file in known)
    counts = ", ".join(f"{found[status]} {status}" for status in FileStatus if found[status])
    pause = pipeline.pause if pipeline else None
    lines = ["# Pipeline", "", f"{len(known)} files: {counts or 'none'}.", ""]
    if pause:
        lines += [f"**Paused since {pause.at}**: {_cell(pause.why)}", ""]
    lines += [f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    lines += [f"| {' | '.join(map(_cell, _row(file)))} |" for file in known[:PAGE_ROWS]]
    if len(known) > PAGE_ROWS:
        lines += ["", f"{len(known) - PAGE_ROWS} older files are in `files/`."]
    return "\n".join(lines) + "\n"


_COLUMNS = ("file", "item", "status", "stage", "retries", "taken", "finished", "next try", "credits", "error")


def _row(file: PipelineFile) -> tuple[str, ...]:
    times = (file.taken_at or "", file.finished_at or "", file.next_try or "")
    error = file.last_error or ""
    return (
        file.path,
        file.name,
        file.status,
        file.stage,
        str(file.retry_count),
        *times,
        str(file.credits),
        error,
    )


def _cell(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))


def _read_shard(file: Place) -> list[PipelineFile]:
    document = _document(file) or {}
    try:
        return [PipelineFile.from_json(data) for data in document["files"].values()]
    except (KeyError, AttributeError, ValueError) as error:
        raise _damaged(file, error) from error


def _document(file: Place) -> dict[str, Any] | None:
    try:
        data = json.loads(file.read())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _damaged(file, error) from error
    except Exception as error:
        raise OutputError(f"cannot read {file}: {error}") from error
    if not isinstance(data, dict):
        raise _damaged(file, ValueError("it is not a JSON object"))
    if not isinstance(version := data.get("version"), int) or version > VERSION:
        raise OutputError(
            f"{file} has version {version!r}, this package knows {VERSION}: upgrade the package"
        )
    return data


def _damaged(file: Place, why: Exception) -> OutputError:
    return OutputError(
        f"{file} is damaged: {why}. Restore it; or delete it, and its files are taken as new ones, at no cost"
        " where models and settings are as they were"
    )


def _output_within(source: Place, output: Place) -> str | None:
    """Return the path of the output folder below the source folder, if it is there.

    :raises CatalogError: the source folder is, or is in, the output folder.
    """
    there, here = _parts(source), _parts(output)
    if there[: len(here)] == here:
        raise CatalogError(
            f"the source folder {source} is, or is in, the output folder {output}: what is delivered would be"
            " taken as new models. Choose folders apart, or an output folder below the source folder"
        )
    return "/".join(here[len(there) :]) if here[: len(there)] == there else None


def _within(path: str, folder: str | None) -> bool:
    return folder is not None and path.startswith(f"{folder}/")


def _parts(there: Place) -> tuple[str, ...]:
    """Return a path by its parts, so that links and ways to write it do not matter."""
    scheme = "" if there.local else there.url.partition("://")[0]
    path = os.path.realpath(there.path) if there.local else there.path
    return scheme, *filter(None, path.split("/"))
