"""Render vendors: one folder each, pure descriptions without I/O, Airflow or httpx."""

from __future__ import annotations
