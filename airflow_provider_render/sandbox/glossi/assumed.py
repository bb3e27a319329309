"""What no document of Glossi says and this double had to choose: all of it is **assumed**.

====================  ==================================================================================
documented            ``POST /models``, ``/models/{id}/confirm``, ``/models/status``, ``GET /templates``,
                      ``POST /projects``, ``/renders``, ``GET /renders/{id}``, ``POST /renders/{id}/retry``,
                      ``POST /jobs``, ``PUT`` and ``GET /webhooks``, with the fields of the examples
assumed               the paths below; ``DELETE /webhooks``; status codes; the error envelope; all fields of
                      pipelines; the webhook payload; that a render job costs one credit; ``url`` in renders
====================  ==================================================================================

A correction of one of them is a change of one line here.
"""

from __future__ import annotations

PREFIX = "/api/v1"

JOB = "/jobs/{job_id}"
JOB_CONFIRM = "/jobs/{job_id}/confirm"
PIPELINES = "/pipelines"
CONNECTORS = "/pipelines/connectors"
PIPELINE = "/pipelines/{pipeline_id}"
PIPELINE_JOBS = "/pipelines/{pipeline_id}/jobs"

CREATED = 201
DELETED = 204

# Statuses; the documents show PENDING, READY, QUEUED, RENDERING, COMPLETED and AWAITING_UPLOADS.
PENDING, PROCESSING, READY, FAILED = "PENDING", "PROCESSING", "READY", "FAILED"
QUEUED, RENDERING, COMPLETED = "QUEUED", "RENDERING", "COMPLETED"
AWAITING_UPLOADS = "AWAITING_UPLOADS"
INGESTING, EXPORTING = "INGESTING", "EXPORTING"
ACTIVE, PAUSED = "ACTIVE", "PAUSED"

RENDER_LINK = "url"
UPLOAD_LINK_SECONDS = 3600
RENDER_LINK_SECONDS = 3600
CREDITS_PER_RENDER_JOB = 1

MASK = "••••••••"


def error(code: str, message: str) -> dict[str, dict[str, str]]:
    """Shape of every error answer."""
    return {"error": {"code": code, "message": message}}


def payload(event: str, time: str, data: dict[str, object]) -> dict[str, object]:
    """Shape of every webhook."""
    return {"event": event, "timestamp": time, "data": data}
