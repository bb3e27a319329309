"""A vendor together with the connection it was made from."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from airflow_provider_render.core.calls import Call, Operation
from airflow_provider_render.core.vendor import RenderVendor
from airflow_provider_render.hooks.connection import VendorConnection

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Binding:
    """A vendor with credentials.

    :param vendor: the vendor.
    :param connection: where its credentials come from.
    :param moved: right path by the path that this package assumes.
    """

    vendor: RenderVendor
    connection: VendorConnection
    moved: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Hashable:
        """What the drivers of a process are told apart by; a changed connection gets new ones."""
        return self.connection.conn_id, self.vendor.name, self.connection.digest

    @property
    def secrets(self) -> list[str]:
        """Values that must not be logged, as the vendor sends them."""
        return [word for value in self.vendor.headers().values() for word in (value, *value.split()[-1:])]

    def corrected(self, work: Call[T] | Operation[T]) -> Call[T] | Operation[T]:
        """Return a call with the path that the connection gives it."""
        if isinstance(work, Call) and work.path in self.moved:
            return replace(work, path=self.moved[work.path])
        return work
