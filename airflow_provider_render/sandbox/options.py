"""What a sandbox was asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_render.sandbox.faults import Fault


@dataclass(frozen=True)
class Options:
    """Settings of one sandbox process.

    :param vendors: names of the doubles to serve.
    :param port: TCP port on 127.0.0.1; 0 picks a free one.
    :param data: folder that keeps everything; None is a temporary one.
    :param speed: divides the artificial waits between statuses.
    :param credits: paid credits of a new account.
    :param free_credits: free credits of a new account.
    :param workers: render processes that run at the same time.
    :param scale: share of the documented picture sizes that is really rendered.
    :param fps: frames per second of the videos.
    :param token: API token; None makes one and keeps it with the data.
    :param faults: faults armed from the start.
    :param render_timeout: seconds one render process may take.
    :param ingest_timeout: seconds a download for URL ingest may take.
    :param webhook_hosts: hosts that get webhooks beside this machine.
    :param instant: deliver ready-made tiny files instead of rendering; for load figures only.
    :param vendor_seconds: shortest and longest time that a render takes at least, spread by its id.
    :param verbose: log every request.
    """

    vendors: tuple[str, ...] = ("dxgl",)
    port: int = 8765
    data: Path | None = None
    speed: float = 1.0
    credits: int = 1000
    free_credits: int = 0
    workers: int = 2
    scale: float = 0.25
    fps: int = 24
    token: str | None = None
    faults: tuple[Fault, ...] = ()
    render_timeout: float = 600.0
    ingest_timeout: float = 120.0
    webhook_hosts: tuple[str, ...] = ()
    instant: bool = False
    vendor_seconds: tuple[float, float] = (0.0, 0.0)
    verbose: bool = False
