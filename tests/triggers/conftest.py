from __future__ import annotations

from tests.operators.conftest import dxgl, idle, rendered

__all__ = ["dxgl", "idle", "rendered"]
