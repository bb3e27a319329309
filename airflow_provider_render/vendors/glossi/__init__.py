"""Glossi: renders from templates, and pipelines from folder to folder."""

from __future__ import annotations
