"""Operators for every render vendor; the connection's type says which one."""

from __future__ import annotations
