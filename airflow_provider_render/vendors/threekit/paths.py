"""What no document of Threekit confirms: paths of calls, and a few names and words."""

from __future__ import annotations

from collections.abc import Mapping

ASSUMED: Mapping[str, str] = {
    "vray_path": "/api/asset-jobs/{id}/render/vray/image",
    "downloads_path": "/api/asset-jobs/downloads",
    "job_change_path": "/api/jobs/{id}",
    "catalog_import_path": "/api/catalog/import",
    "products_export_path": "/api/products/export/{format}",
    "layer_create_path": "/api/layers",
    "customer_create_path": "/api/customers",
    "customer_path": "/api/customers/{id}",
    "glb_export_url": "https://glb-service.alpha.3kit.com/api/glb/export",
    "glb_optimize_url": "https://glb-service.alpha.3kit.com/api/glb/optimize",
    "exporter_url": "https://exporter.alpha.3kit.com/api/exporter/export",
    "analytics_url": "https://analytics.alpha.3kit.com/api/analytics/report-event",
}
"""Paths that no page shows, and the alpha services, which the vendor may move. Each can be corrected by an
extra of the connection with the same key.
"""

WORDS: Mapping[str, str] = {
    "running_word": "running",
    "active_word": "active",
    "job_title_field": "title",
    "output_format_field": "format",
}
"""The status of a job that is worked on; the state of its scheduler while it is not paused; the field in
which a job shows the ``jobName`` of its renders; the field of ``settings.output`` that asks for a format.
Each can be corrected by an extra of the connection with the same key.
"""
