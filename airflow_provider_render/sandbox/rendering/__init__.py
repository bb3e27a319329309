"""Renders 3D models into stills, videos, datasets and archives, on the CPU, in a child process.

The job format is described at the top of :mod:`.spec`; ``python -m airflow_provider_render.sandbox.rendering
SPEC.json`` runs it, and ``... --to-glb SOURCE TARGET`` converts a model to GLB (:func:`.convert.to_glb`).
:func:`variants`, :func:`materials` and :func:`nodes` list what a model offers by name, without a child
process.
"""

from __future__ import annotations

from .listing import materials, nodes, variants

__all__ = ["materials", "nodes", "variants"]
