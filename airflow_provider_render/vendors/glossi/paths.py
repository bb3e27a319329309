"""What Glossi's documents leave open: paths, words and fields, each to be corrected in one place."""

from __future__ import annotations

from collections.abc import Mapping

API = "/api/v1"
"""Where all calls are; documented."""

ASSUMED: Mapping[str, str] = {
    "job_path": f"{API}/jobs/{{id}}",
    "confirm_job_path": f"{API}/jobs/{{id}}/confirm",
    "delete_webhook_path": f"{API}/webhooks",
    "pipelines_path": f"{API}/pipelines",
    "pipeline_path": f"{API}/pipelines/{{id}}",
    "pipeline_jobs_path": f"{API}/pipelines/{{id}}/jobs",
    "connectors_path": f"{API}/pipelines/connectors",
}
"""Paths that no document names. Each can be corrected by an extra of the connection with the same key."""

ASSUMED_WORDS: Mapping[str, str] = {
    "ok_states": "COMPLETE",
    "failed_states": "FAILED, ERROR, CANCELLED, CANCELED",
    "paused_states": "PAUSED, ERROR",
    "pause_word": "PAUSED",
    "resume_word": "ACTIVE",
    "media_types": "gltf=model/gltf+json, usdz=model/vnd.usdz+zip",
}
"""Words that no document names, separated by commas. Each can be replaced by an extra of the connection
with the same key; upper and lower case are the same.

``ok_states`` and ``failed_states`` are further words for what has ended; ``paused_states`` are those of a
pipeline that has stopped looking for files; ``pause_word`` and ``resume_word`` are what a pipeline's
status is set to; ``media_types`` are the content types of uploads, by extension, where they are not
``application/octet-stream``.
"""

PORTAL = "https://glossi.io"
"""A page for people; the address of the dashboard is not documented."""
