from __future__ import annotations

import logging

import pytest

from tests.faults.leaks import Said
from tests.http.conftest import client, driver_kind, elsewhere, server

__all__ = ["client", "driver_kind", "elsewhere", "server"]


@pytest.fixture
def said(caplog):
    """All that is logged from here on; ``said.nothing_of(secret, error)`` looks through it."""
    caplog.set_level(logging.DEBUG)
    return Said(caplog)
