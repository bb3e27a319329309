"""How httpx clients are set up here."""

from __future__ import annotations

import ssl
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, TypeVar

import httpx

from airflow_provider_render.core.errors import ConnectionConfigError, RenderError
from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.http.redact import quiet_loggers

ClientT = TypeVar("ClientT", httpx.Client, httpx.AsyncClient)

LONGEST_CONNECT = 30.0


@lru_cache(maxsize=32)
def trust(verify: bool | str) -> ssl.SSLContext:
    """Return the process's TLS settings; loading the certificates takes some 20 ms.

    :raises ConnectionConfigError: there are no certificates at the path.
    """
    if isinstance(verify, bool):
        return httpx.create_ssl_context(verify=verify)
    try:
        if Path(verify).is_dir():
            return ssl.create_default_context(capath=verify)
        return ssl.create_default_context(cafile=verify)
    except OSError as error:
        raise ConnectionConfigError(f"there are no certificates to trust at {verify}: {error}") from None


def open_clients(kind: type[ClientT], options: HttpOptions) -> dict[bool, ClientT]:
    """Return a client that keeps its connections for the next call, under True, and one that does not.

    :raises ConnectionConfigError: the proxy or the certificates cannot be used.
    """
    quiet_loggers()
    try:
        return {keep: kind(**_settings(options, keep)) for keep in (True, False)}
    except RenderError:
        raise
    except ImportError as error:
        raise ConnectionConfigError(f"the proxy cannot be used: {error}") from None
    except (ValueError, httpx.InvalidURL):
        # The error quotes the URL, which may hold a password.
        raise ConnectionConfigError(
            "the proxy cannot be used: it must be a URL such as http://proxy.example:3128"
        ) from None


def _settings(options: HttpOptions, keep: bool) -> dict[str, Any]:
    """Return the arguments of a client.

    :param keep: whether connections are kept for the next call. One that the server closes just as a call
        goes out leaves the outcome unknown, so calls that must not be repeated get a fresh one each.
    """
    kept = options.max_concurrency if keep else 0
    return {
        # The empty Auth: httpx would otherwise turn user:password in a URL into credentials.
        "auth": httpx.Auth(),
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        "headers": {"user-agent": options.user_agent},
        "limits": httpx.Limits(max_connections=None, max_keepalive_connections=kept),
        "proxy": options.proxy,
        "timeout": httpx.Timeout(options.timeout, connect=min(LONGEST_CONNECT, options.timeout), pool=None),
        "verify": trust(options.verify),
    }
