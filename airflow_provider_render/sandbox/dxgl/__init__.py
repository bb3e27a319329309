"""The double of DXGL (DX.GL), after its public API document."""

from __future__ import annotations

from airflow_provider_render.sandbox.dxgl.app import build

__all__ = ["build"]
