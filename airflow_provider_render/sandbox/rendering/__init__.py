"""Renders one 3D model into stills, videos, datasets and archives, on the CPU, in a child process.

The job format is described at the top of :mod:`.spec`; ``python -m airflow_provider_render.sandbox.rendering
SPEC.json`` runs it, and ``... --to-glb SOURCE TARGET`` converts a model to GLB (:func:`.convert.to_glb`).
"""

from __future__ import annotations
