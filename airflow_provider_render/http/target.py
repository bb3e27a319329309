"""Where a call goes, and whether it may carry the credentials."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import httpx

from airflow_provider_render.core.errors import RenderInputError, UnexpectedAnswerError

Origin = tuple[str, str, int | None]

LONGEST_LABEL, HIGHEST_PORT = 63, 65535


def resolve(base_url: str, path: str, query: Mapping[str, str | int | None]) -> str:
    """Return the URL of a call.

    The query of an absolute URL is left as it is: a presigned URL is signed byte by byte.

    :param base_url: root of the API; may have a path of its own.
    :param path: path below it, or an absolute URL.
    :param query: further parameters; None values are left out.
    :raises RenderInputError: a parameter holds characters that cannot be sent.
    """
    absolute = path.lower().startswith(("http://", "https://"))
    url = path if absolute else f"{base_url.rstrip('/')}/{path.lstrip('/')}"
    try:
        given = urlencode({name: value for name, value in query.items() if value is not None})
    except UnicodeError as error:
        raise RenderInputError(f"a parameter of {path.partition('?')[0]} cannot be sent: {error}") from None
    if not given:
        return url
    return f"{url}{'&' if '?' in url else '?'}{given}"


def origin(url: str) -> Origin:
    """Return scheme, host and port; the scheme's own port counts as None.

    :raises UnexpectedAnswerError: it is not a URL, or no connection can be made to it.
    """
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise UnexpectedAnswerError(f"cannot call a broken URL: {error}") from None
    labels = parts.raw_host.removesuffix(b".").split(b".")
    if not all(0 < len(label) <= LONGEST_LABEL for label in labels) or (parts.port or 0) > HIGHEST_PORT:
        raise UnexpectedAnswerError(
            f"cannot call a broken URL: no host is named {parts.host[:LONGEST_LABEL]!r} or has that port"
        )
    return parts.scheme, parts.host, parts.port


def place(url: str) -> str:
    """Return scheme, host and port of a URL as people write them; user info, path and query may be secret.

    :param url: one that :func:`origin` takes.
    """
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode('ascii')}"


def redirected(url: str, location: str) -> str:
    """Return where a redirect leads.

    :raises UnexpectedAnswerError: nowhere that a call may follow.
    """
    try:
        target = httpx.URL(url).join(location)
    except httpx.InvalidURL as error:
        raise UnexpectedAnswerError(f"a redirect leads to a broken URL: {error}") from None
    if target.scheme not in ("http", "https") or (target.scheme, httpx.URL(url).scheme) == ("http", "https"):
        raise UnexpectedAnswerError(f"a redirect leads to {target.scheme}://{target.host}, which is not safe")
    return str(target)
