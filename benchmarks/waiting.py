"""Thousands of renders in flight in one event loop, with the real trigger and hook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.products import glb
from benchmarks.sizes import Sizes
from benchmarks.vendor import CountingVendor, Render, Tally, least_status_requests, vendor
from benchmarks.waiting_loop import POLL
from benchmarks.workplace import workplace

GROUP = "2. Renders in flight in one triggerer"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Waited:
    """What came of waiting.

    :param told: what the waiting process said
    :param tally: what the vendor saw
    :param renders: what was waited for
    :param lateness: seconds from the end of a trigger's last render to its event, in order
    """

    told: dict[str, Any]
    tally: Tally
    renders: list[Render]
    lateness: list[float]

    @property
    def cpu(self) -> float:
        """CPU seconds a minute for each thousand renders."""
        minutes = float(self.told["seconds"]) / 60
        return float(self.told["cpu"]) / minutes / (len(self.renders) / 1000)


def measure(sizes: Sizes) -> list[Figure]:
    """Wait with both kinds of triggers and return the figures."""
    with workplace() as folder, vendor(folder / "vendor", sizes.wait_seconds) as double:
        model = double.upload("model.glb", glb("waiting"))
        theirs = _wait(double, folder, model, "http", sizes.stock_renders, sizes.stock_renders)
        ours = _wait(double, folder, model, "render", sizes.renders, sizes.tasks)
    return _figures(ours, theirs, sizes)


def _wait(double: CountingVendor, folder: Path, model: str, kind: str, count: int, triggers: int) -> Waited:
    since = time.time()
    ids = double.order(model, count)
    each = -(-count // triggers)
    jobs = [{"vendor": "dxgl", "id": name, "model_id": model, "settings": {}} for name in ids]
    tasks = [jobs[at : at + each] for at in range(0, count, each)]
    file = folder / f"{kind}.json"
    file.write_text(json.dumps({"tasks": tasks, "since": time.time()}))
    mark = double.mark()
    told = _loop(double, folder, kind, file)
    wanted = set(ids)
    renders = [render for render in double.renders(since - 1) if render.id in wanted]
    ended = {render.id: render.ended for render in renders}
    groups = [[str(job["id"]) for job in task] for task in tasks]
    lasts = [max(ended[name] for name in group) for group in groups]
    lateness = sorted(fired - last for fired, last in zip(told["fired"], lasts, strict=True))
    return Waited(told, double.since(mark), renders, lateness)


def _loop(double: CountingVendor, folder: Path, kind: str, file: Path) -> dict[str, Any]:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW_CONN_DXGL_DEFAULT": double.connection,
        "AIRFLOW_CONN_VENDOR_HTTP": double.http_connection,
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-m", "benchmarks.waiting_loop", kind, str(file)]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _figures(ours: Waited, theirs: Waited, sizes: Sizes) -> list[Figure]:
    stock = f"stock, {sizes.stock_renders} renders"
    many = f"{sizes.renders} renders, {sizes.tasks} triggers"
    least = least_status_requests(ours.tally, ours.renders)
    asked, share = len(ours.tally.status_requests), sizes.renders / sizes.stock_renders
    told, other, megabyte = ours.told, theirs.told, 1e6
    median = ours.lateness[len(ours.lateness) // 2]
    return [
        Figure(
            GROUP,
            f"lateness, longest of all triggers ({many})",
            ours.lateness[-1],
            "s",
            theirs.lateness[-1],
            stock,
            2 * POLL,
            f"< 2 poll intervals of {POLL:g} s",
            f"median {median:.1f} s",
        ),
        Figure(
            GROUP,
            "CPU seconds a minute for 1,000 renders",
            ours.cpu,
            "s",
            theirs.cpu,
            stock,
            note=f"{told['cpu']:.1f} s CPU in {told['seconds']:.0f} s; stock {other['cpu']:.1f} s"
            f" in {other['seconds']:.0f} s",
        ),
        Figure(
            GROUP,
            "memory grown for 1,000 renders",
            told["memory"] / megabyte / sizes.renders * 1000,
            "MB",
            other["memory"] / megabyte / sizes.stock_renders * 1000,
            stock,
            note=f"{told['memory'] / megabyte:.0f} MB in all",
        ),
        Figure(GROUP, "event loop blocked, longest", told["longest_lag"], "s", other["longest_lag"], stock),
        Figure(GROUP, "event loop blocked, 99th percentile", told["p99_lag"], "s", other["p99_lag"], stock),
        Figure(
            GROUP,
            "status requests",
            asked,
            "",
            len(theirs.tally.status_requests) * share,
            f"stock, scaled to {sizes.renders} renders",
        ),
        Figure(
            GROUP,
            "status requests over the least",
            asked,
            "",
            least,
            "pages that list what was open",
            1.2 * least,
            "<= 1.2 x",
        ),
        Figure(
            GROUP,
            "TCP connections",
            ours.tally.connections,
            "",
            theirs.tally.connections * share,
            f"stock, scaled to {sizes.renders} renders",
            0.01 * theirs.tally.connections * share,
            "<= 1 % of stock",
        ),
    ]
