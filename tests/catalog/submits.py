"""A task that submits, driven without a catalog: every try is a new process on the same state."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from hashlib import sha256

from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.catalog.store import StateStore
from airflow_provider_render.catalog.submit import Submission
from airflow_provider_render.catalog.waiting import living
from airflow_provider_render.catalog.wanted import Wanted
from airflow_provider_render.core.job import RenderRequest, RenderState
from airflow_provider_render.core.journal import Action, decide, observed
from airflow_provider_render.core.model import ModelFile
from tests.fake_service import (
    FakeService,
)
from tests.fake_vendor import FakeClient

NOW = "2026-03-01T00:00:00.000+00:00"
PAYING = (Action.RENDER, Action.RECOVER)


class TaskTimeout(BaseException):
    """What the main thread is struck with, as by Airflow when a task takes too long."""


class Bytes:
    def __init__(self, name, data):
        self.name, self.size, self._data = name, len(data), data

    def open(self):
        return io.BytesIO(self._data)


def product(key, content=None, **settings):
    """Return what is wanted of a product; equal contents are equal models."""
    data = (content or key).encode()
    return RenderRequest(key, ModelFile(Bytes(f"{key}.glb", data), sha256(data).hexdigest()), settings)


class SteppingJournal:
    """The real store, with a place to die before and after each write."""

    def __init__(self, store, step):
        self._store, self._step = store, step
        self.get = store.get

    def put(self, records):
        self._step()
        self._store.put(records)
        self._step()

    def forget(self, keys):
        self._step()
        self._store.forget(keys)
        self._step()


class Task:
    """A task that submits; every try is a fresh process on the same state."""

    def __init__(self, root, service=None, *, run="run-1", limit=None, **capabilities):
        self.root, self.run = root, run
        self.service = service or FakeService()
        self.limit = None if limit is None else Decimal(limit)
        self.capabilities = capabilities
        self.saved = None

    @property
    def records(self):
        return StateStore(self.root).load()

    def note(self, key, status):
        """Write down that a render has ended."""
        store = StateStore(self.root)
        store.put({key: observed(store.get(key), RenderState(status, str(status)))})

    def attempt(self, *requests, step=lambda: None, force=None, save=None, **options):
        client = FakeClient(self.service, step, **self.capabilities)
        store = StateStore(self.root, shards=16)
        ledger = Ledger(self.limit, self.saved, save or (lambda data: self._save(data, step)))
        ledger.settle(store.load().values(), self.run)
        submission = Submission(
            client,
            SteppingJournal(store, step),
            ledger,
            run=self.run,
            force=force,
            **{"now": lambda: NOW, **options},
        )
        return submission.submit([*self._wanted(client.vendor, store, requests, force)])

    def _save(self, data, step):
        step()
        self.saved = json.loads(json.dumps(data))
        step()

    @property
    def spent(self):
        return Decimal(self.saved["spent"])

    def _wanted(self, vendor, store, requests, force):
        twins = living(store.load().values())
        for request in requests:
            mark = vendor.fingerprint(request.model.sha256, request.settings)
            action = decide(store.get(request.key), mark, outputs_present=True, force=force)
            if action in PAYING:
                price = vendor.price(request.settings)
                yield Wanted(request, mark, price, action, twin=twins.get(mark))


def jobs(task):
    return {key: record.job.id for key, record in task.records.items() if record.job}
