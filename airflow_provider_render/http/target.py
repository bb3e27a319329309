"""Where a call goes, and whether it may carry the credentials."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import httpx

from airflow_provider_render.core.errors import UnexpectedAnswerError

Origin = tuple[str, str, int | None]


def resolve(base_url: str, path: str, query: Mapping[str, str | int | None]) -> str:
    """Return the URL of a call.

    The query of an absolute URL is left as it is: a presigned URL is signed byte by byte.

    :param base_url: root of the API; may have a path of its own.
    :param path: path below it, or an absolute URL.
    :param query: further parameters; None values are left out.
    """
    absolute = path.lower().startswith(("http://", "https://"))
    url = path if absolute else f"{base_url.rstrip('/')}/{path.lstrip('/')}"
    given = urlencode({name: value for name, value in query.items() if value is not None})
    if not given:
        return url
    return f"{url}{'&' if '?' in url else '?'}{given}"


def origin(url: str) -> Origin:
    """Return scheme, host and port; the scheme's own port counts as None.

    :raises UnexpectedAnswerError: it is not a URL.
    """
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UnexpectedAnswerError(f"cannot call a broken URL: {error}") from None
    return parts.scheme, parts.host, parts.port


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
