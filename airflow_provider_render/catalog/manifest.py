"""What a task has put in place: in full in a file beside the outputs, in brief for the next task."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow_provider_render.catalog.brevity import MOST_LISTED_BYTES, fitting
from airflow_provider_render.catalog.files import publish
from airflow_provider_render.catalog.items import RESERVED
from airflow_provider_render.catalog.report import report_name
from airflow_provider_render.catalog.storage import Place

FOLDER = f"{RESERVED}/manifests"


def tell_files(root: Place, run: str, files: Sequence[Mapping[str, Any]], renders: int) -> dict[str, Any]:
    """Write the manifest of a run, one line of JSON a file, and return it in brief: less than 10 kB.

    :param root: output folder.
    :param run: name of the run; one of the same name is replaced.
    :param files: one entry a file.
    :param renders: how many renders they are of.
    :raises OutputError: the manifest cannot be written.
    """
    there = root / FOLDER / f"{report_name(run)}.jsonl"
    with tempfile.TemporaryDirectory(prefix="render-manifest-") as spool:
        local = Path(spool, "manifest.jsonl")
        local.write_text("".join(f"{json.dumps(file)}\n" for file in files), encoding="ascii")
        publish(local, there)
    told = fitting(files, MOST_LISTED_BYTES)
    return {
        "renders": renders,
        "file_count": len(files),
        "bytes": sum(int(file["size"]) for file in files),
        "manifest": there.url,
        "files": told,
        "truncated": len(told) < len(files),
    }
