"""A look at a model before it is paid for, reading no more of it than that needs."""

from __future__ import annotations

from airflow_provider_render.catalog.preflight.check import check_model
from airflow_provider_render.catalog.preflight.info import ModelInfo

__all__ = ["ModelInfo", "check_model"]
