"""The conversation that downloads a file: stream, resume, check, then give it its name."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from os import PathLike, fspath
from pathlib import Path
from typing import BinaryIO

from airflow_provider_render.core.calls import Effect, Fetch
from airflow_provider_render.core.errors import DownloadError, OutputError, VendorError
from airflow_provider_render.core.resource import Fetched
from airflow_provider_render.http.archive import is_zip, zip_damage
from airflow_provider_render.http.exchange import corrected, refusal, round_trip, wait_or_raise
from airflow_provider_render.http.redact import redact
from airflow_provider_render.http.steps import Attempt, Blocking, Talk, Terms, ask
from airflow_provider_render.http.target import resolve

EXPIRED = frozenset({400, 401, 403})
"""How hosts of presigned URLs answer an expired one."""
PROGRESS = 1024 * 1024
"""Bytes after which a broken download gets its full number of attempts back."""
RANGE_NOT_SATISFIABLE = 416
WORDLESS_TYPES = frozenset({"", "application/octet-stream", "binary/octet-stream"})

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", re.ASCII)


class PartFile:
    """The part of a download that is there, in a hidden file of its own beside its final name.

    :param fetch: what is downloaded.
    :param to: its final path.
    """

    def __init__(self, fetch: Fetch, to: Path) -> None:
        self._fetch = fetch
        self._to = to
        self._path = to.with_name(f".{to.name[:40]}.{secrets.token_hex(6)}.part")
        self._file: BinaryIO | None = None
        self._discarded = False
        self.reset()

    def reset(self) -> None:
        """Forget what is there: the next answer starts anew."""
        self._close()
        self.size = 0
        self._digest = hashlib.sha256()
        self._expected = self._fetch.size
        self._etag = ""
        self._media_type = ""

    def headers(self) -> dict[str, str]:
        """Return the request headers for what is missing."""
        headers = {"accept-encoding": "identity"}
        if self.size and self._fetch.resumable:
            headers["range"] = f"bytes={self.size}-"
            if self._etag and not self._etag.startswith("W/"):
                headers["if-range"] = self._etag
        return headers

    def begin(self, status: int, headers: Mapping[str, str], /) -> bool:
        """Take the head of an answer; a body that does not go on where the last one broke starts anew.

        :raises DownloadError: the answer is not the file.
        :raises OutputError: the part file cannot be written.
        """
        if status == 206 and self._goes_on(headers):
            return True
        if status not in (200, 206):
            return False
        self.reset()
        if status == 206:
            raise self._error("the server sent another part than was asked for", status)
        self._check_head(headers)
        self._start(headers)
        return True

    def write(self, chunk: bytes, /) -> None:
        """Take the next bytes.

        :raises DownloadError: there are more than there should be.
        :raises OutputError: they cannot be written.
        """
        if self._file is None:
            raise self._error("the download was given up")
        try:
            self._file.write(chunk)
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error}") from error
        self._digest.update(chunk)
        self.size += len(chunk)
        if self._expected is not None and self.size > self._expected:
            raise self._broken(f"more than the expected {self._expected} bytes came")

    def finish(self) -> Fetched:
        """Check what came and give it its final name.

        :raises DownloadError: it is not whole.
        :raises OutputError: it cannot be written.
        """
        try:
            self._close()
            self._check_whole()
            self._path.replace(self._to)
        except OSError as error:
            raise OutputError(f"cannot write {self._to}: {error}") from error
        return Fetched(fspath(self._to), self.size, self._digest.hexdigest(), self._media_type)

    def discard(self) -> None:
        """Remove the part file, also one that another thread is about to open."""
        self._discarded = True
        with suppress(OSError):
            self._close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _goes_on(self, headers: Mapping[str, str]) -> bool:
        match = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
        if not match or self._file is None or int(match[1]) != self.size:
            return False
        same_total = match[2] == "*" or self._expected in (None, int(match[2]))
        return same_total and headers.get("etag", self._etag) == self._etag

    def _check_head(self, headers: Mapping[str, str]) -> None:
        media_type = _media_type(headers)
        if not _acceptable(media_type, self._fetch.media_types):
            wanted = " or ".join(self._fetch.media_types) or "a file"
            raise self._error(f"the answer is {media_type}, not {wanted}")
        length = _length(headers)
        if self._fetch.size is not None and length not in (None, self._fetch.size):
            raise self._error(f"the server has {length} bytes, {self._fetch.size} were announced")

    def _start(self, headers: Mapping[str, str]) -> None:
        self._media_type = _media_type(headers)
        self._etag = headers.get("etag", "")
        if self._expected is None:
            self._expected = _length(headers)
        try:
            self._file = self._path.open("wb")
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error}") from error
        if self._discarded:
            # A cancelled asyncio download does not wait for the thread that opens the file.
            self.discard()

    def _check_whole(self) -> None:
        if self._expected is not None and self.size != self._expected:
            raise self._broken(f"{self.size} of {self._expected} bytes came")
        if not self.size and self._fetch.size != 0:
            raise self._broken("the file is empty")
        damage = zip_damage(self._path) if is_zip(self._to.name, self._media_type) else None
        if damage:
            raise self._broken(f"the ZIP file is damaged: {damage}")

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _broken(self, what: str) -> DownloadError:
        self.reset()
        return self._error(what)

    def _error(self, what: str, status: int | None = None) -> DownloadError:
        return DownloadError(f"{self._fetch.label}: {what}", status=status)


def downloading(fetch: Fetch, to: str | PathLike[str], terms: Terms) -> Talk[Fetched]:
    """Download a file.

    :param to: its final path; until they are whole, the bytes are kept beside it in ``.<to>.<random>.part``.
    :raises DownloadError: it did not arrive whole, or the presigned URL has expired.
    :raises VendorError: the vendor does not give it.
    :raises OutputError: it cannot be written.
    """
    part = PartFile(fetch, Path(to))
    try:
        return (yield from _until_whole(fetch, part, terms))
    finally:
        part.discard()


def _until_whole(fetch: Fetch, part: PartFile, terms: Terms) -> Talk[Fetched]:
    sendings = mark = 0
    while True:
        sendings += 1
        try:
            return (yield from _once(fetch, part, terms))
        except VendorError as error:
            if error.status in EXPIRED:
                raise
            if part.size >= mark + PROGRESS:
                sendings, mark = 1, part.size
            yield from wait_or_raise(error, fetch.label, Effect.REPEATABLE, sendings, terms)


def _once(fetch: Fetch, part: PartFile, terms: Terms) -> Talk[Fetched]:
    url = resolve(terms.vendor.base_url, corrected(fetch.path, terms), fetch.query)
    attempt = Attempt(redact(fetch.label), "GET", url, part.headers(), sink=part)
    answer, at_home = yield from round_trip(attempt, terms)
    if answer.status in (200, 206):
        fetched: Fetched = yield from ask(Blocking(part.finish))
        return fetched
    if answer.status == RANGE_NOT_SATISFIABLE:
        part.reset()
    if answer.status in EXPIRED and not at_home:
        raise DownloadError(
            f"{fetch.label}: the host of the file answered {answer.status}, its URL has probably expired",
            status=answer.status,
        )
    if answer.status < 300 or answer.status == RANGE_NOT_SATISFIABLE:
        raise DownloadError(f"{fetch.label}: the server answered {answer.status}", status=answer.status)
    raise refusal(answer, terms)


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _acceptable(media_type: str, wanted: tuple[str, ...]) -> bool:
    if media_type in WORDLESS_TYPES or media_type in wanted:
        return True
    return not wanted and media_type != "text/html" and not media_type.endswith(("/json", "+json"))


def _length(headers: Mapping[str, str]) -> int | None:
    """Return the number of bytes that will come, or None where it is not told or they come compressed."""
    value = headers.get("content-length", "")
    compressed = headers.get("content-encoding", "identity") not in ("", "identity")
    return int(value) if value.isdecimal() and not compressed else None
