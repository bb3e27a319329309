"""The file storages that pipelines connect to."""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_render.sandbox.glossi import assumed
from airflow_provider_render.sandbox.glossi.errors import ApiError
from airflow_provider_render.sandbox.glossi.fields import text

AVAILABLE, ANNOUNCED = "available", "coming_soon"
GOOGLE_DRIVE, ONEDRIVE = "googledrive", "onedrive"
FIELDS: dict[str, tuple[str, ...]] = {
    ONEDRIVE: ("refreshToken", "driveId", "folderId"),
    GOOGLE_DRIVE: ("clientEmail", "privateKey", "folderId"),
}
NAMES = {
    ONEDRIVE: ("Microsoft OneDrive (personal and business accounts)", AVAILABLE),
    GOOGLE_DRIVE: ("Google Drive (output requires Shared Drive / Google Workspace)", AVAILABLE),
    "dropbox": ("Dropbox", ANNOUNCED),
    "s3": ("Amazon S3 / compatible", ANNOUNCED),
}
FOLDER_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)

Connector = dict[str, Any]


def listed() -> list[dict[str, Any]]:
    """List the connectors as ``GET /pipelines/connectors`` shows them."""
    return [
        {"type": kind, "name": name, "status": status, "configFields": list(FIELDS.get(kind, ()))}
        for kind, (name, status) in NAMES.items()
    ]


def check(body: dict[str, Any], field: str) -> Connector:
    """
    Read a connector of a pipeline. Its secrets are looked at and forgotten: nothing here needs them.

    :param field: ``sourceConnector`` or ``outputConnector``.
    :raises ApiError: ``INVALID_REQUEST``, ``CONNECTOR_UNAVAILABLE`` or ``SIGN_IN_REQUIRED``.
    """
    sent = body.get(field)
    if not isinstance(sent, dict):
        raise ApiError("INVALID_REQUEST", f"{field} must be an object with type and config")
    kind = sent.get("type")
    if kind not in NAMES:
        raise ApiError("INVALID_REQUEST", f"{field}.type must be one of {', '.join(NAMES)}")
    if kind not in FIELDS:
        raise ApiError("CONNECTOR_UNAVAILABLE", f"The {kind} connector is not available yet")
    if kind == ONEDRIVE:
        raise ApiError("SIGN_IN_REQUIRED")
    config = sent.get("config")
    return {"type": kind, "config": _google(config if isinstance(config, dict) else {}, field)}


def shown(connector: Connector) -> Connector:
    """Return a connector with its secrets masked."""
    return {**connector, "config": {**connector["config"], "privateKey": assumed.MASK}}


def _google(config: dict[str, Any], field: str) -> dict[str, str]:
    email, key, folder = (_text(config, name, field) for name in FIELDS[GOOGLE_DRIVE])
    if "@" not in email:
        raise ApiError("INVALID_REQUEST", f"{field}.config.clientEmail is not an email address")
    if not PRIVATE_KEY.search(key):
        raise ApiError("INVALID_REQUEST", f"{field}.config.privateKey must have its BEGIN and END lines")
    if not FOLDER_ID.fullmatch(folder):
        raise ApiError("INVALID_REQUEST", f"{field}.config.folderId is not the id of a folder")
    return {"clientEmail": email, "folderId": folder}


def _text(config: dict[str, Any], name: str, field: str) -> str:
    try:
        return text(config, name)
    except ApiError as error:
        raise ApiError("INVALID_REQUEST", f"{field}.config.{name} is required") from error
