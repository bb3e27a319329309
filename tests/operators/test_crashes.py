"""A worker dies between any two steps; whoever takes over pays for nothing again."""

from __future__ import annotations

import itertools
from contextlib import suppress

import pytest
from airflow.sdk.exceptions import TaskDeferred

from airflow_provider_render.catalog.storage import Place
from airflow_provider_render.http.sync import SyncDriver
from airflow_provider_render.operators.render import UploadModelOperator
from tests.operators.account import SETTINGS, new_model, rows
from tests.operators.task import Died, StateStore, Task
from tests.operators.test_catalog import catalog, single

STEPS = {"call": (SyncDriver, "run"), "file": (Place, "write"), "state": (StateStore, "set")}


class Fate:
    """Lets a worker die at the n-th step of a kind, before or after the step."""

    def __init__(self, monkeypatch, step: str, number: int, moment: str) -> None:
        self.left = number
        self.moment = moment
        owner, name = STEPS[step]
        monkeypatch.setattr(owner, name, self._wrapped(getattr(owner, name)))

    def _wrapped(self, original):
        def step(*args, **kwargs):
            self.left -= 1
            if self.left == 0 and self.moment == "before":
                raise Died
            result = original(*args, **kwargs)
            if self.left == 0:
                raise Died
            return result

        return step


def die_everywhere(monkeypatch, step: str, moment: str, make) -> int:
    """Let a first try die at every step in turn; a second one must get by without a further credit.

    :param make: gives an account, a task and the credits that it costs once.
    """
    for number in itertools.count(1):
        account, task, price = make(number)
        with monkeypatch.context() as patch:
            fate = Fate(patch, step, number, moment)
            with suppress(Died):
                task.start()
        outcome = task.start()
        assert account.spent == price, f"paid {account.spent} after dying {moment} {step} {number}"
        renders = outcome.trigger.jobs if isinstance(outcome, TaskDeferred) else [outcome["job"]]
        assert all(account.knows(render["id"]) for render in renders)
        if fate.left > 0:
            return number - 1
    raise AssertionError


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["call", "state"])
def test_an_upload_is_paid_once_wherever_the_worker_dies(idle, tmp_path, monkeypatch, step, moment):
    def make(number):
        idle.begin()
        model = new_model(tmp_path, f"chair{number}")
        fields = {"task_id": "upload", "render_conn_id": idle.conn_id, "settings": SETTINGS}
        return idle, Task(lambda: UploadModelOperator(model=model, **fields)), 1

    assert die_everywhere(monkeypatch, step, moment, make) >= 2


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["call", "file", "state"])
def test_a_catalog_is_paid_once_wherever_the_worker_dies(idle, tmp_path, monkeypatch, step, moment):
    known = new_model(tmp_path, "known")
    catalog(idle, rows(known), tmp_path / "before", deferrable=True).start()

    def make(number):
        idle.begin()
        fresh = new_model(tmp_path, f"fresh{number}")
        table = [*rows(fresh), {"sku": "known", "model": known, "settings": {"rotateY": number}}]
        return idle, catalog(idle, table, tmp_path / f"out{number}", deferrable=True, concurrency=2), 2

    assert die_everywhere(monkeypatch, step, moment, make) >= 3


def test_a_delivery_that_was_cut_off_goes_on_without_cost(dxgl, rendered, tmp_path, monkeypatch):
    def make(number):
        dxgl.begin()
        return single(dxgl, rendered[0], tmp_path / f"out{number}")

    for number in itertools.count(1):
        task = make(number)
        with monkeypatch.context() as patch:
            fate = Fate(patch, "file", number, "after")
            with suppress(Died):
                task.start()
        result = task.run()
        assert dxgl.spent == 0
        assert len(result["files"]) == 2
        if fate.left > 0:
            break
    assert number > 4
