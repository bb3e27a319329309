"""Presigned links: storage URLs that carry their own permission, after the manner of S3.

A link is ``<path>?X-Amz-Algorithm=...&X-Amz-Date=...&X-Amz-Expires=...&X-Amz-Signature=...``. As with S3 the
signature covers the method, the path and every other parameter of the query, ``X-Amz-Expires`` counts seconds
from ``X-Amz-Date``, and a request that carries credentials beside its signature is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

ALGORITHM = "AWS4-HMAC-SHA256"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
SIGNATURE, DATE, EXPIRES = "X-Amz-Signature", "X-Amz-Date", "X-Amz-Expires"
CREDENTIAL_HEADERS = (
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-api-key",
    "api-key",
    "apikey",
    "x-access-key",
    "x-access-token",
    "x-auth-token",
    "x-secret-key",
)


class PresignError(Exception):
    """
    A link does not permit the request.

    :param message: S3's words.
    """

    status = 403
    code = "AccessDenied"

    def __init__(self, message: str = "Access Denied") -> None:
        self.message = message
        super().__init__(message)

    def response(self) -> Response:
        """Return the XML answer of the storage."""
        return xml_error(self.status, self.code, self.message)


class SignatureWrong(PresignError):  # noqa: N818
    """The signature is of another request, or by somebody else."""

    code = "SignatureDoesNotMatch"


class SignatureExpired(PresignError):  # noqa: N818
    """The link was good once."""


class CredentialsSent(PresignError):  # noqa: N818
    """API credentials arrived at the storage, which is another party."""

    status = 400
    code = "InvalidArgument"


class Signer:
    """
    Signs links and checks them.

    :param secret: the key; keep it with the data so that links outlive a restart.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, method: str, path: str, expires_at: int, **claims: str) -> dict[str, str]:
        """
        Permit one method on one path.

        :param method: HTTP method, like ``PUT``.
        :param path: decoded path of the URL, as :meth:`check` will be given it.
        :param expires_at: end of the permission, epoch seconds.
        :param claims: more parameters of the query that nobody may change.
        :return: parameters of the query.
        """
        begin = min(int(time.time()), expires_at)
        query = {
            "X-Amz-Algorithm": ALGORITHM,
            DATE: datetime.fromtimestamp(begin, UTC).strftime(DATE_FORMAT),
            EXPIRES: str(expires_at - begin),
            **claims,
        }
        return {**query, SIGNATURE: self._signature(method, path, query)}

    def check(self, method: str, path: str, query: Mapping[str, str], now: float) -> None:
        """
        Let a request pass or not.

        :param method: its HTTP method.
        :param path: its decoded path.
        :param query: all its query parameters.
        :param now: epoch seconds.
        :raises PresignError: there is no signature.
        :raises SignatureWrong: it does not fit.
        :raises SignatureExpired: it does, but its time is over.
        """
        if not query.get(SIGNATURE):
            raise PresignError
        signed = {name: value for name, value in query.items() if name != SIGNATURE}
        if not secrets.compare_digest(
            self._signature(method, path, signed).encode(), query[SIGNATURE].encode()
        ):
            raise SignatureWrong(
                "The request signature we calculated does not match the signature you provided."
                " Check your key and signing method."
            )
        if now >= _end(signed):
            raise SignatureExpired("Request has expired")

    def _signature(self, method: str, path: str, query: Mapping[str, str]) -> str:
        pairs = "&".join(
            f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query.items())
        )
        text = "\n".join((method.upper(), path, pairs))
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def _end(query: Mapping[str, str]) -> float:
    begin = datetime.strptime(query[DATE], DATE_FORMAT).replace(tzinfo=UTC)
    return begin.timestamp() + int(query[EXPIRES])


def check_request(signer: Signer, request: Request, path: str) -> None:
    """
    Let a request to a storage pass or not.

    :param signer: who signed its links.
    :param path: decoded path as it was signed.
    :raises PresignError: it carries credentials, no signature, a wrong one or an expired one.
    """
    if found := [name for name in CREDENTIAL_HEADERS if name in request.headers]:
        raise CredentialsSent(f"Only one auth mechanism allowed; the request also carries {', '.join(found)}")
    signer.check(request.method, path, dict(request.query_params), time.time())


def xml_error(status: int, code: str, message: str) -> Response:
    """
    Make an error answer like S3's.

    :param status: HTTP status.
    :param code: S3's error code.
    :param message: what happened.
    """
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    )
    return Response(body, status, media_type="application/xml")
