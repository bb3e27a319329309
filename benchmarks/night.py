"""A first night through a real Airflow: this package's DAG beside the stock one, at the same vendor."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.products import stock
from benchmarks.sizes import Sizes
from benchmarks.stack import CountedAirflow, Load, airflow
from benchmarks.vendor import (
    CountingVendor,
    Render,
    Tally,
    least_status_requests,
    open_over_page,
    vendor,
)
from benchmarks.workplace import workplace

GROUP = "1. A catalog through a real Airflow"
IDLE_SECONDS = 10.0
SETTINGS = {"aspect": "1:1", "length": 3}
OTHER_SETTINGS = {"aspect": "16:9", "length": 3}
_PAID = re.compile(r"POST /dxgl/v1/(models|renders|renders/batch)\?")


@dataclass(frozen=True)
class Night:
    """What one run of a DAG cost everybody.

    :param items: products
    :param load: of Airflow
    :param tally: what the vendor saw
    :param listed: what it made, with the previews of uploads
    """

    items: int
    load: Load
    tally: Tally
    listed: list[Render]

    @property
    def renders(self) -> list[Render]:
        """What was paid for."""
        return [render for render in self.listed if not render.preview]

    @property
    def paid(self) -> list[str]:
        """The requests that cost something."""
        return [what for _, what in self.tally.requests if _PAID.match(what)]

    @property
    def longest(self) -> float:
        """The vendor's own time for the slowest render."""
        return max((one.ended - one.made for one in self.renders), default=0.0)

    @property
    def beyond(self) -> float:
        """Seconds that the night took beyond the vendor's slowest render."""
        return self.load.seconds - self.longest


def measure(sizes: Sizes) -> list[Figure]:
    """Run both DAGs and return the figures."""
    with workplace() as folder, vendor(folder / "vendor", sizes.vendor_seconds) as double:
        connections = {"dxgl_default": double.connection, "vendor_http": double.http_connection}
        with airflow(folder, connections, sizes.groups) as running:
            return _nights(sizes, folder, double, running)


def _nights(sizes: Sizes, folder: Path, double: CountingVendor, running: CountedAirflow) -> list[Figure]:
    stock_catalog = stock(folder / "stock", sizes.stock_items, "stock")
    catalog = stock(folder / "shop", sizes.items, "shop")
    running.rest(IDLE_SECONDS)
    conf = {"catalog": str(stock_catalog), "output": str(folder / "stock/out")}
    theirs = _night(sizes.stock_items, double, running, "stock_http", conf)
    shop = {"catalog": str(catalog), "output": str(folder / "out")}
    first = _night(sizes.items, double, running, "render_catalog", {**shop, "settings": SETTINGS})
    second = _night(sizes.items, double, running, "render_catalog", {**shop, "settings": OTHER_SETTINGS})
    uploaded, known = _vendor(first, theirs, "new models"), _vendor(second, theirs, "new settings")
    return [*_airflow(first, theirs), *uploaded, *known]


def _night(
    items: int, double: CountingVendor, running: CountedAirflow, dag_id: str, conf: dict[str, Any]
) -> Night:
    mark, started = double.mark(), time.time()
    load = running.run(dag_id, conf)
    night = Night(items, load, double.since(mark), double.renders(started))
    if len(night.renders) != items:
        raise RuntimeError(f"{dag_id}: {len(night.renders)} renders were paid for {items} products")
    return night


def _airflow(night: Night, theirs: Night) -> list[Figure]:
    limit = night.items / 50 + 5
    ours, other, share = night.load, theirs.load, night.items / theirs.items
    scaled = f"stock, scaled from {theirs.items} to {night.items} products"

    def figure(name: str, field: str, **more: Any) -> Figure:
        return Figure(GROUP, name, getattr(ours, field), "", getattr(other, field) * share, scaled, **more)

    return [
        figure("task instances", "task_instances", limit=limit, target=f"<= N/50 + 5 = {limit:g}"),
        figure("worker starts", "worker_starts"),
        figure("trigger rows", "trigger_rows"),
        figure("Execution API calls", "api_calls"),
        figure("SQL statements beyond idle", "statements"),
        Figure(
            GROUP,
            "wall time beyond the vendor's slowest render",
            night.beyond,
            "s",
            theirs.beyond * share,
            scaled,
            note=f"in all {ours.seconds:.0f} s here; stock {other.seconds:.0f} s for {theirs.items} products",
        ),
    ]


def _vendor(night: Night, theirs: Night, what: str) -> list[Figure]:
    share = night.items / theirs.items
    scaled = f"stock, scaled from {theirs.items} to {night.items} products"
    connections = theirs.tally.connections * share
    least = least_status_requests(night.tally, night.listed)
    barest = open_over_page(night.tally, night.listed)
    asked = len(night.tally.status_requests)

    def figure(name: str, value: float, baseline: float, against: str = scaled, **more: Any) -> Figure:
        return Figure(GROUP, f"{what}: {name}", value, "", baseline, against, **more)

    return [
        figure("requests in all", len(night.tally.requests), len(theirs.tally.requests) * share),
        figure("status requests", asked, len(theirs.tally.status_requests) * share),
        figure(
            "status requests over the least",
            asked,
            least,
            "pages that list what was open",
            limit=1.2 * least,
            target="<= 1.2 x",
            note=f"{barest} if the vendor could list just what is open",
        ),
        figure(
            "TCP connections",
            night.tally.connections,
            connections,
            limit=0.01 * connections,
            target="<= 1 % of stock",
            note=f"{len(paid)} are paid calls, which never share one" if (paid := night.paid) else "",
        ),
    ]
