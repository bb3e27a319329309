from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from airflow_provider_render.vendors.dxgl.vendor import DxglVendor
from tests.operators.account import SETTINGS, Account
from tests.sandbox.shapes import glb


@pytest.fixture(autouse=True)
def prompt_vendor(monkeypatch):
    """A vendor that knows at once what it was sent; the real policy waits a minute to be sure."""
    monkeypatch.setattr(DxglVendor, "poll_policy", replace(DxglVendor.poll_policy, settling=0.5))


_accounts: pytest.StashKey[dict[str, Account]] = pytest.StashKey()


def _account(config: pytest.Config, conn_id: str, *flags: str) -> Account:
    """One sandbox of a kind for all test folders, started when it is first needed."""
    known = config.stash.setdefault(_accounts, {})
    if conn_id not in known:
        known[conn_id] = Account(conn_id, *flags)
        config.add_cleanup(known[conn_id].stop)
    return known[conn_id]


def _connected(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv(f"AIRFLOW_CONN_{account.conn_id.upper()}", account.connection())
    account.begin()
    return account


@pytest.fixture
def dxgl(pytestconfig, monkeypatch):
    """An account at a vendor that renders at once."""
    account = _connected(_account(pytestconfig, "dxgl_default", "--speed", "50"), monkeypatch)
    yield account
    account.faults()


@pytest.fixture
def idle(pytestconfig, monkeypatch):
    """An account at a vendor that takes orders and never gets round to them."""
    account = _connected(_account(pytestconfig, "dxgl_idle", "--speed", "0.0001"), monkeypatch)
    yield account
    account.faults()


@pytest.fixture
def rendered(dxgl, tmp_path) -> list[str]:
    """Paths of three models whose renders with ``SETTINGS`` are paid and finished at ``dxgl``."""
    if not dxgl.finished:
        dxgl.finished = {name: glb() for name in ("bench", "lamp", "vase")}
        made = [dxgl.upload(f"{name}.glb", data, **SETTINGS) for name, data in dxgl.finished.items()]
        assert {dxgl.wait(one["renderId"])["status"] for one in made} == {"done"}
        dxgl.begin()
    return [_written(tmp_path / "models" / f"{name}.glb", data) for name, data in dxgl.finished.items()]


def _written(path: Path, data: bytes) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return str(path)


@pytest.fixture
def task_is(monkeypatch):
    """Let Airflow say in which state the task is."""

    def say(state):
        def get_task_states(dag_id, map_index=None, task_ids=None, run_ids=None):
            return {run_ids[0]: {task_ids[0]: state}}

        monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(get_task_states))

    return say
