"""Threekit, which renders configurations of 3D products in stages and keeps the pictures as layers."""

from __future__ import annotations
