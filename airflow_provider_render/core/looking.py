"""Looks at many renders of which one cannot be read: what concerns that one, and what concerns all.

A vendor's ``states`` says which renders an answer failed to tell of, by an :class:`Unreadable`. Whoever does
not heed it gets the error, as of any other operation. A :class:`Look` bears it: the render counts as
:class:`Unread`, which is under way for all that is known, and the others get their states.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_render.core.calls import Call, Notice, Operation, by_step
from airflow_provider_render.core.errors import (
    AuthError,
    QuotaError,
    RejectedError,
    RenderError,
    UnavailableError,
    UnexpectedAnswerError,
    VendorError,
)
from airflow_provider_render.core.job import RenderJob, RenderState, RenderStatus

FORBIDDEN = 403
STRIKES = 3
"""Failures in a row after which the vendor counts as down, and what is left is not asked for."""


@dataclass(slots=True)
class Unreadable(Notice):
    """A vendor's operation cannot tell the states of some renders, which says nothing of the others.

    :param jobs: ids of the renders.
    :param error: why.
    :param borne: set by whoever wants the operation to go on with the others; else it raises the error.
    """

    jobs: Collection[str]
    error: VendorError
    borne: bool = False


@dataclass(frozen=True, slots=True)
class Unread(RenderState):
    """State of a render that could not be read; it must never be taken for ended or lost.

    :param cause: the error.
    """

    cause: VendorError = field(default_factory=lambda: VendorError("not told"), compare=False, repr=False)


def concerns_all(error: RenderError) -> bool:
    """Whether an error would meet further questions too, and not only the one about some render or model."""
    if isinstance(error, AuthError):
        return error.status != FORBIDDEN
    if isinstance(error, UnavailableError):
        return error.status is None or error.retry_after is not None
    return isinstance(error, QuotaError) or not isinstance(error, RejectedError | UnexpectedAnswerError)


def one_by_one(
    questions: Iterable[tuple[Collection[str], Operation[dict[str, RenderState]]]],
    *,
    later: RenderState | None = None,
) -> Operation[dict[str, RenderState]]:
    """Ask one question after the other; return the states of renders by id.

    :param questions: each with the ids of the renders that it is about.
    :param later: state of the renders that are left when the vendor goes away after it has answered others,
        where answers cost money and so must not be thrown away; None raises the error.
    """
    left, found, failed, heard = list(questions), dict[str, RenderState](), 0, False
    while left:
        jobs, question = left.pop(0)
        try:
            found.update((yield from question))
            heard, failed = True, 0
        except VendorError as error:
            if not concerns_all(error) and (yield from _borne(jobs, error)):
                failed += isinstance(error, UnavailableError)
                if failed < STRIKES:
                    continue
                yield from _borne(_ids(left), error)
                break
            if later is None or not heard or not error.transient:
                raise
            return found | dict.fromkeys([*jobs, *_ids(left)], later)
    return found


class Look:
    """One look at renders that bears with those that cannot be read.

    :param jobs: the renders.
    """

    def __init__(self, jobs: Iterable[RenderJob]) -> None:
        self._asked = [job.id for job in jobs]
        self._unread: dict[str, RenderState] = {}

    def work(self, states: Operation[dict[str, RenderState]]) -> Operation[dict[str, RenderState]]:
        """Carry out a vendor's ``states``.

        :raises VendorError: as :func:`told` does; for :meth:`failed`.
        """
        known = yield from by_step(states, self._bear)
        return told({**known, **self._unread}, self._asked)

    def failed(self, error: VendorError) -> dict[str, RenderState]:
        """Return the states where not a single one was told.

        :raises VendorError: the error concerns all renders, also those of other looks.
        """
        if concerns_all(error):
            raise error
        return {**_unread(self._asked, error), **self._unread}

    def _bear(self, step: Call[Any] | Notice) -> Call[Any] | Notice:
        if isinstance(step, Unreadable):
            step.borne = True
            self._unread.update(_unread(step.jobs, step.error))
        return step


def told(states: dict[str, RenderState], asked: Collection[str]) -> dict[str, RenderState]:
    """Return the states of renders if the vendor told anything of them.

    :param asked: ids of the renders.
    :raises VendorError: none of them can be read; one that may pass before a refusal.
    """
    causes = [state.cause for job in asked if isinstance(state := states.get(job), Unread)]
    if causes and len(causes) == len(asked):
        raise min(causes, key=_refused).with_traceback(None)
    return states


def unread(states: Mapping[str, RenderState]) -> dict[str, VendorError]:
    """Return why renders could not be read, by id."""
    return {job: state.cause for job, state in states.items() if isinstance(state, Unread)}


def _unread(jobs: Iterable[str], error: VendorError) -> dict[str, RenderState]:
    why = f"it cannot be read: {error}"
    return {job: Unread(RenderStatus.RUNNING, "not told", error=why, cause=error) for job in jobs}


def _borne(jobs: Collection[str], error: VendorError) -> Operation[bool]:
    notice = Unreadable(jobs, error)
    yield notice
    return notice.borne


def _ids(questions: Iterable[tuple[Collection[str], Any]]) -> list[str]:
    return [job for jobs, _ in questions for job in jobs]


def _refused(error: VendorError) -> bool:
    return isinstance(error, AuthError | RejectedError)
