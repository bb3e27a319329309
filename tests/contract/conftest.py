from __future__ import annotations

import pytest

from tests.contract.accounts import Account, Sandbox
from tests.contract.vendors import VENDORS


@pytest.fixture(scope="session")
def sandbox():
    """A sandbox with all vendors."""
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture(params=VENDORS)
def account(request, sandbox, monkeypatch):
    """An account at each vendor in turn, and the Airflow connection to it."""
    account = Account(sandbox, request.param)
    monkeypatch.setenv(f"AIRFLOW_CONN_{account.conn_id.upper()}", account.connection())
    return account
