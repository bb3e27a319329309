"""The connection forms of the vendors, for :mod:`airflow_provider_render.provider_info`."""

from __future__ import annotations
