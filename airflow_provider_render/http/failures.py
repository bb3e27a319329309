"""What a broken connection means: whether the vendor can have acted on the call."""

from __future__ import annotations

import httpx

from airflow_provider_render.core.errors import UnavailableError, UnexpectedAnswerError, VendorError
from airflow_provider_render.http.redact import redact
from airflow_provider_render.http.steps import Attempt
from airflow_provider_render.http.target import place

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
NOT_A_CALL = (httpx.UnsupportedProtocol, httpx.InvalidURL)
FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)


def failure(error: Exception, attempt: Attempt) -> VendorError:
    """Turn a transport error into one of the common tree, which names scheme, host and port.

    :param error: one of :data:`FAILURES`.
    :param attempt: the request that failed.
    """
    label, reason = attempt.label, redact(str(error)) or type(error).__name__
    if isinstance(error, NOT_A_CALL):
        return UnexpectedAnswerError(f"{label}: this URL cannot be called: {reason}")
    there = place(attempt.url)
    if isinstance(error, httpx.DecodingError):
        return UnexpectedAnswerError(
            f"{label}: the answer of {there} cannot be decoded: {reason}", happened=None
        )
    if isinstance(error, NEVER_SENT):
        return UnavailableError(
            f"{label}: no connection to {there}, nothing was sent: {reason}", happened=False
        )
    if isinstance(error, httpx.TimeoutException):
        return UnavailableError(f"{label}: the server at {there} fell silent: {reason}", happened=None)
    return UnavailableError(f"{label}: the connection to {there} broke: {reason}", happened=None)
