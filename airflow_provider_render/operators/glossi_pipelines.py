"""Glossi's pipelines, from one folder to another: make, pause and resume them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_render.catalog.clock import utcnow
from airflow_provider_render.catalog.inquiry import LONG_AGO, LOOK_AGAIN
from airflow_provider_render.core.errors import ConnectionConfigError, VendorError
from airflow_provider_render.operators.base import recall, remember
from airflow_provider_render.operators.glossi import GlossiOperator
from airflow_provider_render.operators.parameters import read_id, read_settings
from airflow_provider_render.vendors.glossi.pipeline_answers import Pipeline
from airflow_provider_render.vendors.glossi.pipeline_body import GoogleDrive, pipeline_body

if TYPE_CHECKING:
    from airflow.sdk import Context

PIPELINE = "glossi.pipeline"
"""Key of what a task notes before it makes a pipeline."""


class GlossiCreatePipelineOperator(GlossiOperator):
    """Make a pipeline from one Google Drive folder to another, unless one with its name is there.

    A pipeline renders what is in its folder, which may be charged. It is found by its name; one that is there
    is returned as it is and not changed. What is about to be made is written down first: after a try that was
    cut off, Glossi's list is read until the pipeline can no longer turn up, and only then another one is
    made. OneDrive needs a person to sign in: make such a pipeline in the dashboard, and this finds it by its
    name. Follows *Pipelines*; paths and body are assumed.

    Returns the pipeline's id.

    :param pipeline_name: name for people; unique in the workspace.
    :param settings: render settings with ``templateId``.
    :param source_folder: id of the folder with the models, shared with the service account as Editor.
    :param output_folder: id of the folder for the renders, on a Shared Drive.
    :param google_conn_id: connection with the service account: type Google Cloud with its key as
        ``keyfile_dict``, or any with its address as login and its private key as password.
    :param options: ``pollIntervalMinutes``, ``processExistingFiles``, ``reprocessOnModified``,
        ``batchSize``, ``maxRetries``; Glossi's defaults where not given.
    :param overrides: keys of the body that are sent instead, should Glossi want others.
    """

    template_fields: Sequence[str] = (
        *GlossiOperator.template_fields,
        "pipeline_name",
        "settings",
        "source_folder",
        "output_folder",
        "google_conn_id",
    )
    template_fields_renderers = {"settings": "json"}

    def __init__(
        self,
        *,
        pipeline_name: str,
        settings: Mapping[str, Any],
        source_folder: str,
        output_folder: str,
        google_conn_id: str = "google_cloud_default",
        options: Mapping[str, Any] | None = None,
        overrides: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pipeline_name = pipeline_name
        self.settings = settings
        self.source_folder = source_folder
        self.output_folder = output_folder
        self.google_conn_id = google_conn_id
        self.options = options
        self.overrides = overrides

    def execute(self, context: Context) -> str:
        """Find or make the pipeline."""
        self.pipeline_name = read_id("pipeline_name", self.pipeline_name, "the pipeline's name")
        settings = self.glossi.vendor.settings(read_settings(self.settings))
        if found := self.glossi.pipelines.find(self.pipeline_name) or self._settled(context):
            self.log.info("pipeline %s is there already: %s", found.id, found.status)
            return found.id
        pipeline = self._made(context, self._body(settings))
        self.log.info("made pipeline %s", pipeline.id)
        return pipeline.id

    def _body(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        email, key = service_account(self.google_conn_id)
        source = GoogleDrive(read_id("source_folder", self.source_folder, "a folder's id"), email, key)
        output = GoogleDrive(read_id("output_folder", self.output_folder, "a folder's id"), email, key)
        return pipeline_body(self.pipeline_name, source, output, settings, self.options, self.overrides)

    def _made(self, context: Context, body: Mapping[str, Any]) -> Pipeline:
        remember(context, PIPELINE, {"name": self.pipeline_name, "at": utcnow()})
        try:
            made = self.glossi.pipelines.create(body)
        except VendorError as error:
            if error.happened is False:
                context["task_state_store"].delete(PIPELINE)
            raise
        context["task_state_store"].delete(PIPELINE)
        return made

    def _settled(self, context: Context) -> Pipeline | None:
        """Look again for a pipeline whose making was cut off, until it can no longer turn up."""
        noted = recall(context, PIPELINE)
        if noted.get("name") != self.pipeline_name:
            return None
        settling = self.glossi.vendor.poll_policy.settling
        # The request may have been sent long after the note, so the time counts from the first look.
        fresh = time.time() - datetime.fromisoformat(noted["at"]).timestamp() < LONG_AGO * settling
        until = time.monotonic() + settling if fresh else 0.0
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_AGAIN))
            if found := self.glossi.pipelines.find(self.pipeline_name):
                return found
        return None


class GlossiPausePipelineOperator(GlossiOperator):
    """Stop a pipeline from looking for files; files that are under way may go on. Costs nothing.

    :param pipeline_id: the pipeline.
    """

    template_fields: Sequence[str] = (*GlossiOperator.template_fields, "pipeline_id")

    def __init__(self, *, pipeline_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pipeline_id = pipeline_id

    def execute(self, context: Context) -> str:
        """Pause it, and return its id."""
        pipeline_id = read_id("pipeline_id", self.pipeline_id)
        self.glossi.pipelines.pause(pipeline_id, self.glossi.vendor.words.pause)
        return pipeline_id


class GlossiResumePipelineOperator(GlossiOperator):
    """Let a pipeline look for files again, and forget its errors; what it then renders may be charged.

    :param pipeline_id: the pipeline.
    """

    template_fields: Sequence[str] = (*GlossiOperator.template_fields, "pipeline_id")

    def __init__(self, *, pipeline_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pipeline_id = pipeline_id

    def execute(self, context: Context) -> str:
        """Resume it, and return its id."""
        pipeline_id = read_id("pipeline_id", self.pipeline_id)
        self.glossi.pipelines.resume(pipeline_id, self.glossi.vendor.words.resume)
        return pipeline_id


def service_account(conn_id: str) -> tuple[str, str]:
    """Return address and private key of a Google service account, and hide the key from logs.

    :param conn_id: connection with ``keyfile_dict``, or with login and password.
    :raises ConnectionConfigError: it holds neither.
    """
    from airflow.sdk import BaseHook
    from airflow.sdk.log import mask_secret

    connection = BaseHook.get_connection(conn_id)
    email, key = _keyfile(conn_id, connection.extra_dejson) or (connection.login, connection.password)
    if not email or not key:
        raise ConnectionConfigError(
            f"connection {conn_id!r}: the service account's key is missing: put its JSON into keyfile_dict,"
            " or its client_email into the login and its private_key into the password"
        )
    key = key.replace("\\n", "\n")
    mask_secret(key)
    return email, key


def _keyfile(conn_id: str, extra: Mapping[str, Any]) -> tuple[str, str] | None:
    said = extra.get("keyfile_dict") or extra.get("extra__google_cloud_platform__keyfile_dict")
    if not said:
        return None
    try:
        account = json.loads(said) if isinstance(said, str) else said
        return str(account["client_email"]), str(account["private_key"])
    except (ValueError, LookupError, TypeError):
        raise ConnectionConfigError(
            f"connection {conn_id!r}: keyfile_dict is not a service account's key with client_email and"
            " private_key"
        ) from None
