"""A night on which nothing has changed, in catalogs of several sizes, on the disk and in object storage.

The catalog is made as an earlier night would have left it, one night settles it, and the next one counts.
For object storage the same files and state are moved there, and one more night counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

from benchmarks.delivered import deliver, move_to_s3
from benchmarks.figures import Figure
from benchmarks.sizes import Sizes
from benchmarks.vendor import CountingVendor, vendor
from benchmarks.workplace import workplace

GROUP = "4. A night with nothing changed"
ROOT = Path(__file__).parents[1]
BUCKET = "s3://bench"
LIMITED, LIMIT = 10_000, 20.0
"""Products, and the seconds that a night with them may take on the disk."""
_WHOLE = "GET /bench?list-type=2&prefix=&"
_STATE = "/bench/out/_render/state/"


def measure(sizes: Sizes) -> list[Figure]:
    """Run nights of all sizes and return the figures."""
    missing = [name for name in ("moto", "s3fs") if find_spec(name) is None]
    if missing:
        print(f"object storage: not measured, {' and '.join(missing)} not installed", file=sys.stderr)
    with workplace() as folder, vendor(folder / "vendor", (0, 0)) as double:
        figures = _nights(folder, sizes.skus, double)
        return figures if missing else figures + _remote_nights(folder, sizes.s3_skus, double)


def _nights(folder: Path, sizes: tuple[int, ...], double: CountingVendor) -> list[Figure]:
    nights = [_local(_settled(folder, count, double), count, double) for count in sizes]
    figures = [figure for night in nights for figure in night]
    return figures + _growth("on the disk", sizes, [night[0] for night in nights])


def _remote_nights(folder: Path, sizes: tuple[int, ...], double: CountingVendor) -> list[Figure]:
    nights = [_remote(_settled(folder, count, double), count, double) for count in sizes]
    figures = [figure for night in nights for figure in night]
    figures += _growth("in S3", sizes, [night[0] for night in nights])
    return figures + _growth("of requests in S3", sizes, [night[1] for night in nights])


def _settled(folder: Path, count: int, double: CountingVendor) -> Path:
    shop = folder / f"{count}-products"
    if not shop.exists():
        deliver(shop, count)
        _night(double, str(shop / "shop/catalog.csv"), str(shop / "out"))
    return shop


def _local(folder: Path, count: int, double: CountingVendor) -> list[Figure]:
    told, asked = _counted(double, count, str(folder / "shop/catalog.csv"), str(folder / "out"))
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
        _asked(f"{count:,} products on the disk", asked, count),
    ]


def _remote(folder: Path, count: int, double: CountingVendor) -> list[Figure]:
    move_to_s3(folder, BUCKET)
    with _storage(folder) as (address, requests):
        told, asked = _counted(double, count, f"{BUCKET}/shop/catalog.csv", f"{BUCKET}/out", address)
        lines = requests.read_text().splitlines()
    listing = sum(line.startswith(_WHOLE) for line in lines)
    state = [line for line in lines if _STATE in line]
    if written := [line for line in state if line.startswith("PUT")]:
        raise RuntimeError(f"state was written: {written[0]}")
    return [
        Figure(
            GROUP,
            f"{count:,} products in S3",
            told["seconds"],
            "s",
            told["listing"],
            "only listing all objects",
            note=f"peak memory {told['peak'] / 1e6:.0f} MB",
        ),
        Figure(
            GROUP,
            f"{count:,} products in S3, requests",
            len(lines) - listing,
            "",
            listing,
            "listing all objects by 1,000",
            note=f"{len(state)} of them read the state",
        ),
        _asked(f"{count:,} products in S3", asked, count),
    ]


def _counted(double: CountingVendor, count: int, *words: str) -> tuple[dict[str, Any], int]:
    """Return what a night tells, and how many requests reached the vendor; none of them may be paid."""
    before, mark = double.paid_calls(), double.mark()
    told = _night(double, *words)
    asked = len(double.since(mark).requests)
    paid = double.paid_calls() - before
    if told["unchanged"] != count or paid:
        raise RuntimeError(f"{told['unchanged']} of {count} unchanged, {paid} paid calls")
    return told, asked


def _asked(night: str, asked: int, count: int) -> Figure:
    against = "one a product, as the stock DAG pays"
    return Figure(GROUP, f"{night}, requests to the vendor", asked, "", count, against)


def _growth(what: str, sizes: tuple[int, ...], figures: list[Figure]) -> list[Figure]:
    found = []
    for (small, before), (large, after) in pairwise(zip(sizes, figures, strict=True)):
        power = log(after.value / before.value) / log(large / small)
        name = f"growth {what}, {small:,} to {large:,} products"
        found.append(Figure(GROUP, name, power, "", 1.0, "in proportion to the products (power 1)"))
    return found


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


@contextmanager
def _storage(folder: Path) -> Iterator[tuple[str, Path]]:
    requests = folder.with_suffix(".log")
    command = [sys.executable, "-m", "benchmarks.object_storage", str(folder), str(requests)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip(), requests
        finally:
            process.terminate()
