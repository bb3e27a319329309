"""A measured figure with what it is compared with, and the table of all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured number.

    :param group: the benchmark it belongs to
    :param name: what was measured
    :param value: the number for this package
    :param unit: its unit
    :param baseline: the number of what it is compared with, in the same unit
    :param against: what that is
    :param limit: the value must not be above it; None where there is no target
    :param target: the target as people read it
    :param note: how it came about, where that is not plain
    """

    group: str
    name: str
    value: float
    unit: str = ""
    baseline: float | None = None
    against: str = ""
    limit: float | None = None
    target: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def passed(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.limit is None else self.value <= self.limit

    def to_json(self) -> dict[str, Any]:
        """Return the figure with ratio and verdict."""
        return {**asdict(self), "ratio": self.ratio, "passed": self.passed}


HEADINGS = ("figure", "here", "baseline", "ratio", "target", "")
VERDICTS = {True: "pass", False: "MISS", None: ""}


def table(figures: Iterable[Figure]) -> str:
    """Return figures as an aligned table, the benchmarks one after another.

    :param figures: in the order in which they are shown
    """
    figures = list(figures)
    rows = [_row(figure) for figure in figures]
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    lines = [_line(HEADINGS, widths)]
    group = ""
    for figure, row in zip(figures, rows, strict=True):
        if figure.group != group:
            group = figure.group
            lines += ["", group]
        lines.append(_line(row, widths))
        lines += [f"    {figure.note}"] if figure.note else []
    return "\n".join(lines)


def save(path: Path, machine: dict[str, Any], sizes: dict[str, Any], figures: Iterable[Figure]) -> None:
    """Write a run as JSON.

    :param path: the file; its folder is made
    :param machine: what it ran on
    :param sizes: how large everything was
    :param figures: what came out
    """
    document = {"machine": machine, "sizes": sizes, "figures": [figure.to_json() for figure in figures]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")


def number(value: float) -> str:
    """Write a number with three significant digits, whole ones in full."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _row(figure: Figure) -> tuple[str, ...]:
    unit = f" {figure.unit}" if figure.unit else ""
    baseline = "" if figure.baseline is None else f"{number(figure.baseline)} {figure.against}"
    ratio = "" if figure.ratio is None else f"x{number(figure.ratio)}"
    return (
        f"  {figure.name}",
        f"{number(figure.value)}{unit}",
        baseline,
        ratio,
        figure.target,
        VERDICTS[figure.passed],
    )


def _line(cells: Iterable[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
