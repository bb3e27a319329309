"""Sensors for every render vendor."""

from __future__ import annotations
