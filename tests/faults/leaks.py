"""Looks for secrets in everything that a fault leaves behind."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass

import pytest


@dataclass
class Said:
    """What was logged."""

    caplog: pytest.LogCaptureFixture

    def nothing_of(self, secrets: tuple[str, ...], *errors: BaseException) -> None:
        """Fail where half a secret or more is in a record, or in an error and what caused it."""
        text = "\n".join([*self._logged(), *(part for error in errors for part in _told(error))])
        assert [half for secret in secrets for half in _halves(secret) if half in text] == [], text

    def _logged(self) -> Iterator[str]:
        for record in self.caplog.records:
            yield f"{record.name} {record.getMessage()} {record.args!r} {record.exc_text}"
        yield self.caplog.text


def _halves(secret: str) -> tuple[str, str]:
    middle = len(secret) // 2
    return secret[:middle], secret[middle:]


def _told(error: BaseException) -> Iterator[str]:
    yield "".join(traceback.format_exception(error))
    shown: BaseException | None = error
    while shown:
        yield f"{shown!r} {shown} {shown.args!r} {vars(shown)!r} {getattr(shown, '__notes__', '')}"
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)
