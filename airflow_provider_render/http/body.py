"""Request and answer bodies: uploads are streamed from their source, answers are kept within bounds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic
from typing import Any

import httpx

from airflow_provider_render.core.calls import ByteSource, Call
from airflow_provider_render.core.errors import (
    ConnectionConfigError,
    ModelFileError,
    RenderError,
    RenderInputError,
    UnavailableError,
    UnexpectedAnswerError,
)
from airflow_provider_render.http.steps import Attempt

CHUNK = 256 * 1024
MAX_ANSWER = 64 * 1024 * 1024
REFUSAL_READ = 64 * 1024

_TEXT = r"[^\s\x00-\x1f\x7f]"
_HEADER = re.compile(rf"[\w!#$%&'*+.^`|~-]+: (?:{_TEXT}(?:[^\x00-\x08\x0a-\x1f\x7f]*{_TEXT})?)?", re.ASCII)
"""What h11 sends; its message about anything else would quote it, though it be a token."""


class SourceReader:
    """A freshly opened source; its troubles are told apart from those of the network.

    :param source: what to read.
    :raises ModelFileError: it cannot be opened, or is not as long as it should be.
    """

    def __init__(self, source: ByteSource) -> None:
        self._name = source.name
        try:
            self._file = source.open()
            size = self.seek(0, os.SEEK_END)
            self.seek(0)
        except Exception as error:
            raise ModelFileError(f"cannot open {source.name}: {error}") from error
        if size != source.size:
            self.close()
            raise ModelFileError(
                f"{source.name} has {size} bytes, {source.size} were expected: it has changed"
            )

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes."""
        try:
            return self._file.read(size)
        except Exception as error:
            raise ModelFileError(f"cannot read {self._name}: {error}") from error

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, and return the new position in bytes."""
        self._file.seek(offset, whence)
        return self._file.tell()

    def close(self) -> None:
        """Close the source."""
        self._file.close()

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(CHUNK):
            yield chunk


def streams(attempt: Attempt) -> bool:
    """Return whether the body of a request is read from a source, which may block."""
    return bool(attempt.call and (attempt.call.files or attempt.call.content))


def request(client: httpx.Client | httpx.AsyncClient, attempt: Attempt, opened: ExitStack) -> httpx.Request:
    """Build a request; its sources are opened afresh.

    :param opened: closes the sources.
    :raises ModelFileError: a source cannot be opened.
    :raises ConnectionConfigError: a header cannot be sent.
    :raises RenderInputError: a parameter cannot be sent.
    """
    try:
        headers = _headers(attempt)
        body = _body(attempt.call, opened) if attempt.call else {}
        return client.build_request(attempt.method, attempt.url, headers=headers, **body)
    except RenderError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise RenderInputError(f"{attempt.label} cannot be sent: {error}. Nothing was sent.") from None


def _headers(attempt: Attempt) -> httpx.Headers:
    headers = httpx.Headers()
    for name, value in attempt.headers.items():
        if not _HEADER.fullmatch(f"{name}: {value}"):
            raise ConnectionConfigError(
                f"{attempt.label}: the value of header {name!r} cannot be sent, as where a token has a line"
                " break in it. Nothing was sent."
            )
        headers[name] = value
    return headers


def _body(call: Call[Any], opened: ExitStack) -> dict[str, Any]:
    if call.files:
        return {"data": dict(call.form), "files": _parts(call, opened)}
    if call.form:
        return {"files": [(name, (None, value)) for name, value in call.form.items()]}
    if call.content is not None:
        return {"content": _open(call.content, opened)}
    return {} if call.json is None else {"json": call.json}


def _parts(call: Call[Any], opened: ExitStack) -> list[tuple[str, tuple[str, SourceReader, str]]]:
    return [
        (part.field, (part.source.name, _open(part.source, opened), part.media_type)) for part in call.files
    ]


def _open(source: ByteSource, opened: ExitStack) -> SourceReader:
    reader = SourceReader(source)
    opened.callback(reader.close)
    return reader


class AnswerBody:
    """Collects the body of an answer, within bounds of size and time.

    :param attempt: what it answers.
    :param seconds: how long it may take.
    """

    def __init__(self, attempt: Attempt, seconds: float) -> None:
        self._label = attempt.label
        self._limit = REFUSAL_READ if attempt.sink else MAX_ANSWER
        self._cut = attempt.sink is not None
        self._deadline = monotonic() + seconds
        self._chunks: list[bytes] = []
        self._size = 0

    def add(self, chunk: bytes) -> bool:
        """Take a piece and say whether more is wanted.

        :raises UnavailableError: it takes too long.
        :raises UnexpectedAnswerError: it is too large.
        """
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size > self._limit and not self._cut:
            raise UnexpectedAnswerError(
                f"{self._label}: the answer is larger than {self._limit} bytes", happened=None
            )
        if monotonic() > self._deadline:
            raise UnavailableError(f"{self._label}: the answer came too slowly", happened=None)
        return self._size <= self._limit

    def bytes(self) -> bytes:
        """Return what came."""
        return b"".join(self._chunks)
