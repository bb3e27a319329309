"""A vendor together with the connection it was made from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from airflow_provider_render.core.errors import (
    AuthError,
    OutcomeUnknownError,
    UnavailableError,
    UnexpectedAnswerError,
    VendorError,
)
from airflow_provider_render.core.vendor import RenderVendor
from airflow_provider_render.hooks.connection import VendorConnection
from airflow_provider_render.http.redact import HARMLESS_HEADERS

UNANSWERED = (UnavailableError, OutcomeUnknownError, UnexpectedAnswerError)
"""Errors that, without a status, mean that no answer came."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A vendor with credentials.

    :param vendor: the vendor.
    :param connection: where its credentials come from.
    """

    vendor: RenderVendor
    connection: VendorConnection

    @property
    def key(self) -> Hashable:
        """What the drivers of a process are told apart by; a changed connection gets new ones."""
        return self.connection.conn_id, self.vendor.name, self.connection.digest

    @property
    def secrets(self) -> list[str]:
        """Values that must not be logged, as the vendor sends them."""
        sent = [self.vendor.headers(credential) for credential in self.vendor.credentials]
        values = [
            value
            for headers in sent
            for name, value in headers.items()
            if name.lower() not in HARMLESS_HEADERS
        ]
        return [word for value in values for word in (value, *value.split()[-1:])]


@contextmanager
def calling(conn_id: str, refused: Callable[[], None]) -> Iterator[None]:
    """Name the connection in errors that it may be to blame for: no answer came, or a refusal of credentials.

    :param conn_id: id of the Airflow connection.
    :param refused: called when the vendor refuses the credentials.
    """
    try:
        yield
    except VendorError as error:
        if isinstance(error, AuthError):
            refused()
        if isinstance(error, AuthError) or (error.status is None and isinstance(error, UNANSWERED)):
            error.args = (f"{naming(conn_id)}{error}",)
        raise


def naming(conn_id: str) -> str:
    """Return how an error that a connection may be to blame for begins."""
    return f"connection {conn_id!r}: "
