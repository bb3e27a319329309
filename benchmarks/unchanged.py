"""A night on which nothing has changed, in catalogs of several sizes, on the disk and in object storage.

The catalog is made as an earlier night would have left it, one night settles it, and the next one counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

from benchmarks.delivered import deliver
from benchmarks.figures import Figure
from benchmarks.sizes import Sizes
from benchmarks.vendor import CountingVendor, vendor

GROUP = "4. A night with nothing changed"
ROOT = Path(__file__).parents[1]
BUCKET = "s3://bench"
LIMITED, LIMIT = 10_000, 20.0
"""Products, and the seconds that a night with them may take on the disk."""


def measure(sizes: Sizes) -> list[Figure]:
    """Run nights of all sizes and return the figures."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with vendor(folder / "vendor", (0, 0)) as double:
            nights = [_local(folder / f"disk-{count}", count, double) for count in sizes.skus]
            figures = [figure for night in nights for figure in night]
            figures += _growth("on the disk", sizes.skus, [night[0] for night in nights])
            return figures + _in_s3(folder, sizes, double)


def _local(folder: Path, count: int, double: CountingVendor) -> list[Figure]:
    catalog = deliver(folder, count)
    _night(double, str(catalog), str(folder / "out"))
    before, mark = double.paid_calls(), double.mark()
    told = _night(double, str(catalog), str(folder / "out"))
    _check(told, count, double.paid_calls() - before)
    limit = LIMIT if count == LIMITED else None
    return [
        Figure(
            GROUP,
            f"{count:,} products on the disk",
            told["seconds"],
            "s",
            told["listing"],
            "only listing all files",
            limit,
            "< 20 s" if limit else "",
            f"peak memory {told['peak'] / 1e6:.0f} MB",
        ),
        Figure(
            GROUP,
            f"{count:,} products, requests to the vendor",
            len(double.since(mark).requests),
            "",
            count,
            "one a product, as the stock DAG pays",
        ),
    ]


def _in_s3(folder: Path, sizes: Sizes, double: CountingVendor) -> list[Figure]:
    missing = [name for name in ("moto", "s3fs") if find_spec(name) is None]
    if missing:
        print(f"object storage: not measured, {' and '.join(missing)} not installed", file=sys.stderr)
        return []
    nights = [_remote(folder / f"s3-{count}", count, double) for count in sizes.s3_skus]
    figures = [figure for night in nights for figure in night]
    return figures + _growth("requests to S3", sizes.s3_skus, [night[1] for night in nights])


def _remote(folder: Path, count: int, double: CountingVendor) -> list[Figure]:
    deliver(folder / "files", count, _s3_signature)
    before = double.paid_calls()
    words = (f"{BUCKET}/shop/catalog.csv", f"{BUCKET}/out")
    with _storage(folder) as (address, requests):
        _night(double, *words, address)
        mark = requests.stat().st_size
        told = _night(double, *words, address)
        lines = requests.read_text()[mark:].splitlines()
    _check(told, count, double.paid_calls() - before)
    pages = -(-4 * count // 1000)
    return [
        Figure(
            GROUP,
            f"{count:,} products in S3",
            told["seconds"],
            "s",
            told["listing"],
            "only listing all objects",
            note="the time is that of the S3 double; the requests count",
        ),
        Figure(
            GROUP,
            f"{count:,} products in S3, requests",
            len(lines) - _listings(lines),
            "",
            pages,
            "listing all objects by 1,000",
        ),
    ]


def _listings(lines: list[str]) -> int:
    """Return how many requests the listing took that was made for comparison, before the night."""
    return next(at for at, line in enumerate(lines) if "catalog.csv" in line or "/out" in line)


def _growth(what: str, sizes: tuple[int, ...], figures: list[Figure]) -> list[Figure]:
    found = []
    for (small, before), (large, after) in pairwise(zip(sizes, figures, strict=True)):
        power = log(after.value / before.value) / log(large / small)
        name = f"growth {what}, {small:,} to {large:,} products"
        found.append(Figure(GROUP, name, power, "", 1.0, "in proportion to the products (power 1)"))
    return found


def _check(told: dict[str, Any], count: int, paid: int) -> None:
    if told["unchanged"] != count or paid:
        raise RuntimeError(f"{told['unchanged']} of {count} unchanged, {paid} paid calls")


def _night(double: CountingVendor, *words: str) -> dict[str, Any]:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(double.folder / "airflow"),
        "AIRFLOW_CONN_DXGL_DEFAULT": double.connection,
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-m", "benchmarks.unchanged_night", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _s3_signature(path: str, content: bytes) -> dict[str, Any]:
    name = Path(path).name
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return {"path": f"{BUCKET}/shop/models/{name}", "size": len(content), "etag": f'"{digest}"'}


@contextmanager
def _storage(folder: Path) -> Iterator[tuple[str, Path]]:
    requests = folder / "requests.log"
    command = [sys.executable, "-m", "benchmarks.object_storage", str(folder / "files"), str(requests)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip(), requests
        finally:
            process.terminate()
