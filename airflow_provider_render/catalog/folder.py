"""What a pipeline takes from its folder, and what it notes of what became of that. No I/O, no clock."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from airflow_provider_render.catalog.history import FileStatus, Listing, Pause, Pipeline, PipelineFile
from airflow_provider_render.catalog.report import ItemReport, Outcome, Report
from airflow_provider_render.core.errors import RenderInputError

KEPT = 50_000
"""Files that have left the folder and are still remembered; beyond that the oldest are forgotten."""

_WAITING = (FileStatus.QUEUED, FileStatus.RENDERING)
_ERROR_LENGTH = 500
_NANOSECONDS_FROM = 10**14


@dataclass(frozen=True, slots=True)
class Rules:
    """The options of a pipeline.

    :param reprocess_on_modified: take a file again when its listing has changed.
    :param batch_size: files taken at most by one run.
    :param max_retries: how often a failed file is taken again.
    :param pause_after: files that fail in a row before the pipeline is paused.
    :param settle: seconds that a file must have been left alone before it is taken.
    :raises RenderInputError: one is out of range.
    """

    reprocess_on_modified: bool = False
    batch_size: int = 10
    max_retries: int = 3
    pause_after: int = 10
    settle: float = 30.0

    def __post_init__(self) -> None:
        for name, least in (("batch_size", 1), ("max_retries", 0), ("pause_after", 1), ("settle", 0)):
            if getattr(self, name) < least:
                raise RenderInputError(f"{name}: must be at least {least}, not {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True)
class Taking:
    """What a run does about the files of a folder.

    :param taken: files that the run renders.
    :param noted: further files whose state changed, such as those that have to wait for a later run.
    :param forgotten: paths that the history drops.
    :param unsettled: how many may still be being written.
    """

    taken: tuple[PipelineFile, ...] = ()
    noted: tuple[PipelineFile, ...] = ()
    forgotten: tuple[str, ...] = ()
    unsettled: int = 0


def take(
    listing: Mapping[str, Listing],
    history: Mapping[str, PipelineFile],
    *,
    now: datetime,
    run: str,
    rules: Rules,
) -> Taking:
    """Choose what a run takes: those that have waited longest, as many as it may.

    :param listing: the model files of the folder by path.
    :param history: what is known of files, by path.
    :param now: the present, in UTC.
    :param run: name of the run; no file of the history may be its own.
    :param rules: the options.
    """
    due = [file for path in listing if (file := _due(path, listing[path], history.get(path), now, rules))]
    ready = [file for file in due if settled(file.listing, now, rules.settle)]
    queue = _named(sorted(ready, key=lambda file: (file.queued_at, file.path)), history)
    waiting = [file for file in queue[rules.batch_size :] if history.get(file.path) != file]
    gone = [file for path, file in history.items() if path not in listing]
    return Taking(
        taken=tuple(started(file, now, run) for file in queue[: rules.batch_size]),
        noted=(*waiting, *(_lost(file, now) for file in gone if file.status in _WAITING and file.run)),
        forgotten=tuple(_forgotten(gone)),
        unsettled=len(due) - len(ready),
    )


def baseline(listing: Mapping[str, Listing], now: datetime) -> list[PipelineFile]:
    """Return the files of the folder as ones that are left alone.

    :param listing: the model files of the folder by path.
    :param now: the present, in UTC.
    """
    found = [PipelineFile(path, listing=listing[path], queued_at=as_text(now)) for path in sorted(listing)]
    return [replace(file, status=FileStatus.BASELINE) for file in _named(found, {})]


def started(file: PipelineFile, now: datetime, run: str) -> PipelineFile:
    """Return a file as a run takes it.

    :param now: the present, in UTC.
    :param run: name of the run.
    """
    return replace(
        file,
        status=FileStatus.RENDERING,
        stage="",
        taken_at=as_text(now),
        finished_at=None,
        next_try=None,
        run=run,
    )


def note(
    files: Iterable[PipelineFile],
    report: Report,
    *,
    now: datetime,
    rules: Rules,
    spared: Collection[str] = (),
) -> list[PipelineFile]:
    """Return the files of a run as its report leaves them; the same again if it is noted again.

    :param files: what the run has taken.
    :param report: what it did.
    :param now: the present, in UTC.
    :param rules: the options.
    :param spared: names of files that failed because the account was refused or empty: they wait again, and
        no retry of theirs is used up.
    """
    items = {item.key: item for item in report.items}
    known = [(file, items[file.name]) for file in files if file.name in items]
    return [_noted(file, item, now, rules, item.key in spared) for file, item in known]


def judged(pipeline: Pipeline, report: Report, *, now: datetime, run: str, rules: Rules) -> Pipeline:
    """Return the pipeline after a run: paused where too many files have failed in a row.

    A file that fails again counts once. What an earlier try of the same run has noted is replaced.

    :param report: what the run did.
    :param now: the present, in UTC.
    :param run: name of the run.
    :param rules: the options.
    """
    failing = {name: by for name, by in pipeline.failing.items() if by != run}
    for item in report.items:
        if item.outcome is Outcome.DELIVERED:
            failing.clear()
        elif item.outcome is Outcome.FAILED:
            failing.pop(item.key, None)
            failing[item.key] = run
    before = pipeline.pause if pipeline.pause and pipeline.pause.run != run else None
    tripped = len(failing) >= rules.pause_after
    pause = Pause(as_text(now), _why(report, failing), run) if tripped else None
    return replace(pipeline, failing=failing, pause=before or pause)


def settled(listing: Listing, now: datetime, seconds: float) -> bool:
    """Whether a file was left alone for some time; always where the storage tells no time.

    Object storage shows a file only when it is whole, and has etags in place of times.

    :param now: the present, in UTC.
    """
    changed = modified_at(listing)
    # The clock of a file server may be ahead; a file from the far future was not written just now.
    return changed is None or abs(now.timestamp() - changed) >= seconds


def modified_at(listing: Listing) -> float | None:
    """Return when a file was modified, in seconds since the epoch, where its storage tells."""
    time = listing.get("mtime")
    if isinstance(time, int | float):
        return time / 1e9 if time > _NANOSECONDS_FROM else float(time)
    try:
        told = datetime.fromisoformat(str(time))
    except ValueError:
        return None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()


def nameable(path: str) -> bool:
    """Whether a file of this path can be an item: it has a name, in characters that can be written down."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return bool(PurePosixPath(path).stem.strip())


def item_name(path: str, taken: Collection[str]) -> str:
    """Return the key of a file's item: its stem; where that is taken, with its folder and extension.

    :param path: below the source folder.
    :param taken: names that other files have, casefolded.
    """
    stem, extension = posixpath.splitext(posixpath.basename(path))
    origin = "-".join((*posixpath.dirname(path).split("/"), extension[1:])).strip("- ")
    digest = hashlib.sha256(path.encode()).hexdigest()[:12]
    names = [stem.strip(), f"{stem.strip()}/{origin}", f"{stem.strip()}/{digest}"]
    return next((name for name in names if name.casefold() not in taken), names[-1])


def as_text(time: datetime) -> str:
    """Return a time as the history has it; such texts are in the order of their times."""
    return time.astimezone(UTC).isoformat(timespec="seconds")


def _due(
    path: str, listing: Listing, known: PipelineFile | None, now: datetime, rules: Rules
) -> PipelineFile | None:
    """Return a file in the queue, if it is new, changed, cut off, or to be tried again."""
    if known is None:
        return PipelineFile(path, listing=listing, queued_at=as_text(now))
    changed = dict(known.listing) != dict(listing)
    queued = replace(known, status=FileStatus.QUEUED, listing=listing, next_try=None)
    if known.status in _WAITING:
        return replace(queued, retry_count=0 if changed else known.retry_count)
    if changed and (known.status is FileStatus.FAILED or rules.reprocess_on_modified):
        return replace(queued, retry_count=0, queued_at=as_text(now))
    if known.next_try is not None and known.next_try <= as_text(now):
        return replace(queued, retry_count=known.retry_count + 1, queued_at=known.next_try)
    return None


def _named(files: Sequence[PipelineFile], history: Mapping[str, PipelineFile]) -> list[PipelineFile]:
    taken = {file.name.casefold() for file in history.values()}
    named = []
    for file in files:
        name = file.name or item_name(file.path, taken)
        taken.add(name.casefold())
        named.append(replace(file, name=name))
    return named


def _lost(file: PipelineFile, now: datetime) -> PipelineFile:
    """Return a file that left the folder after a run took it; it is due as soon as it is back."""
    error = "it left the folder before it was rendered"
    return replace(file, status=FileStatus.FAILED, last_error=error, next_try=as_text(now))


def _forgotten(gone: Iterable[PipelineFile]) -> list[str]:
    """Return what need not be kept of files that left the folder."""
    untouched = [file.path for file in gone if file.status in _WAITING and not file.run]
    others = [file for file in gone if file.status not in _WAITING]
    oldest = sorted(others, key=lambda file: file.latest)[: max(0, len(others) - KEPT)]
    return [*untouched, *(file.path for file in oldest)]


def _noted(file: PipelineFile, item: ItemReport, now: datetime, rules: Rules, spared: bool) -> PipelineFile:
    after = replace(
        file,
        stage=str(item.stage),
        last_error=None,
        job_id=item.job_id,
        credits=item.credits,
        files=tuple(str(one["path"]) for one in item.files),
        finished_at=as_text(now),
        next_try=None,
    )
    if item.outcome in (Outcome.DELIVERED, Outcome.UNCHANGED):
        return replace(after, status=FileStatus.COMPLETED)
    error = (item.reason or "it changed before it was rendered")[:_ERROR_LENGTH]
    if spared or item.outcome is Outcome.PENDING:
        return replace(after, status=FileStatus.QUEUED, last_error=error, finished_at=None)
    wait = timedelta(minutes=2**file.retry_count)
    again = as_text(now + wait) if file.retry_count < rules.max_retries else None
    return replace(after, status=FileStatus.FAILED, last_error=error, next_try=again)


def _why(report: Report, failing: Mapping[str, str]) -> str:
    reasons = {item.key: item.reason for item in report.failures}
    last = next((name for name in reversed([*failing]) if name in reasons), "")
    reason = str(reasons.get(last))[:_ERROR_LENGTH]
    return f"{len(failing)} files failed in a row, the last one {last}: {reason}"
