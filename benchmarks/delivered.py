"""A catalog whose every item was rendered and delivered before: models, outputs and state as files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from airflow_provider_render.catalog.items import CatalogItem
from airflow_provider_render.catalog.sources import read_catalog
from airflow_provider_render.catalog.store import StateStore, item_document
from airflow_provider_render.core.job import RenderJob
from airflow_provider_render.core.journal import Phase, Record
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor
from benchmarks.products import stock

SETTINGS = {"aspect": "1:1", "length": 3}
KINDS = ("poster", "video")
FILES = {"video.mp4": b"\0" * 64, "poster.png": b"\0" * 32}
WHEN = "2026-01-01T00:00:00+00:00"

Signature = Callable[[str, bytes], dict[str, Any]]
"""What the storage will tell of a model: from its path in the catalog's folder and its bytes."""


def deliver(folder: Path, count: int, signature: Signature | None = None) -> Path:
    """Write everything below a folder and return the catalog's path.

    :param folder: gets ``shop`` with catalog and models, and ``out``
    :param count: how many products
    :param signature: what the storage tells of models; the local disk's own without it
    """
    catalog = stock(folder / "shop", count)
    out = folder / "out"
    vendor = DxglVendor()
    settings = vendor.settings(SETTINGS)
    records = {
        item.key: _delivered(out, item, vendor, settings, signature or _local)
        for item in read_catalog(str(catalog))
    }
    store = StateStore(str(out), expected_items=count)
    store.put(records)
    return catalog


def _delivered(
    out: Path, item: CatalogItem, vendor: DxglVendor, settings: Any, signature: Signature
) -> Record:
    content = Path(item.model).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    folder = out / item.folder
    folder.mkdir(parents=True)
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    files = tuple(
        {"path": f"{item.folder}/{name}", "name": name, "size": len(data)} for name, data in FILES.items()
    )
    record = Record(
        vendor.fingerprint(digest, settings),
        Phase.DELIVERED,
        job=RenderJob("dxgl", f"render-{item.key}", f"model-{item.key}", settings),
        model_id=f"model-{item.key}",
        files=files,
        kinds=KINDS,
        source={**signature(item.model, content), "sha256": digest},
        updated=WHEN,
    )
    document = item_document(item, record, vendor=vendor.name, rendered_at=WHEN)
    (folder / "render.json").write_text(json.dumps(document, indent=2))
    return record


def _local(path: str, content: bytes) -> dict[str, Any]:
    return {"path": path, "size": len(content), "mtime": os.stat(path).st_mtime_ns}
