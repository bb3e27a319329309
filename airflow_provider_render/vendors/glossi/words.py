"""Glossi's words for where something stands, and what they mean."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from airflow_provider_render.core.job import RenderStatus
from airflow_provider_render.vendors.glossi.paths import ASSUMED_WORDS

VENDOR = "glossi"
"""Glossi's own name."""

OK = frozenset({"COMPLETED", "READY"})
"""Documented words for a good end, of renders, pipeline files and models."""

WAITING = frozenset({"QUEUED", "PENDING", "AWAITING_UPLOADS"})
WORKING = frozenset({"RENDERING", "PROCESSING", "INGESTING", "STYLING", "EXPORTING"})

AWAITING_UPLOADS = "AWAITING_UPLOADS"
"""Documented word of a one-call job that has not begun."""

MEDIA_TYPES: Mapping[str, str] = {"glb": "model/gltf-binary"}
"""Documented content types of uploads by extension."""

OCTETS = "application/octet-stream"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """What Glossi's words mean, as a connection has it.

    :param ok: words for a good end beside the documented ones.
    :param failed: words for a bad end.
    :param paused: words for a pipeline that has stopped.
    :param pause: what pauses a pipeline.
    :param resume: what resumes it.
    :param media_types: content types of uploads by extension, beside the documented ones.
    """

    ok: frozenset[str]
    failed: frozenset[str]
    paused: frozenset[str]
    pause: str
    resume: str
    media_types: Mapping[str, str]

    @classmethod
    def read(cls, given: Mapping[str, str] | None = None) -> Words:
        """Read the words of :data:`ASSUMED_WORDS`, some of which a connection replaces.

        :param given: replacements by name.
        """
        said = {**ASSUMED_WORDS, **(given or {})}
        return cls(
            ok=_set(said["ok_states"]),
            failed=_set(said["failed_states"]),
            paused=_set(said["paused_states"]),
            pause=said["pause_word"].strip(),
            resume=said["resume_word"].strip(),
            media_types=_table(said["media_types"]),
        )

    def status(self, word: str | None) -> RenderStatus:
        """Say what a word means; an unknown one counts as running, with one warning in the log."""
        plain = plain_word(word)
        if plain in OK | self.ok:
            return RenderStatus.SUCCEEDED
        if plain in self.failed:
            return RenderStatus.FAILED
        if plain in WAITING:
            return RenderStatus.QUEUED
        if plain not in WORKING:
            _warn_once(plain)
        return RenderStatus.RUNNING

    def is_paused(self, word: str | None) -> bool:
        """Whether a pipeline with this status has stopped looking for files."""
        return plain_word(word) in self.paused

    def media_type(self, extension: str) -> str:
        """Return the content type that a model is uploaded with.

        :param extension: such as ``glb``.
        """
        return {**MEDIA_TYPES, **self.media_types}.get(extension.lower(), OCTETS)


def plain_word(word: str | None) -> str:
    """Return a word in one form: ``in progress`` and ``IN_PROGRESS`` are the same."""
    return (word or "unknown").strip().upper().replace(" ", "_").replace("-", "_")


@cache
def _warn_once(word: str) -> None:
    log.warning(
        "Glossi says %r, which is not documented: it counts as under way. If it is an end, name it in the"
        " connection's extra ok_states or failed_states",
        word,
    )


def _set(text: str) -> frozenset[str]:
    return frozenset(plain_word(word) for word in text.split(",") if word.strip())


def _table(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if "=" in pair]
    return {name.strip().lstrip(".").lower(): value.strip() for name, _, value in pairs}
