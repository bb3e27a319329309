"""The four vendors behind one sandbox, and what tells one of the two settings from the other at each."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from demo_runner.layout import VENDORS

from tests.promise.books import Books
from tests.secret_watch import ready

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--instant",
    "--vendor-seconds",
    "0-0.3",
    "--speed",
    "1000",
    "--workers",
    "4",
    "--credits",
    "1000000",
)
QUICK = {"retries": "0", "poll_first": "0.02", "poll_start": "0.02", "poll_cap": "0.05"}


@dataclass(frozen=True)
class Choice:
    """What a machine needs to know of a vendor.

    :param settings: two renders of one model.
    :param variants: tells which of them a render may be, by what the vendor keeps of it.
    :param paid: the calls that sell renders, as faults match them.
    :param lists: whether an equal render of an item is found again.
    :param keeps: whether it is found even after the item has had another model.
    :param shares: whether it is found for whatever item, by the bytes of the model.
    """

    settings: tuple[Mapping[str, Any], Mapping[str, Any]]
    variants: Callable[[Any], tuple[int, ...]]
    paid: str
    lists: bool = True
    keeps: bool = True
    shares: bool = False


class Sandbox:
    """One process with an account at every vendor."""

    def __init__(self, data: Path) -> None:
        self.data = data
        command = [
            sys.executable,
            "-m",
            "airflow_provider_render.sandbox",
            "--port",
            "0",
            "--data",
            str(data),
        ]
        self._process = subprocess.Popen([*command, *FLAGS], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.ready: dict[str, dict[str, str]] = ready(self._process.stdout.readline())
        base = httpx.URL(self.ready["dxgl"]["base_url"]).join("/_sandbox")
        self._control = httpx.Client(base_url=base, timeout=30)
        self.choices = {name: CHOICES[name](said) for name, said in self.ready.items()}

    def books(self, vendor: str) -> Books:
        return Books(self.data, vendor, self.choices[vendor].variants)

    def connection(self, vendor: str) -> str:
        found: dict[str, Any] = json.loads(VENDORS[vendor].connection(self.ready[vendor]))
        return json.dumps({**found, "extra": {**found.get("extra", {}), **QUICK}})

    def arm(self, *faults: Mapping[str, Any]) -> None:
        answer = self._control.put("/faults", json={"faults": list(faults)})
        assert answer.status_code == 200, answer.text

    def stop(self) -> None:
        self._control.close()
        self._process.terminate()
        self._process.communicate(timeout=20)


def _dxgl(said: Mapping[str, str]) -> Choice:
    settings = {"length": 3}, {"length": 3, "aspect": "1:1"}
    paid = r"^POST /dxgl/v1/(models|renders(/batch)?)$"
    return Choice(settings, lambda kept: (int(kept.get("aspect") == "1:1"),), paid, shares=True)


def _glossi(said: Mapping[str, str]) -> Choice:
    url, headers = f"{said['base_url']}/api/v1/templates", {"X-API-Key": said["token"]}
    templates = [one["templateId"] for one in httpx.get(url, headers=headers).json()["templates"][:2]]
    quick = {"renderShots": False, "renderVariants": False, "imageQuality": 0}
    first, second = ({"templateId": template, **quick} for template in templates)
    return Choice(
        (first, second), lambda kept: (templates.index(kept),), r"^POST /glossi/api/v1/renders$", lists=False
    )


def _imagine(said: Mapping[str, str]) -> Choice:
    settings = {"content": ["silo"]}, {"content": ["silo", "viewer"]}
    # A viewer that is being made is not made again, so a job may be of pictures alone.
    return Choice(
        settings,
        lambda kept: (1,) if "3d" in kept else (0, 1),
        r"^POST /imagine/v1/product/job/$",
        keeps=False,
    )


def _threekit(said: Mapping[str, str]) -> Choice:
    settings = {"width": 320, "height": 240}, {"width": 240, "height": 320}
    paid = r"^POST /threekit/api/asset-jobs/renders"
    return Choice(settings, lambda kept: (int(kept["width"] == 240),), paid)


CHOICES: Mapping[str, Callable[[Mapping[str, str]], Choice]] = {
    "dxgl": _dxgl,
    "glossi": _glossi,
    "imagine": _imagine,
    "threekit": _threekit,
}


@dataclass
class Bench:
    """Where the machines of this folder find their sandbox."""

    sandbox: Sandbox | None = None
    example: int = 0
    steps: int = 0


BENCH = Bench()
