"""The double of Threekit: its REST API with jobs, layers and really rendered pictures."""

from __future__ import annotations

from airflow_provider_render.sandbox.threekit.app import build

__all__ = ["build"]
