"""What a vendor's double is made of, and which ones there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.types import ASGIApp

    from airflow_provider_render.sandbox.billing import Ledger
    from airflow_provider_render.sandbox.database import Database
    from airflow_provider_render.sandbox.faults import FaultBook
    from airflow_provider_render.sandbox.options import Options
    from airflow_provider_render.sandbox.render_queue import RenderQueue
    from airflow_provider_render.sandbox.webhooks import Deliveries

NAMES = ("dxgl", "glossi", "imagine", "threekit")


@dataclass
class Origins:
    """
    Where the doubles can be reached; empty until the sockets are bound, set before the first request.

    :param api: scheme, host and port of the API, without a slash at the end.
    :param storage: the same of the presigned storage, which is another origin.
    """

    api: str = ""
    storage: str = ""

    def api_url(self, vendor: str) -> str:
        """Return the URL below which a vendor's API is served, its ``base_url``."""
        return f"{self.api}/{vendor}"

    def storage_url(self, vendor: str) -> str:
        """Return the URL below which a vendor's presigned storage is served."""
        return f"{self.storage}/{vendor}"


@dataclass(frozen=True)
class Ground:
    """
    What all doubles of one sandbox stand on.

    :param options: the command line.
    :param folder: the data folder.
    :param database: the memory.
    :param ledger: credits and bills.
    :param faults: the armed faults.
    :param queue: the render processes.
    :param deliveries: the webhooks that go out.
    :param origins: where the doubles are reached; ask for it while a request is served, not in ``build``.
    """

    options: Options
    folder: Path
    database: Database
    ledger: Ledger
    faults: FaultBook
    queue: RenderQueue
    deliveries: Deliveries
    origins: Origins = field(default_factory=Origins)


@dataclass(frozen=True)
class VendorDouble:
    """
    One vendor's double.

    :param name: the prefix it is served below, without the slash.
    :param app: its documented paths, without the prefix.
    :param credentials: what the ready line tells beside ``base_url``.
    :param error_body: its JSON error for a bare HTTP status.
    :param resume: takes up the renders that an earlier process left unfinished; called once when the
        event loop runs.
    :param storage: the presigned storage it needs, served below the same prefix on the port after that of
        ``base_url``; the port is bound only if a double has one.
    """

    name: str
    app: ASGIApp
    credentials: dict[str, str]
    error_body: Callable[[int], dict[str, Any]]
    resume: Callable[[], None]
    storage: ASGIApp | None = None


def build(name: str, ground: Ground) -> VendorDouble:
    """
    Make the double of a vendor.

    :param name: one of :data:`NAMES`; the subpackage of that name has a ``build(ground)``.
    :param ground: what it stands on.
    """
    module = import_module(f"airflow_provider_render.sandbox.{name}")
    double: VendorDouble = module.build(ground)
    return double
