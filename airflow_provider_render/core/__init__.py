"""The neutral words and rules of product rendering: pure, without I/O, clock or Airflow."""

from __future__ import annotations
