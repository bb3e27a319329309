"""A task that keeps a catalog rendered, driven as the operator drives it: every try is a new process."""

from __future__ import annotations

import json
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from airflow_provider_render.catalog import storage
from airflow_provider_render.catalog.ledger import Ledger
from airflow_provider_render.catalog.reconcile import CatalogSpec, Reconciliation
from airflow_provider_render.catalog.store import StateStore
from tests.catalog.models import TRIANGLE, glb
from tests.fake_service import FakeService
from tests.fake_vendor import FakeClient


class Shop:
    """A catalog, its models, an output folder and an account at a vendor.

    :param folder: where models and output are.
    :param capabilities: of the vendor.
    """

    def __init__(self, folder: Path, **capabilities):
        self.folder = folder
        self.output = folder / "out"
        self.service = FakeService()
        self.capabilities = capabilities
        self.rows = {}

    def stock(self, key, look=None, **row):
        """Put a product into the catalog; products of equal looks have equal models."""
        model = self.folder / "models" / f"{key.replace('/', '-')}.glb"
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_bytes(glb({**TRIANGLE, "extras": look or key}))
        sku, _, variant = key.partition("/")
        self.rows[key] = {"sku": sku, "variant": variant, "model": str(model), **row}

    def model(self, key) -> Path:
        return Path(self.rows[key]["model"])

    @property
    def records(self):
        return StateStore(self.output).load()

    def files(self):
        """Return the bytes of all delivered files by path, without state and reports."""
        paths = [path for path in self.output.rglob("*") if path.is_file()]
        names = {path.relative_to(self.output).as_posix(): path for path in paths}
        return {name: path.read_bytes() for name, path in names.items() if not name.startswith("_render/")}

    def task(self, run="monday", **spec):
        return Task(self, run, **spec)

    def render(self, run="monday", **spec):
        """Run once and return the report."""
        return self.task(run, **spec).attempt()


class Task:
    """One task of one run: what Airflow keeps of it over tries and deferrals."""

    def __init__(self, shop: Shop, run: str, **spec):
        self.shop, self.run, self.spec = shop, run, spec
        self.ledger = None
        self.memory = {}

    def begin(self, memory=None, step=lambda: None):
        limit = self.spec.get("max_credits")
        spec = CatalogSpec(
            catalog=list(self.shop.rows.values()),
            output=str(self.shop.output),
            **{**self.spec, "max_credits": None if limit is None else Decimal(limit)},
        )
        client = FakeClient(self.shop.service, step, **self.shop.capabilities)
        ledger = Ledger(spec.max_credits, self.ledger, lambda data: self._save(data, step))
        return Reconciliation(client, spec, run=self.run, ledger=ledger, memory=memory)

    def _save(self, data, step):
        step()
        self.ledger = json.loads(json.dumps(data))
        step()

    def submit(self, step=lambda: None):
        """Do what a worker does before it defers; return the run and its plan."""
        run = self.begin(step=step)
        plan = run.plan()
        run.approve(plan)
        run.submit(plan)
        self.memory = json.loads(json.dumps(run.memory))
        return run, plan

    def finish(self, step=lambda: None, lost=True):
        """Do what a worker does when the trigger has fired."""
        run = self.begin(self.memory, step)
        plan = run.plan()
        run.look(plan, lost=lost)
        run.deliver(plan)
        went_on = True
        while went_on and run.prepared(plan):
            plan = run.plan()
            done = run.submit(plan)
            went_on = bool(done.paid or done.adopted or done.preparing)
            run.look(plan, lost=lost)
            run.deliver(plan)
        run.prune(plan)
        return run.report(plan)

    def attempt(self, step=lambda: None):
        self.submit(step)
        return self.finish(step)

    @property
    def spent(self):
        return Decimal((self.ledger or {}).get("spent", 0))


def all_whole(shop):
    """Whether each item has exactly the files of one render, in full."""
    files, records = shop.files(), shop.records
    for record in records.values():
        for file in record.files:
            data = files.pop(file["path"])
            assert data == shop.service.content(f"/files/{record.job.id}/{file['name']}")
    assert all(path.endswith("/render.json") for path in files)
    return True


def outcomes(report):
    return {item.key: str(item.outcome) for item in report.items}


def quiet(service: FakeService):
    """Forget which calls were made, to see which come."""
    service.calls.clear()
    service.changing_calls.clear()
    service.downloads.clear()


@contextmanager
def disk(step):
    """Take a step before and after everything that is written to or removed from the disk.

    Progress files do not count: how often they are written depends on the time.
    """

    def stepping(original):
        def method(storage, *args):
            if args[0].endswith("progress.json"):
                original(storage, *args)
            else:
                step()
                original(storage, *args)
                step()

        return method

    with pytest.MonkeyPatch.context() as patch:
        for name in ("write", "publish", "remove"):
            patch.setattr(storage._Local, name, stepping(getattr(storage._Local, name)))
        yield
