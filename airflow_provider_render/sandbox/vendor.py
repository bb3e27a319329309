"""What a vendor's double is made of, and which ones there are."""

from __future__ import annotations

from dataclasses import dataclass
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

NAMES = ("dxgl",)


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
    """

    options: Options
    folder: Path
    database: Database
    ledger: Ledger
    faults: FaultBook
    queue: RenderQueue


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
