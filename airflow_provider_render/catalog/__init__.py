"""A catalog kept equal to its renders: what is wanted, what is there, and how the one becomes the other."""

from __future__ import annotations
