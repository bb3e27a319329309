"""What an Airflow connection says, checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import SplitResult, urlsplit

from airflow_provider_render.core.errors import ConnectionConfigError
from airflow_provider_render.core.retry import RetryPolicy
from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.http.redact import redact

T = TypeVar("T")

POLL = ("first", "start", "cap")
"""Fields of :class:`PollPolicy` that extras named ``poll_...`` change."""


class AirflowConnection(Protocol):
    """The fields of an Airflow connection, whichever of Airflow's classes it is."""

    conn_id: str
    conn_type: str | None
    host: str | None
    schema: str | None
    login: str | None
    password: str | None
    port: int | None
    extra: str | None


@dataclass(frozen=True, slots=True)
class VendorConnection:
    """A connection to a render vendor.

    :param conn_id: id of the Airflow connection.
    :param conn_type: its type, which names the vendor.
    :param url: root of the API; None where the connection has no host and the vendor's own holds.
    :param login: login, at vendors that need one.
    :param secret: token or password.
    :param extra: further fields.
    :param options: how calls are sent.
    :param poll: what of the vendor's :class:`PollPolicy` the connection changes.
    :param digest: changes when anything of the connection does.
    """

    conn_id: str
    conn_type: str | None
    url: str | None
    login: str | None
    secret: str | None = field(repr=False)
    extra: Mapping[str, Any] = field(repr=False)
    options: HttpOptions = field(repr=False)
    poll: Mapping[str, float]
    digest: str

    def token(self, title: str, where: str) -> str:
        """Return the token.

        :param title: name of the vendor.
        :param where: where people get a token.
        :raises ConnectionConfigError: there is none.
        """
        if not self.secret or not self.secret.strip():
            raise ConnectionConfigError(
                f"connection {self.conn_id!r} has no password: fill in the {title} API token there, {where}"
            )
        return self.secret.strip()

    def texts(self, *names: str) -> dict[str, str]:
        """Return those of the named extras that are given and not empty."""
        return {name: str(self.extra[name]) for name in names if self.extra.get(name)}


def read(connection: AirflowConnection) -> VendorConnection:
    """Check an Airflow connection. Unknown extras are ignored.

    :raises ConnectionConfigError: it contradicts itself, or a value cannot be understood.
    """
    conn_id = connection.conn_id
    extra = _extra(connection)
    url = _url(connection)
    return VendorConnection(
        conn_id=conn_id,
        conn_type=connection.conn_type,
        url=url,
        login=connection.login,
        secret=connection.password,
        extra=extra,
        options=_options(conn_id, extra, (url or "https:").partition(":")[0]),
        poll=_poll(conn_id, extra),
        digest=_digest(connection),
    )


def _extra(connection: AirflowConnection) -> dict[str, Any]:
    try:
        extra = json.loads(connection.extra or "{}")
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise ConnectionConfigError(f"connection {connection.conn_id!r}: its extra is not a JSON object")
    return extra


def _url(connection: AirflowConnection) -> str | None:
    """Put scheme, host, port and path together, as Airflow's HTTP hook does but for ``https`` by default."""
    host = (connection.host or "").strip()
    if not host:
        return None
    parts = urlsplit(host if "://" in host else f"{connection.schema or 'https'}://{host}")
    problem = _url_problem(parts, connection.port)
    if problem:
        raise ConnectionConfigError(f"connection {connection.conn_id!r}: {problem}")
    port = f":{connection.port}" if connection.port and parts.port is None else ""
    return f"{parts.scheme}://{parts.netloc}{port}{parts.path.rstrip('/')}"


def _url_problem(parts: SplitResult, port: int | None) -> str | None:
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme!r} is neither http nor https; they go into the schema or before the host"
    if not parts.hostname or parts.query or parts.fragment:
        return "its host is not a URL such as https://api.example.com"
    if "@" in parts.netloc:
        return "its host holds credentials; they go into login and password"
    if not _port_fits(parts, port):
        return "its host and its port contradict each other"
    return None


def _port_fits(parts: SplitResult, port: int | None) -> bool:
    try:
        return not port or parts.port in (None, port)
    except ValueError:
        return False


class _Extras:
    """Reads single extras of a connection."""

    def __init__(self, conn_id: str, extra: Mapping[str, Any]) -> None:
        self._conn_id = conn_id
        self._extra = extra

    def __call__(self, name: str, kind: Callable[[Any], T], default: T, what: str) -> T:
        value = self._extra.get(name)
        if value is None or value == "":
            return default
        try:
            return kind(value)
        except (TypeError, ValueError):
            raise ConnectionConfigError(
                f"connection {self._conn_id!r}: extra {name!r} is {what}, not {redact(repr(value))}"
            ) from None


def _poll(conn_id: str, extra: Mapping[str, Any]) -> dict[str, float]:
    option = _Extras(conn_id, extra)
    found = {name: option(f"poll_{name}", _seconds, -1.0, "a number of seconds") for name in POLL}
    return {name: seconds for name, seconds in found.items() if seconds >= 0}


def _options(conn_id: str, extra: Mapping[str, Any], scheme: str) -> HttpOptions:
    option = _Extras(conn_id, extra)
    usual = HttpOptions()
    retries = option("retries", _count, usual.retry.attempts - 1, "a whole number from 0")
    proxies: dict[str, str] = option("proxies", dict, {}, 'a table such as {"https": "http://proxy:3128"}')
    return HttpOptions(
        timeout=option("timeout", _positive, usual.timeout, "a number of seconds above 0"),
        verify=option("verify", _verify, usual.verify, "true, false or a path to certificates"),
        proxy=option("proxy", str, proxies.get(scheme), "a URL"),
        max_concurrency=option(
            "max_concurrency", _count_from_one, usual.max_concurrency, "a whole number from 1"
        ),
        rate=option("rate_limit", _positive, usual.rate, "a number of calls a second above 0"),
        retry=RetryPolicy(attempts=retries + 1),
    )


def _seconds(value: Any) -> float:
    return 0.0 if str(value).strip() in ("0", "0.0") else _positive(value)


def _positive(value: Any) -> float:
    number = float(value)
    if not 0 < number < float("inf") or isinstance(value, bool):
        raise ValueError
    return number


def _count(value: Any) -> int:
    number = int(str(value))
    if number < 0:
        raise ValueError
    return number


def _count_from_one(value: Any) -> int:
    number = _count(value)
    if not number:
        raise ValueError
    return number


def _verify(value: Any) -> bool | str:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).strip().lower(), str(value))


def _digest(connection: AirflowConnection) -> str:
    fields = ("conn_type", "host", "schema", "login", "password", "port", "extra")
    text = json.dumps([getattr(connection, name) for name in fields])
    return hashlib.sha256(text.encode()).hexdigest()
