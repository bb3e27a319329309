"""From an Airflow connection to a vendor that can be called."""

from __future__ import annotations
