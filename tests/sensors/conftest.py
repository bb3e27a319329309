from __future__ import annotations

from tests.operators.conftest import dxgl, idle, prompt_vendor, rendered, task_is

__all__ = ["dxgl", "idle", "prompt_vendor", "rendered", "task_is"]
