"""What a run came to, as its report says."""

from __future__ import annotations

import json
from pathlib import Path


def newer(file: Path, since: float) -> bool:
    """Tell whether a file was written in this run.

    :param file: the file
    :param since: when the run was started, in seconds of the epoch
    """
    return file.exists() and file.stat().st_mtime >= since


def outcomes(report: Path, since: float) -> str:
    """Return how many items met which outcome; empty where this run left no report.

    :param report: the newest report, in JSON
    :param since: when the run was started, in seconds of the epoch
    """
    if not newer(report, since):
        return ""
    counts = dict(json.loads(report.read_text())["counts"])
    items = counts.pop("items", 0)
    met = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    return f"{items} in the catalog: {met}" if met else f"{items} in the catalog"


def summary(reports: Path, since: float) -> list[tuple[str, str]]:
    """Return what there is to see of this run, as names and values.

    :param reports: the folder of the reports
    :param since: when the run was started, in seconds of the epoch
    """
    found = [("Items", outcomes(reports / "latest.json", since))]
    for name, file in (("Report", "latest.md"), ("Gallery", "gallery.html")):
        found.append((name, str(reports / file) if newer(reports / file, since) else ""))
    return [(name, value) for name, value in found if value]
