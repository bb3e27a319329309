"""DXGL, which makes turntable videos, posters and training datasets from 3D models."""

from __future__ import annotations
