"""Moves files in a process of its own and prints seconds and bytes of memory grown.

Usage: ``python -m benchmarks.transfer_client WHO WHAT URL FOLDER BYTES COUNT``, where WHO is ``render``,
``arender`` (this package's drivers), ``httpx``, ``ahttpx`` or ``hashed`` (httpx that also hashes), WHAT
``download``, ``put`` or ``form``, and COUNT how many files are moved at the same time.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from airflow_provider_render.core.calls import Answer, Call, Fetch, FilePart
from airflow_provider_render.http.aio import AsyncDriver
from airflow_provider_render.http.options import HttpOptions
from airflow_provider_render.http.sync import SyncDriver
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor

OPTIONS = HttpOptions(max_concurrency=16)
BLOCK = 1 << 16


class OnDisk:
    """A file as this package takes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name, self.size = path.name, path.stat().st_size

    def open(self) -> BinaryIO:
        """Open it."""
        return self.path.open("rb")


def work(what: str, path: Path, size: int) -> Any:
    """Return what the drivers are given."""
    if what == "download":
        return Fetch(f"/bytes/{size}", media_types=("application/octet-stream",))
    if what == "form":
        return Call("POST", "/form", Answer.json, files=(FilePart("file", OnDisk(path)),))
    return Call("PUT", "/raw", Answer.json, content=OnDisk(path))


def render(what: str, url: str, paths: list[Path], size: int) -> Callable[[], None]:
    """Return what moves files with the blocking driver."""
    driver = SyncDriver(DxglVendor(url, "token"), OPTIONS)
    driver.run(Call("GET", "/", Answer.json))

    def one(path: Path) -> None:
        job = work(what, path, size)
        _ = driver.download(job, path) if what == "download" else driver.run(job)

    return lambda: _in_threads(one, paths)


def plain(what: str, url: str, paths: list[Path], size: int, *, hashed: bool = False) -> Callable[[], None]:
    """Return what moves files with a bare client, as httpx's documentation shows."""
    client = httpx.Client(base_url=url, trust_env=False, timeout=60)
    client.get("/")

    def one(path: Path) -> None:
        digest = hashlib.sha256()
        if what != "download":
            with path.open("rb") as file:
                request = {"files": {"file": file}} if what == "form" else {"content": file}
                client.request("POST" if what == "form" else "PUT", "/up", **request).raise_for_status()
            return
        with client.stream("GET", f"/bytes/{size}") as answer, path.open("wb") as file:
            for chunk in answer.iter_bytes():
                file.write(chunk)
                if hashed:
                    digest.update(chunk)

    return lambda: _in_threads(one, paths)


def _in_threads(one: Callable[[Path], None], paths: list[Path]) -> None:
    if len(paths) == 1:
        one(paths[0])
        return
    with ThreadPoolExecutor(len(paths)) as pool:
        list(pool.map(one, paths))


async def arender(what: str, url: str, paths: list[Path], size: int) -> Callable[[], Awaitable[Any]]:
    """Return what moves files with the asyncio driver."""
    driver = AsyncDriver(DxglVendor(url, "token"), OPTIONS)
    await driver.run(Call("GET", "/", Answer.json))

    async def one(path: Path) -> None:
        job = work(what, path, size)
        _ = await (driver.download(job, path) if what == "download" else driver.run(job))

    return lambda: asyncio.gather(*map(one, paths))


async def aplain(what: str, url: str, paths: list[Path], size: int) -> Callable[[], Awaitable[Any]]:
    """Return what moves files with a bare asyncio client; its file work blocks the loop, as is usual."""
    client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=60)
    await client.get("/")

    async def one(path: Path) -> None:
        if what != "download":
            with path.open("rb") as file:
                await client.put("/up", content=_blocks(file))
            return
        async with client.stream("GET", f"/bytes/{size}") as answer:
            with path.open("wb") as file:
                async for chunk in answer.aiter_bytes():
                    file.write(chunk)

    return lambda: asyncio.gather(*map(one, paths))


async def _blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def measured(move: Callable[[], None]) -> dict[str, float]:
    """Return seconds and memory growth of a blocking move."""
    memory, started = _settled(), time.perf_counter()
    move()
    return {"seconds": time.perf_counter() - started, "grown": _peak() - memory}


async def ameasured(making: Awaitable[Callable[[], Awaitable[Any]]]) -> dict[str, float]:
    """Return seconds and memory growth of a move in an event loop."""
    move = await making
    await asyncio.to_thread(int)
    memory, started = _settled(), time.perf_counter()
    await move()
    return {"seconds": time.perf_counter() - started, "grown": _peak() - memory}


def _settled() -> int:
    """Return the memory in use, from which the peak counts; ``ru_maxrss`` starts at the parent's."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main(who: str, what: str, url: str, folder: str, size: str, count: str) -> None:
    """Move and print."""
    paths = [Path(folder) / f"{number}.glb" for number in range(int(count))]
    given = (what, url, paths, int(size))
    if who in ("arender", "ahttpx"):
        told = asyncio.run(ameasured((arender if who == "arender" else aplain)(*given)))
    else:
        told = measured(render(*given) if who == "render" else plain(*given, hashed=who == "hashed"))
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
