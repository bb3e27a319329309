"""A local DXGL that renders nothing, takes its time, and counts what it is asked."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Any

import httpx

PAGE = 100
"""Renders that one listing of DXGL shows."""

_LISTING = re.compile(r"GET /dxgl/v1/renders\?|HEAD /dxgl/v1/renders/[^/]+/video\?")
_SINGLE = re.compile(r"GET /dxgl/v1/renders/([^/?]+)\?")
_FILE = re.compile(r"GET /dxgl/v1/renders/([^/?]+)/")


@dataclass(frozen=True)
class Tally:
    """What arrived at the vendor in some time.

    :param connections: TCP connections that it accepted
    :param requests: when each request came, and ``METHOD /path?query``
    """

    connections: int
    requests: list[tuple[float, str]]

    @property
    def status_requests(self) -> list[float]:
        """When somebody asked how renders stand.

        The last question for a single render whose files are fetched is not one: it asks what there is.
        """
        fetched = {match[1] for _, what in self.requests if (match := _FILE.match(what))}
        asked = {match[1]: when for when, what in self.requests if (match := _SINGLE.match(what))}
        last = {(when, name) for name, when in asked.items() if name in fetched}
        singles = [(when, match[1]) for when, what in self.requests if (match := _SINGLE.match(what))]
        looks = [when for when, what in self.requests if _LISTING.match(what)]
        return looks + [when for when, name in singles if (when, name) not in last]


@dataclass(frozen=True)
class Render:
    """A render as the vendor remembers it; times are seconds since the epoch.

    :param ended: infinite for one that has not
    :param preview: whether it is the free one that every upload makes
    """

    id: str
    made: float
    ended: float
    preview: bool


class CountingVendor:
    """The running vendor.

    :param folder: its data and its log
    :param url: root of its API
    :param token: API token
    """

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self.folder = folder
        self.url = url
        self.token = token
        self.client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120, trust_env=False
        )

    @property
    def connection(self) -> str:
        """Airflow connection of this package."""
        return json.dumps({"conn_type": "dxgl", "host": self.url, "password": self.token})

    @property
    def http_connection(self) -> str:
        """Airflow connection of the stock HTTP provider."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return json.dumps({"conn_type": "http", "host": self.url, "extra": headers})

    def mark(self) -> int:
        """Return the place in the log from which a later :meth:`since` counts."""
        return (self.folder / "requests.log").stat().st_size

    def since(self, mark: int) -> Tally:
        """Return what has arrived since a mark."""
        with (self.folder / "requests.log").open() as log:
            log.seek(mark)
            lines = [line.rstrip("\n").split(" ", 1) for line in log]
        requests = [(float(when), what) for when, what in lines if what != "CONNECT"]
        return Tally(len(lines) - len(requests), requests)

    def renders(self, since: float = 0.0) -> list[Render]:
        """Return renders in the order in which they were made, the free previews of uploads too.

        :param since: leave out those made before, seconds since the epoch
        """
        query = "SELECT id, created_at, updated_at, status, is_preview FROM dxgl_renders ORDER BY number"
        with sqlite3.connect(f"file:{self.folder}/data/sandbox.sqlite3?mode=ro", uri=True) as database:
            rows = database.execute(query).fetchall()
        found = [
            Render(name, _epoch(made), _epoch(changed) if status == "done" else inf, bool(preview))
            for name, made, changed, status, preview in rows
        ]
        return [render for render in found if render.made >= since]

    def upload(self, name: str, content: bytes) -> str:
        """Upload a model, which renders it, and return its id."""
        answer = self.client.post("/v1/models", files={"file": (name, content)})
        return str(answer.raise_for_status().json()["data"]["modelId"])

    def order(self, model_id: str, count: int) -> list[str]:
        """Order renders of a model, a hundred a call, and return their ids."""
        made: list[str] = []
        while len(made) < count:
            orders = [{"modelId": model_id} for _ in range(min(PAGE, count - len(made)))]
            answer = self.client.post("/v1/renders/batch", json={"renders": orders}).raise_for_status()
            made += [render["id"] for render in answer.json()["data"]]
        return made

    def paid_calls(self) -> int:
        """Return how many calls cost something so far."""
        bill: dict[str, Any] = self.client.get(self.url.removesuffix("/dxgl") + "/_sandbox/bill").json()
        return len(bill["dxgl"]["calls"])


@contextmanager
def vendor(folder: Path, seconds: tuple[int, int]) -> Iterator[CountingVendor]:
    """Start a vendor, and end it at last.

    :param folder: for its data and its log; made
    :param seconds: how long a render takes, shortest and longest
    """
    folder.mkdir(parents=True)
    flags = ["--vendor", "dxgl", "--port", "0", "--data", str(folder / "data"), "--credits", "1000000"]
    pace = ["--instant", "--vendor-seconds", "{}-{}".format(*seconds), "--speed", "1000"]
    log = str(folder / "requests.log")
    command = [sys.executable, "-m", "benchmarks.counted_sandbox", log, *flags, *pace]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            ready = json.loads(process.stdout.readline())["dxgl"]
            yield CountingVendor(folder, ready["base_url"], ready["token"])
        finally:
            process.terminate()


def least_status_requests(tally: Tally, renders: list[Render], gap: float = 1.0) -> int:
    """Return the fewest requests with which a client could have learned as much at the same times.

    Requests less than ``gap`` seconds apart are one look. A look must read every page of the vendor's list,
    newest first and with the previews in it, that shows a render which had not ended when the look before
    it began.

    :param tally: what arrived
    :param renders: all that the vendor made for the run, in order
    :param gap: seconds
    """
    looks = [when for before, when in _pairs(sorted(tally.status_requests)) if when - before > gap]
    return sum(_pages(renders, before, when) for before, when in _pairs(looks))


def open_over_page(tally: Tally, renders: list[Render], gap: float = 1.0) -> int:
    """Return the least if the vendor could list just what has not ended: a page for 100 at every look."""
    looks = [when for before, when in _pairs(sorted(tally.status_requests)) if when - before > gap]
    asked = [
        sum(1 for one in renders if not one.preview and one.ended > before) for before, _ in _pairs(looks)
    ]
    return sum(-(-count // PAGE) for count in asked)


def _pages(renders: list[Render], before: float, when: float) -> int:
    listed = [render for render in reversed(renders) if render.made <= when]
    wanted = {at // PAGE for at, one in enumerate(listed) if not one.preview and one.ended > before}
    return len(wanted)


def _pairs(times: list[float]) -> list[tuple[float, float]]:
    return list(zip([-inf, *times], times, strict=False))


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
