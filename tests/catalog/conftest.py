from __future__ import annotations

import pytest

from airflow_provider_render.catalog.storage import Place, place


@pytest.fixture
def bucket(tmp_path):
    """URL of an empty bucket in object storage, reached through Airflow's ObjectStoragePath."""
    from airflow.sdk.io import attach
    from fsspec.implementations.memory import MemoryFileSystem

    fs = MemoryFileSystem()
    attach("memory", fs=fs)
    yield f"memory://{tmp_path.name}"
    if fs.exists(f"/{tmp_path.name}"):
        fs.rm(f"/{tmp_path.name}", recursive=True)


@pytest.fixture(params=["local", "object"])
def root(request, tmp_path) -> Place:
    """An empty folder, once in the local file system and once in object storage."""
    if request.param == "local":
        return place(tmp_path / "root")
    return place(request.getfixturevalue("bucket")) / "root"
