"""What a broken connection means: whether the vendor can have acted on the call."""

from __future__ import annotations

import httpx

from airflow_provider_render.core.errors import UnavailableError, UnexpectedAnswerError, VendorError
from airflow_provider_render.http.redact import redact

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
NOT_A_CALL = (httpx.UnsupportedProtocol, httpx.InvalidURL)
FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)


def failure(error: Exception, label: str) -> VendorError:
    """Turn a transport error into one of the common tree.

    :param error: one of :data:`FAILURES`.
    :param label: the call, safe to log.
    """
    reason = redact(str(error)) or type(error).__name__
    if isinstance(error, NOT_A_CALL):
        return UnexpectedAnswerError(f"{label}: this URL cannot be called: {reason}")
    if isinstance(error, httpx.DecodingError):
        return UnexpectedAnswerError(f"{label}: the answer cannot be decoded: {reason}", happened=None)
    if isinstance(error, NEVER_SENT):
        return UnavailableError(f"{label}: no connection, nothing was sent: {reason}", happened=False)
    if isinstance(error, httpx.TimeoutException):
        return UnavailableError(f"{label}: the server fell silent: {reason}", happened=None)
    return UnavailableError(f"{label}: the connection broke: {reason}", happened=None)
