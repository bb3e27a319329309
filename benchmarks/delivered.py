"""A catalog whose every item was rendered and delivered before: models, outputs and state as files."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
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


def deliver(folder: Path, count: int) -> Path:
    """Write everything below a folder and return the catalog's path.

    :param folder: gets ``shop`` with catalog and models, and ``out``
    :param count: how many products
    """
    catalog = stock(folder / "shop", count)
    out = folder / "out"
    vendor = DxglVendor()
    settings = vendor.settings(SETTINGS)
    records = {item.key: _delivered(out, item, vendor, settings) for item in read_catalog(str(catalog))}
    store = StateStore(str(out), expected_items=count)
    store.put(records)
    return catalog


def move_to_s3(folder: Path, bucket: str) -> None:
    """Let the state tell of models what S3 will tell of them, as if they had always been there.

    :param folder: what :func:`deliver` wrote
    :param bucket: URL of where it goes
    """
    store = StateStore(str(folder / "out"))
    store.put({key: _in_s3(record, folder, bucket) for key, record in store.load().items()})


def _in_s3(record: Record, folder: Path, bucket: str) -> Record:
    path = Path(record.source["path"])
    etag = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    told = {"path": f"{bucket}/{path.relative_to(folder)}", "etag": f'"{etag}"'}
    return replace(record, source={**told, **{name: record.source[name] for name in ("size", "sha256")}})


def _delivered(out: Path, item: CatalogItem, vendor: DxglVendor, settings: Any) -> Record:
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
        source={
            "path": item.model,
            "size": len(content),
            "mtime": os.stat(item.model).st_mtime_ns,
            "sha256": digest,
        },
        updated=WHEN,
        submitted=WHEN,
        rendered=WHEN,
    )
    document = item_document(item, record, vendor=vendor.name)
    (folder / "render.json").write_text(json.dumps(document, indent=2))
    return record
