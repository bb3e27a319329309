"""Waiting for renders without holding a worker."""

from __future__ import annotations
