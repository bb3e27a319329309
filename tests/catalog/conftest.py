from __future__ import annotations

import pytest

from airflow_provider_render.catalog.storage import Place, place
from tests.catalog.database import database as database
from tests.catalog.runs import Shop
from tests.catalog.submits import Task


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


@pytest.fixture(params=[True, False], ids=["uploading_renders", "uploading_is_free"])
def shop(request, tmp_path):
    """A shop with two products, at a vendor that renders whatever is uploaded, and at one that does not."""
    shop = Shop(tmp_path, upload_renders=request.param)
    shop.stock("A")
    shop.stock("B", title="Bench")
    return shop


@pytest.fixture(params=[True, False], ids=["uploading_renders", "uploading_is_free"])
def task(request, root):
    """A task at a vendor that renders whatever is uploaded, and at one that does not."""
    return Task(root, upload_renders=request.param)
