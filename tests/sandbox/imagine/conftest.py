from __future__ import annotations

import contextlib
from dataclasses import dataclass

import pytest

from tests.sandbox.imagine.running import HITS, ImagineSandbox, new_sku


@pytest.fixture(scope="session")
def launch_imagine():
    """Start sandboxes with chosen flags; those still running at the end are stopped."""
    with contextlib.ExitStack() as stack:

        def start(*flags: str) -> ImagineSandbox:
            sandbox = ImagineSandbox(*flags)
            stack.callback(lambda: sandbox.process.poll() is None and sandbox.stop())
            return sandbox

        yield start


@pytest.fixture(scope="session")
def the_quick_imagine(launch_imagine):
    return launch_imagine("--speed", "1000")


@pytest.fixture(scope="session")
def the_waiting_imagine(launch_imagine):
    return launch_imagine("--speed", "0.0001")


def _fresh(sandbox: ImagineSandbox):
    sandbox.set_hits(HITS)
    yield sandbox
    sandbox.control.delete("/faults")
    sandbox.control.delete("/links")


@pytest.fixture
def quick(the_quick_imagine):
    """A sandbox that renders at once and forgets deleted products within two seconds."""
    yield from _fresh(the_quick_imagine)


@pytest.fixture
def waiting(the_waiting_imagine):
    """A sandbox in which nothing is ever started."""
    yield from _fresh(the_waiting_imagine)


@dataclass(frozen=True)
class Studio:
    """A product with all its content, and an order of images with another one beside it."""

    product: dict
    other: dict
    status: dict
    render_id: int
    images: list[dict]


@pytest.fixture(scope="session")
def studio(the_quick_imagine):
    """Everything the double can make; made once."""
    sandbox = the_quick_imagine
    sandbox.set_hits(HITS)
    product = sandbox.product(thumbnail_name="box.png", name="Studio Box", sku_id=new_sku())
    other = sandbox.product(name="Neighbour")
    assert sandbox.order(product["unicode"]).status_code == 202
    ordered = sandbox.place(product["sku_id"], other["sku_id"], cameras=(8152584, 8152586))
    render_id = ordered.json()["data"]["render_id"]
    status = sandbox.wait_for_content(product["unicode"])
    return Studio(product, other, status, render_id, sandbox.wait_for_images(render_id))
