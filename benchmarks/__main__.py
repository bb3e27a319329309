"""``python -m benchmarks``: measure, print a table, write JSON."""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.figures import Figure, save, table
from benchmarks.machine import machine
from benchmarks.sizes import FULL, QUICK, TINY, Sizes

BENCHMARKS = ("night", "waiting", "transfer", "unchanged", "imports")
RESULTS = Path(__file__).parent / "results"


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    :param given: the arguments; None for the process's own
    """
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description="Measures this package beside the stock HTTP provider and plain httpx, in the same run. "
        "Figures are ratios: what is absolute depends on the machine and on what else it does.",
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_const", dest="sizes", const=QUICK, help="under 4 minutes")
    size.add_argument("--tiny", action="store_const", dest="sizes", const=TINY, help="only to see it run")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS))
    parser.add_argument("--output", type=Path, default=RESULTS / "latest.json", help="where the JSON goes")
    for field in fields(Sizes):
        nargs = "+" if isinstance(getattr(FULL, field.name), tuple) else None
        flag = f"--{field.name.replace('_', '-')}"
        parser.add_argument(flag, type=int, nargs=nargs, help="instead of the size's own")
    parser.set_defaults(sizes=FULL)
    return parser.parse_args(given)


def sizes_of(options: argparse.Namespace) -> Sizes:
    """Return the sizes that a command line asks for."""
    given = {field.name: getattr(options, field.name) for field in fields(Sizes)}
    wanted: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    sizes: Sizes = options.sizes
    return replace(sizes, **{name: value for name, value in wanted.items() if value is not None})


def measure(name: str, sizes: Sizes) -> list[Figure]:
    """Run one benchmark.

    :param name: the benchmark
    :param sizes: how large
    """
    benchmark: Callable[[Sizes], list[Figure]] = import_module(f"benchmarks.{name}").measure
    return benchmark(sizes)


def measure_all(names: Sequence[str], sizes: Sizes, output: Path) -> tuple[list[Figure], list[str]]:
    """Run benchmarks one after another and return the figures, and which of them failed.

    :param names: the benchmarks
    :param sizes: how large
    :param output: the JSON, written anew after each
    """
    described, figures, failed = machine(), list[Figure](), list[str]()
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        started = time.monotonic()
        try:
            figures += measure(name, sizes)
        except Exception:  # noqa: BLE001 - the others can still be measured
            traceback.print_exc()
            failed.append(name)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        save(output, described, asdict(sizes), figures)
    return figures, failed


def interrupt(_number: int, _frame: object) -> NoReturn:
    """End as with Ctrl-C, so that nothing is left running."""
    raise KeyboardInterrupt


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 1 where a target was missed, and 2 where a benchmark failed.

    :param given: the arguments; None for the process's own
    """
    options = arguments(given)
    signal.signal(signal.SIGTERM, interrupt)
    figures, failed = measure_all(options.only, sizes_of(options), options.output)
    print(table(figures))
    print(f"\nWritten to {options.output}.")
    if failed:
        print(f"Failed, see above: {', '.join(failed)}.")
        return 2
    return 0 if all(figure.passed is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
