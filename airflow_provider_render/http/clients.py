"""How httpx clients are set up here."""

from __future__ import annotations

import ssl
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx

from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.http.redact import quiet_loggers

LONGEST_CONNECT = 30.0


@lru_cache(maxsize=32)
def trust(verify: bool | str) -> ssl.SSLContext:
    """Return the process's TLS settings; loading the certificates takes some 20 ms."""
    if isinstance(verify, bool):
        return httpx.create_ssl_context(verify=verify)
    if Path(verify).is_dir():
        return ssl.create_default_context(capath=verify)
    return ssl.create_default_context(cafile=verify)


def settings(options: HttpOptions, keep: bool) -> dict[str, Any]:
    """Return the arguments of a client.

    :param keep: whether connections are kept for the next call. One that the server closes just as a call
        goes out leaves the outcome unknown, so calls that must not be repeated get a fresh one each.
    """
    quiet_loggers()
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
