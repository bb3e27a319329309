"""The demo: a real Airflow beside a local render vendor, started, watched and ended as one."""

from __future__ import annotations
