"""The local render vendor that the demo's connection points to."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx

from demo_runner.components import ComponentFailedError, Components

NAME = "sandbox"


@dataclass(frozen=True)
class Address:
    """How to reach a vendor's double in the sandbox.

    :param base_url: what a connection takes for its host
    :param token: the API token that it accepts
    """

    base_url: str
    token: str


def command(vendor: str, port: int, data: Path) -> list[str]:
    """Return the command that starts a vendor's sandbox.

    :param vendor: the vendor's name
    :param port: the loopback port
    :param data: where it keeps its state
    """
    module = "airflow_provider_render.sandbox"
    return [sys.executable, "-m", module, "--vendor", vendor, "--port", str(port), "--data", str(data)]


def ready_line(log: str, vendor: str) -> Address | None:
    """Find the line in which the sandbox says that it is ready.

    :param log: what it has written so far
    :param vendor: the vendor's name
    """
    for line in log.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and vendor in said:
            return Address(said[vendor]["base_url"], said[vendor]["token"])
    return None


def wait_until_ready(components: Components, vendor: str, seconds: float) -> Address:
    """Wait for the ready line.

    :param components: the demo's processes, the sandbox among them
    :param vendor: the vendor's name
    :param seconds: how long to wait
    :raises ComponentFailedError: if it ends before, or stays silent
    """
    log = components.log(NAME)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        components.check()
        address = ready_line(log.read_text(errors="replace"), vendor)
        if address:
            return address
        time.sleep(0.2)
    raise ComponentFailedError(NAME, f"was not ready after {seconds:.0f} s", log)


def credits_charged(address: Address, vendor: str) -> float:
    """Ask a sandbox what it has charged since its state was created, in credits.

    :param address: the sandbox
    :param vendor: the vendor's name
    """
    url = urljoin(address.base_url, "/_sandbox/bill")
    answer = httpx.get(url, timeout=10, trust_env=False)
    return float(answer.raise_for_status().json()[vendor]["credits"])
