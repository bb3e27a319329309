"""The conversation that carries out a call: send, follow, judge, wait, send again.

Both drivers follow these generators, so that the blocking and the asyncio side cannot drift apart.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from airflow_provider_render.core.calls import Answer, Call, Effect, Notice, Operation
from airflow_provider_render.core.errors import (
    OutcomeUnknownError,
    RateLimitedError,
    RenderError,
    UnavailableError,
    UnexpectedAnswerError,
    VendorError,
)
from airflow_provider_render.core.paths import AssumedPath
from airflow_provider_render.core.retry import retry_after, retry_delay
from airflow_provider_render.http.redact import excerpt, masked, message, redact
from airflow_provider_render.http.steps import Attempt, Pause, Talk, Terms, ask
from airflow_provider_render.http.target import origin, redirected, resolve

T = TypeVar("T")

MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TOO_MANY = 429
NOT_DONE_REDIRECTS = frozenset({307, 308})
BAD_PARSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What comes of reading an answer of another shape than the vendor documents."""

log = logging.getLogger(__name__)


def converse(work: Call[T] | Operation[T], terms: Terms) -> Talk[T]:
    """Carry out a call or an operation; errors are thrown into the operation, which may handle them.

    :raises VendorError: the call failed for good.
    """
    if isinstance(work, Call):
        return (yield from exchange(work, terms))
    with closing(work):
        return (yield from _operate(work, terms))


def _operate(operation: Operation[T], terms: Terms) -> Talk[T]:
    try:
        step = next(operation)
        while True:
            try:
                result = None if isinstance(step, Notice) else (yield from exchange(step, terms))
            except RenderError as error:
                step = operation.throw(error)
            else:
                step = operation.send(result)
    except StopIteration as stop:
        result_of_all: T = stop.value
        return result_of_all


def exchange(call: Call[T], terms: Terms) -> Talk[T]:
    """Send one call until it is answered, or must not be sent again.

    :raises VendorError: how the last sending ended.
    :raises OutcomeUnknownError: a call that must not be repeated may have happened.
    """
    sendings = 0
    while True:
        sendings += 1
        try:
            return (yield from _send(call, terms))
        except VendorError as error:
            yield from wait_or_raise(error, call.label, call.effect, sendings, terms)


def wait_or_raise(error: VendorError, label: str, effect: Effect, sendings: int, terms: Terms) -> Talk[None]:
    """Wait until a failed call may be sent again.

    :param sendings: how often it was sent.
    :raises VendorError: it must not be sent again.
    """
    error.args = (message(error, terms.secrets),)
    delay = retry_delay(error, effect, sendings, terms.options.retry, terms.jitter())
    if delay is None:
        raise _final(error, label, effect)
    log.info("sending %d of %s failed, the next is in %.1f s: %s", sendings, redact(label), delay, error)
    yield Pause(delay)


def _final(error: VendorError, label: str, effect: Effect) -> VendorError:
    if effect is Effect.REPEATABLE or error.happened is False:
        return error
    harm = "be charged twice" if effect is Effect.PAID else "make a second one"
    unknown = OutcomeUnknownError(
        f"{redact(label)} may or may not have happened. It is not sent again blindly, because that could"
        f" {harm}. Cause: {error}",
        status=error.status,
        code=error.code,
        retry_after=error.retry_after,
        happened=None,
    )
    unknown.__cause__ = error
    return unknown


def _send(call: Call[T], terms: Terms) -> Talk[T]:
    url = resolve(terms.vendor.root(call.credential), corrected(call.path, terms), call.query)
    answer, _ = yield from round_trip(
        Attempt(redact(call.label), call.method, url, call.headers, call), terms
    )
    log.debug("%s answered %d", answer.call, answer.status)
    terms.meter.add(_charge(answer, terms))
    if answer.status >= 300:
        raise refusal(answer, terms)
    return _read(call, answer, terms)


def _charge(answer: Answer, terms: Terms) -> Decimal:
    try:
        return terms.vendor.charge(answer)
    except BAD_PARSE:
        return Decimal(0)


def corrected(path: str, terms: Terms) -> str:
    """Return a path as the connection has it."""
    return path.corrected(terms.vendor.paths) if isinstance(path, AssumedPath) else path


def round_trip(attempt: Attempt, terms: Terms) -> Talk[tuple[Answer, bool]]:
    """Send a request and follow the redirects of a GET.

    Credentials go to the vendor's own origin, and not there either once a redirect has led elsewhere.

    :param attempt: with the headers of the call alone.
    :returns: the answer, and whether it came from the vendor's own origin.
    :raises VendorError: no answer came.
    """
    credential = attempt.call.credential if attempt.call else ""
    home = origin(terms.vendor.root(credential))
    at_home = origin(attempt.url) == home
    for _ in range(MAX_REDIRECTS + 1):
        headers = {**(terms.vendor.headers(credential) if at_home else {}), **attempt.headers}
        answer: Answer = yield from ask(replace(attempt, headers=headers))
        location = answer.headers.get("location")
        if attempt.method != "GET" or answer.status not in REDIRECTS or not location:
            return answer, at_home
        attempt = _follow(attempt, location)
        at_home = at_home and origin(attempt.url) == home
    raise UnexpectedAnswerError(f"{attempt.label}: more than {MAX_REDIRECTS} redirects", status=answer.status)


def _follow(attempt: Attempt, location: str) -> Attempt:
    url = redirected(attempt.url, location)
    if origin(url) == origin(attempt.url) or attempt.sink:
        return replace(attempt, url=url)
    return replace(attempt, url=url, headers={})


def refusal(answer: Answer, terms: Terms) -> VendorError:
    """Return the error that an answer outside 2xx means."""
    # Masked before the vendor quotes a part of it: half a secret would not be found again.
    error = _judged(replace(answer, body=masked(answer.body, terms.secrets)), terms)
    error.args = (message(error, terms.secrets),)
    if error.retry_after is None and error.transient:
        error.retry_after = retry_after(answer.headers, terms.clock())
    if answer.status >= 500 or isinstance(error, UnavailableError):
        error.happened = None
    return error


def quiet_time(answer: Answer, terms: Terms) -> float:
    """Return the seconds for which an answer asks that no call of its connection starts.

    A driver heeds it before it lets the next call start, so that none slips in while the answer is judged.
    """
    error = refusal(answer, terms) if answer.status >= 400 else None
    if error is None or not error.transient or error.retry_after is None:
        return 0.0
    # Capped: an hour asked of one call would otherwise block every other call without a word.
    return min(error.retry_after, terms.options.retry.cap)


def _judged(answer: Answer, terms: Terms) -> VendorError:
    if answer.status < 400:
        happened = False if answer.status in NOT_DONE_REDIRECTS else None
        return _unexpected(answer, terms, "redirects, which is not followed", happened)
    try:
        return terms.vendor.error(answer)
    except BAD_PARSE:
        if answer.status >= 500:
            return UnavailableError(
                f"{answer.call}: the server answered {answer.status}", status=answer.status
            )
        if answer.status == TOO_MANY:
            return RateLimitedError(f"{answer.call}: the server answered {TOO_MANY}", status=TOO_MANY)
        return _unexpected(answer, terms, "refuses in an unknown form", happened=False)


def _read(call: Call[T], answer: Answer, terms: Terms) -> T:
    if _is_page(call, answer):
        raise _unexpected(answer, terms, "is a web page")
    try:
        return call.parse(answer)
    except UnexpectedAnswerError as error:
        error.happened = None
        raise
    except RenderError:
        raise
    except BAD_PARSE as error:
        # "from None": the error holds what it could not read, which may be a presigned URL.
        reason = " ".join(redact(_reason(error), terms.secrets).split())[:300]
        raise _unexpected(answer, terms, f"cannot be read ({type(error).__name__}: {reason})") from None


def _reason(error: Exception) -> str:
    """Return what is wrong with an answer: pydantic would quote it, with half a signature that none masks."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)


def _is_page(call: Call[Any], answer: Answer) -> bool:
    wanted = any("html" in value for name, value in call.headers.items() if name.lower() == "accept")
    return not wanted and "text/html" in answer.headers.get("content-type", "") and bool(answer.body.strip())


def _unexpected(
    answer: Answer, terms: Terms, what: str, happened: bool | None = None
) -> UnexpectedAnswerError:
    begin = excerpt(answer.body, terms.secrets)
    return UnexpectedAnswerError(
        f"{answer.call}: the answer {answer.status} {what}; it begins: {begin!r}",
        status=answer.status,
        happened=happened,
    )
