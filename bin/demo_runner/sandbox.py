"""The local render vendor that the demo's connection points to."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urljoin

import httpx

from demo_runner.components import ComponentFailedError, Components

NAME = "sandbox"
SPEED = "4"
"""How much shorter than a vendor's the artificial waits are; the rendering itself takes its time."""


Address = Mapping[str, str]
"""What a connection to a vendor's double takes: ``base_url``, ``token``, and what else that vendor needs."""


def command(vendors: Sequence[str], port: int, data: Path) -> list[str]:
    """Return the command that starts the sandbox.

    :param vendors: names of the vendors
    :param port: the loopback port
    :param data: where it keeps its state
    """
    base = [sys.executable, "-m", "airflow_provider_render.sandbox", "--port", str(port), "--data", str(data)]
    return [*base, "--speed", SPEED, "--vendor", *vendors]


def ready_line(log: str) -> dict[str, Address]:
    """Return what the sandbox says of each vendor when it is ready; empty before.

    :param log: what it has written so far
    """
    for line in log.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and all(
            isinstance(one, dict) and "base_url" in one for one in said.values()
        ):
            return said
    return {}


def wait_until_ready(components: Components, seconds: float) -> dict[str, Address]:
    """Wait for the ready line.

    :param components: the demo's processes, the sandbox among them
    :param seconds: how long to wait
    :raises ComponentFailedError: if it ends before, or stays silent
    """
    log = components.log(NAME)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        components.check()
        said = ready_line(log.read_text(errors="replace"))
        if said:
            return said
        time.sleep(0.2)
    raise ComponentFailedError(NAME, f"was not ready after {seconds:.0f} s", log)


def credits_charged(address: Address, vendor: str) -> float:
    """Ask a sandbox what it has charged since its state was created, in credits.

    :param address: the sandbox
    :param vendor: the vendor's name
    """
    url = urljoin(address["base_url"], "/_sandbox/bill")
    answer = httpx.get(url, timeout=10, trust_env=False)
    return float(answer.raise_for_status().json()[vendor]["credits"])
