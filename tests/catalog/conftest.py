from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Event, main_thread

import pytest

from airflow_provider_render.catalog import threads
from airflow_provider_render.catalog.storage import Place, place
from tests.catalog.database import database as database
from tests.catalog.runs import Shop
from tests.catalog.submits import Task, TaskTimeout


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


@pytest.fixture
def shut(monkeypatch):
    """An event that is set when threads are given up: what waits for it can only go on then."""
    event = Event()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, wait=True, *, cancel_futures=False):
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            event.set()
            super().shutdown(wait=wait)

    monkeypatch.setattr(threads, "ThreadPoolExecutor", Pool)
    return event


@pytest.fixture
def struck(monkeypatch):
    """Strikes the main thread, as a timeout of the task does, as soon as it waits for threads."""
    waiting, fallen, as_completed = Event(), Event(), threads.as_completed

    def noticed(futures):
        waiting.set()
        try:
            yield from as_completed(futures)
        finally:
            waiting.clear()

    def fall(*_):
        if not fallen.is_set():
            fallen.set()
            raise TaskTimeout

    def strike():
        assert waiting.wait(10)
        # A signal that comes just before a thread begins to wait does not wake it.
        while not fallen.wait(0.02):
            signal.pthread_kill(main_thread().ident, signal.SIGUSR1)

    monkeypatch.setattr(threads, "as_completed", noticed)
    before = signal.signal(signal.SIGUSR1, fall)
    yield strike
    signal.signal(signal.SIGUSR1, before)
