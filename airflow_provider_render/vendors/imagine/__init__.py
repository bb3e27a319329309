"""Imagine.io: content and scene images of products that are kept by their SKU."""

from __future__ import annotations
