"""Every fault of the wire with its outcome, as one table."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from airflow_provider_render.core.errors import (
    DownloadError,
    OutcomeUnknownError,
    RateLimitedError,
    UnavailableError,
    UnexpectedAnswerError,
    VendorError,
)
from airflow_provider_render.core.retry import RetryPolicy
from airflow_provider_render.http.options import HttpOptions
from tests.http.probe import SECRET
from tests.http.scripted import Reaction, cut, reply, reset, then_silence
from tests.secret_watch import secret

SIGNATURE = secret("feedface0123456789abcdef")
SECRETS = (SECRET, SIGNATURE)
ECHO = f"token {SECRET} at https://s3.test/x?X-Amz-Signature={SIGNATURE}&part=1".encode()
JSON = "application/json"
ATTEMPTS = 3
PATIENT = HttpOptions(timeout=5.0, retry=RetryPolicy(attempts=ATTEMPTS, first=0.001, growth=1.0, cap=2.0))
HASTY = replace(PATIENT, timeout=0.25)


@dataclass(frozen=True)
class Outcome:
    """How a call ends.

    :param kind: class of the error.
    :param happened: what it says about the effect.
    :param sendings: requests on the wire.
    """

    kind: type[VendorError]
    happened: bool | None
    sendings: int


@dataclass(frozen=True)
class Fault:
    """A fault, and how calls end that meet nothing else.

    :param wire: what the server does.
    :param read: of a call that may be repeated.
    :param paid: of one that must not.
    :param file: of a download.
    :param options: how the client is set up for it.
    """

    wire: Reaction
    read: Outcome
    paid: Outcome
    file: Outcome
    options: HttpOptions = PATIENT


BROKEN = Outcome(UnavailableError, None, ATTEMPTS)
LIMITED = Outcome(RateLimitedError, False, ATTEMPTS)
LIMITED_LONG = Outcome(RateLimitedError, False, 1)
UNKNOWN = Outcome(OutcomeUnknownError, None, 1)
UNREADABLE = Outcome(UnexpectedAnswerError, None, 1)
REFUSED_TO_FOLLOW = Outcome(UnexpectedAnswerError, False, 1)
NO_FILE = Outcome(DownloadError, False, ATTEMPTS)


def head(length: int | str, media_type: str = JSON) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n".encode()


def drips(connection, request):
    connection.sendall(head(900))
    for _ in range(60):
        connection.sendall(b" " * 10)
        time.sleep(0.01)


def broken(wire: Reaction, options: HttpOptions = PATIENT) -> Fault:
    """A connection that ends, or falls silent, before the answer is whole."""
    return Fault(wire, BROKEN, UNKNOWN, BROKEN, options)


def strange(wire: Reaction, file: Outcome = NO_FILE) -> Fault:
    """A whole answer that makes no sense."""
    return Fault(wire, UNREADABLE, UNKNOWN, file)


def limited(**headers: str) -> Fault:
    """A 429 that lets the call be sent again."""
    return Fault(reply(429, ECHO, **headers), LIMITED, LIMITED, LIMITED)


def limited_for_long(**headers: str) -> Fault:
    """A 429 that asks for more time than one call waits."""
    return Fault(reply(429, ECHO, **headers), LIMITED_LONG, LIMITED_LONG, LIMITED_LONG)


CHUNKED = f"HTTP/1.1 200 OK\r\ncontent-type: {JSON}\r\ntransfer-encoding: chunked\r\n\r\n".encode()

FAULTS: dict[str, Fault] = {
    "reset before headers": broken(reset),
    "reset inside headers": broken(cut(b"HTTP/1.1 200 OK\r\ncontent-le", hard=True)),
    "reset after headers": broken(cut(head(50, "image/png"), hard=True)),
    "reset mid-body": broken(cut(head(500, "image/png") + ECHO, hard=True)),
    "closed before headers": broken(cut(b"")),
    "closed mid-body": broken(cut(head(500, "image/png") + ECHO)),
    "silence before headers": broken(then_silence(b"", 0.6), HASTY),
    "silence mid-body": broken(then_silence(head(500, "image/png") + ECHO, 0.6), HASTY),
    "slow drip": Fault(drips, BROKEN, UNKNOWN, NO_FILE, HASTY),
    "length too long": broken(cut(head(500, "image/png") + b'{"id": "r1"}')),
    "length too short": strange(head(7) + b'{"id": "r1"}'),
    "length no number": broken(head("many") + b'{"id": "r1"}'),
    "length told twice": broken(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 9\r\n\r\n{}"),
    "chunk cut": broken(cut(CHUNKED.replace(JSON.encode(), b"image/png") + b'9\r\n{"id"')),
    "last chunk missing": broken(cut(CHUNKED.replace(JSON.encode(), b"image/png") + b'5\r\n{"id"\r\n')),
    "chunk of no length": broken(cut(CHUNKED.replace(JSON.encode(), b"image/png") + b"zz\r\n{}\r\n")),
    "not HTTP": broken(cut(b"SSH-2.0-OpenSSH_9.6\r\n")),
    "headers without end": broken(cut(b"HTTP/1.1 200 OK\r\n" + b"x-filler: y\r\n" * 20_000)),
    "200 with HTML": strange(reply(200, b"<html>" + ECHO, "text/html")),
    "broken JSON": strange(reply(200, b'{"id": "r1", "url": "' + ECHO)),
    "JSON of another shape": strange(reply(200, b'{"token": "' + ECHO + b'"}')),
    "JSON that is a list": strange(reply(200, b'["' + ECHO + b'"]')),
    "JSON without bottom": strange(reply(200, b"[" * 100_000)),
    "JSON number without end": strange(reply(200, b"9" * 5_000)),
    "other compression than said": strange(reply(200, ECHO, content_encoding="gzip")),
    "204 instead of an answer": strange(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "302 without a place": strange(reply(302, ECHO), UNREADABLE),
    "304": strange(b"HTTP/1.1 304 Not Modified\r\n\r\n", UNREADABLE),
    "307 without a place": Fault(reply(307, ECHO), REFUSED_TO_FOLLOW, REFUSED_TO_FOLLOW, REFUSED_TO_FOLLOW),
    "408": broken(reply(408, ECHO)),
    "500": broken(reply(500, ECHO)),
    "500 with JSON without bottom": broken(reply(500, b"[" * 100_000)),
    "500 that is not text": broken(reply(500, b"\xff\xfe" + ECHO)),
    "502 page": broken(reply(502, b"<html>" + ECHO, "text/html")),
    "503 with a time": broken(reply(503, ECHO, retry_after="0")),
    "504": broken(reply(504)),
    "599": broken(reply(599, ECHO)),
    "429 without a time": limited(),
    "429 with seconds": limited(retry_after="0"),
    "429 with a past date": limited(retry_after="Thu, 01 Jan 1970 00:00:00 GMT"),
    "429 with a negative time": limited(retry_after="-5"),
    "429 with a text": limited(retry_after="soon"),
    "429 with a fraction": limited(retry_after="1.5"),
    "429 with digits of another script": limited(retry_after="\u0663"),
    "429 with a billion seconds": limited_for_long(retry_after="1000000000"),
    "429 with 5,000 digits": limited_for_long(retry_after="9" * 5_000),
    "429 with a far date": limited_for_long(retry_after="Fri, 31 Dec 9999 23:59:59 GMT"),
    "429 that is not text": Fault(reply(429, b"\xff\xfe" + ECHO), LIMITED, LIMITED, LIMITED),
}
