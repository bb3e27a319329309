"""A render vendor that another package brings."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from airflow.sdk.providers_manager_runtime import HookInfo, ProvidersManagerTaskRuntime

from airflow_provider_render.hooks.base import RenderHook


def register(monkeypatch: pytest.MonkeyPatch, hook: type[RenderHook]) -> None:
    """Register a hook with Airflow, as the provider of its package would."""
    kind, name = hook.conn_type, hook.__name__
    module = ModuleType(f"{kind}_hooks")
    setattr(module, name, hook)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    info = HookInfo(f"{module.__name__}.{name}", "render_conn_id", kind, hook.hook_name, kind, True)
    monkeypatch.setitem(ProvidersManagerTaskRuntime().hooks, kind, info)
