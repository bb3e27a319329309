"""Uploads and downloads beside plain httpx, against a server that only moves bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.sizes import Sizes

GROUP = "3. Files"
ROOT = Path(__file__).parents[1]
AT_ONCE = 16
MIB = 1 << 20
MEMORY_MIB = 8.0
"""Growth from the smallest to the largest file up to which memory counts as flat: the noise of a process."""


@dataclass(frozen=True)
class Moved:
    """The best of several moves: seconds, and bytes that the memory grew by."""

    seconds: float
    grown: float


class Mover:
    """Moves files of one run.

    :param url: of the server
    :param folder: for the files
    :param repeats: how often each move is made
    """

    def __init__(self, url: str, folder: Path, repeats: int) -> None:
        self.url = url
        self.folder = folder
        self.repeats = repeats

    def all(self, who: list[str], what: str, size: int, count: int = 1) -> dict[str, Moved]:
        """Move files, the movers taking turns so that a noisy neighbour meets all of them.

        :param who: the movers
        :param what: ``download``, ``put`` or ``form``
        :param size: bytes of a file
        :param count: files at the same time
        """
        self._files(size, count)
        turns = [[self._once(name, what, size, count) for name in who] for _ in range(self.repeats)]
        return {name: _best([turn[at] for turn in turns]) for at, name in enumerate(who)}

    def _files(self, size: int, count: int) -> None:
        for number in range(count):
            with (self.folder / f"{number}.glb").open("wb") as file:
                file.truncate(size)

    def _once(self, who: str, what: str, size: int, count: int) -> Moved:
        command = [sys.executable, "-m", "benchmarks.transfer_client", who, what, self.url]
        command += [str(self.folder), str(size), str(count)]
        environment = {**os.environ, "NO_PROXY": "127.0.0.1", "AIRFLOW_HOME": str(self.folder / "airflow")}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return Moved(**json.loads(done.stdout))


def measure(sizes: Sizes) -> list[Figure]:
    """Move files of all sizes and return the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, _peer() as url:
        mover = Mover(url, Path(name), sizes.repeats)
        small, large = min(sizes.mebibytes), max(sizes.mebibytes)
        middle = sorted(sizes.mebibytes)[len(sizes.mebibytes) // 2]
        return [
            *_download(mover, middle),
            *_upload(mover, middle),
            *_at_once(mover, small),
            *_memory(mover, small, large),
        ]


def _download(mover: Mover, size: int) -> list[Figure]:
    told = mover.all(["render", "httpx", "hashed", "arender", "ahttpx"], "download", size * MIB)
    figures = []
    for title, who, plain in (("blocking", "render", "httpx"), ("asyncio", "arender", "ahttpx")):
        name, base = f"download of {size} MiB, {title}", told[plain].seconds
        against = f"plain {title} httpx"
        figures.append(Figure(GROUP, name, told[who].seconds, "s", base, against, 1.15 * base, "<= 1.15 x"))
    hashing = "httpx that also hashes, as this package does"
    figures.append(
        Figure(GROUP, hashing, told["hashed"].seconds, "s", told["httpx"].seconds, "plain blocking httpx")
    )
    return figures


def _upload(mover: Mover, size: int) -> list[Figure]:
    figures = []
    for kind in ("form", "put"):
        told = mover.all(["render", "arender", "httpx"], kind, size * MIB)
        for title, who in (("blocking", "render"), ("asyncio", "arender")):
            name = f"upload of {size} MiB as {kind}, {title}"
            figures.append(
                Figure(GROUP, name, told[who].seconds, "s", told["httpx"].seconds, "plain blocking httpx")
            )
    return figures


def _at_once(mover: Mover, size: int) -> list[Figure]:
    figures = []
    for what in ("download", "put"):
        told = mover.all(["render", "arender", "httpx", "ahttpx"], what, size * MIB, AT_ONCE)
        for title, who, base in (("blocking", "render", "httpx"), ("asyncio", "arender", "ahttpx")):
            name = f"{AT_ONCE} x {size} MiB at once, {what}, {title}"
            figures.append(
                Figure(GROUP, name, told[who].seconds, "s", told[base].seconds, f"plain {title} httpx")
            )
    return figures


def _memory(mover: Mover, small: int, large: int) -> list[Figure]:
    figures = []
    for what in ("download", "put", "form"):
        for title, who in (("blocking", "render"), ("asyncio", "arender")):
            little = mover.all([who], what, small * MIB)[who].grown
            much = mover.all([who], what, large * MIB)[who].grown
            name = f"memory of a {what} of {large} MiB over one of {small} MiB, {title}"
            figures.append(
                Figure(
                    GROUP,
                    name,
                    max(0.0, much - little) / MIB,
                    "MiB",
                    limit=MEMORY_MIB,
                    target="flat (8 MiB)",
                    note=f"peak grows by {little / MIB:.1f} and {much / MIB:.1f} MiB",
                )
            )
    return figures


def _best(turns: list[Moved]) -> Moved:
    return Moved(min(turn.seconds for turn in turns), min(turn.grown for turn in turns))


@contextmanager
def _peer() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.transfer_peer"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()
