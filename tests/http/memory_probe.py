"""Moves one file in a process of its own and prints by how many bytes its memory has grown."""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path
from typing import BinaryIO

from airflow_provider_render.core.calls import Answer, Call, Fetch, FilePart
from tests.http.probe import QUICK, Blocking, Looping, ProbeVendor


class OnDisk:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.name, self.size = path.name, path.stat().st_size

    def open(self) -> BinaryIO:
        return self._path.open("rb")


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def move(client: Blocking, direction: str, path: Path) -> None:
    if direction == "download":
        client.download(Fetch("/large"), path)
    elif direction == "form":
        client.run(Call("POST", "/form", Answer.json, files=(FilePart("file", OnDisk(path)),)))
    else:
        client.run(Call("PUT", "/raw", Answer.json, content=OnDisk(path)))


def main(kind: str, direction: str, url: str, path: str) -> None:
    client = (Blocking if kind == "Blocking" else Looping)(ProbeVendor(url), QUICK)
    client.run(Call("GET", "/small", Answer.json))
    asyncio.run(asyncio.to_thread(int))
    before = peak()
    move(client, direction, Path(path))
    print(peak() - before)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
