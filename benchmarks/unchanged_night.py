"""One night of the catalog operator outside Airflow; prints what it took as the last line.

Usage: ``python -m benchmarks.unchanged_night CATALOG OUTPUT [S3_ENDPOINT]``
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from airflow_provider_render.operators.catalog import RenderCatalogOperator
from benchmarks.delivered import KINDS, SETTINGS


class Store(dict[str, Any]):
    """``context["task_state_store"]``."""

    def set(self, key: str, value: Any, *, retention: Any = None) -> None:
        """Keep a value."""
        self[key] = value


def attach_s3(endpoint: str) -> Callable[[], None]:
    """Let ``s3://`` lead to a server on this machine, and return what lists all of a bucket.

    :param endpoint: its address
    """
    s3fs: Any = import_module("s3fs")
    from airflow.sdk.io import attach

    fs = s3fs.S3FileSystem(key="key", secret="secret", endpoint_url=endpoint, use_listings_cache=False)
    attach("s3", fs=fs)
    return lambda: fs.find("bench", detail=True) and None


def list_folder(folder: str) -> None:
    """Ask the disk for the size of every file below a folder."""
    for root, _, files in os.walk(folder):
        for file in files:
            os.stat(os.path.join(root, file))


def night(catalog: str, output: str) -> dict[str, Any]:
    """Execute the operator and return its summary."""
    operator = RenderCatalogOperator(
        task_id="render",
        render_conn_id="dxgl_default",
        catalog=catalog,
        output=output,
        settings=SETTINGS,
        outputs=list(KINDS),
    )
    ti = SimpleNamespace(dag_id="d", run_id="r", task_id="render", map_index=-1, max_tries=2, try_number=1)
    context: Any = {"ti": ti, "task_state_store": Store()}
    sentinel = {"RenderCatalogOperator__sentinel": _sentinel()}
    summary: dict[str, Any] = operator.execute(context, **sentinel)
    return summary


def _sentinel() -> Any:
    from airflow.sdk.bases.operator import ExecutorSafeguard

    return ExecutorSafeguard.sentinel_value


def timed(what: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long something took, and its result."""
    started = time.perf_counter()
    result = what()
    return time.perf_counter() - started, result


def main(catalog: str, output: str, endpoint: str = "") -> None:
    """Measure and print."""
    everything = attach_s3(endpoint) if endpoint else lambda: list_folder(os.path.dirname(output))
    listing, _ = timed(everything)
    seconds, summary = timed(lambda: night(catalog, output))
    told = {
        "seconds": seconds,
        "listing": listing,
        "unchanged": summary["unchanged"],
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
