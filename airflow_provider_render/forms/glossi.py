"""How Glossi shows in Airflow."""

from __future__ import annotations

from airflow_provider_render.forms.fields import form, integration, text

INTEGRATION = integration("Glossi", "https://docs.glossi.io")
FORM = form(
    "glossi",
    "hooks.glossi.GlossiHook",
    "Glossi",
    relabeling={"host": "API URL", "password": "API key"},
    placeholders={"host": "https://api.glossi.app", "password": "glsi_..."},
)
FIELDS = {
    "workflow": text("Workflow", "jobs uploads and renders by one call, partly assumed; renders if empty"),
    "download_base_url": text(
        "Download root", "Root of the storage of finished files, if Glossi tells only their keys"
    ),
    "ok_states": text(
        "Words for done", "Further words for a good end, separated by commas; COMPLETE if empty"
    ),
    "failed_states": text(
        "Words for failed", "Words for a bad end; FAILED, ERROR, CANCELLED, CANCELED if empty"
    ),
    "paused_states": text(
        "Words for paused", "Words for a pipeline that has stopped; PAUSED, ERROR if empty"
    ),
    "pause_word": text("Word that pauses", "What pauses a pipeline; PAUSED if empty"),
    "resume_word": text("Word that resumes", "What resumes a pipeline; ACTIVE if empty"),
    "media_types": text(
        "Upload types", "Content types of uploads by extension, such as fbx=model/fbx, obj=text/plain"
    ),
    "job_path": text("Job path", "Path of a one-call job; /api/v1/jobs/{id} if empty"),
    "confirm_job_path": text(
        "Job confirm path", "Path that starts a one-call job; /api/v1/jobs/{id}/confirm if empty"
    ),
    "delete_webhook_path": text(
        "Webhook delete path", "Path of the webhook's deletion; /api/v1/webhooks if empty"
    ),
    "pipelines_path": text("Pipelines path", "Path of all pipelines; /api/v1/pipelines if empty"),
    "pipeline_path": text("Pipeline path", "Path of a pipeline; /api/v1/pipelines/{id} if empty"),
    "pipeline_jobs_path": text(
        "Pipeline jobs path", "Path of a pipeline's files; /api/v1/pipelines/{id}/jobs if empty"
    ),
    "connectors_path": text("Connectors path", "Path of the storages; /api/v1/pipelines/connectors if empty"),
}
MODULES = {
    "hooks": ["hooks.glossi"],
    "operators": ["operators.glossi", "operators.glossi_pipelines"],
    "sensors": ["sensors.glossi"],
    "triggers": ["triggers.glossi"],
}
