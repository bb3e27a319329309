"""The catalog of a night without changes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from airflow_provider_render.catalog.store import StateStore
from benchmarks.delivered import deliver, move_to_s3


def test_a_moved_catalog_tells_of_its_models_what_s3_will_tell(tmp_path):
    deliver(tmp_path, 3)
    before = StateStore(str(tmp_path / "out")).load()
    move_to_s3(tmp_path, "s3://bench")
    after = StateStore(str(tmp_path / "out")).load()
    assert after.keys() == before.keys()
    for key, record in after.items():
        model = Path(before[key].source["path"])
        content = model.read_bytes()
        assert record.source == {
            "path": f"s3://bench/shop/models/{model.name}",
            "size": len(content),
            "etag": f'"{hashlib.md5(content).hexdigest()}"',
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        assert record.fingerprint == before[key].fingerprint
