"""The hook for Glossi."""

from __future__ import annotations

from functools import cached_property
from typing import cast, get_args

from airflow_provider_render.core.errors import ConnectionConfigError
from airflow_provider_render.core.resource import Async, Sync
from airflow_provider_render.hooks.aio import LazyDriver
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.hooks.connection import VendorConnection
from airflow_provider_render.vendors.glossi.paths import ASSUMED, ASSUMED_WORDS
from airflow_provider_render.vendors.glossi.resources import (
    GlossiApi,
    Jobs,
    Models,
    Pipelines,
    Projects,
    Renders,
    Templates,
    Webhooks,
)
from airflow_provider_render.vendors.glossi.vendor import GlossiVendor, Workflow
from airflow_provider_render.vendors.glossi.words import Words


class GlossiHook(RenderHook):
    """Glossi: every endpoint of its API and of its pipelines, typed, for tasks and, under ``aio``, for
    event loops.

    ::

        hook = GlossiHook("glossi_default")
        templates = hook.templates.list()
        render = await hook.aio.renders.get(job_id)

    Besides what :class:`~airflow_provider_render.hooks.base.RenderHook` says, the connection takes the
    extras ``workflow`` (``renders`` or ``jobs``), ``download_base_url``, and one for each path and word
    that Glossi does not document; see :mod:`airflow_provider_render.vendors.glossi.paths`. The host may be
    left empty, and may end in ``/api/v1`` or not.

    :param render_conn_id: id of the Airflow connection.
    """

    default_conn_name = "glossi_default"
    conn_type = "glossi"
    hook_name = "Glossi"

    @classmethod
    def make_vendor(cls, connection: VendorConnection) -> GlossiVendor:
        """Build the vendor.

        :raises ConnectionConfigError: the connection has no password, or an unknown workflow.
        """
        extras = connection.texts("workflow", "download_base_url")
        return GlossiVendor(
            connection.url or GlossiVendor.default_base_url,
            connection.token(GlossiVendor.title, "the dashboard makes API keys"),
            connection.texts(*ASSUMED),
            workflow=_workflow(connection.conn_id, extras.get("workflow", "renders")),
            download_base_url=_root(connection.conn_id, extras.get("download_base_url")),
            words=Words.read(connection.texts(*ASSUMED_WORDS)),
        )

    @property
    def vendor(self) -> GlossiVendor:
        """Glossi, with credentials.

        :raises ConnectionConfigError: the connection lacks something.
        """
        return cast(GlossiVendor, super().vendor)

    @cached_property
    def aio(self) -> GlossiApi[Async]:
        """The same endpoints as coroutines."""
        return GlossiApi(LazyDriver(self.async_driver))

    @cached_property
    def api(self) -> GlossiApi[Sync]:
        """All endpoints."""
        return GlossiApi(self)

    @property
    def models(self) -> Models[Sync]:
        """3D models."""
        return self.api.models

    @property
    def templates(self) -> Templates[Sync]:
        """Scenes that models are put into."""
        return self.api.templates

    @property
    def projects(self) -> Projects[Sync]:
        """Models in a template."""
        return self.api.projects

    @property
    def renders(self) -> Renders[Sync]:
        """Render jobs of projects."""
        return self.api.renders

    @property
    def jobs(self) -> Jobs[Sync]:
        """Jobs of the one-call workflow."""
        return self.api.jobs

    @property
    def webhooks(self) -> Webhooks[Sync]:
        """The workspace's only webhook."""
        return self.api.webhooks

    @property
    def pipelines(self) -> Pipelines[Sync]:
        """Pipelines from folder to folder."""
        return self.api.pipelines


def _workflow(conn_id: str, text: str) -> Workflow:
    word = text.strip().lower()
    if word not in get_args(Workflow):
        known = " or ".join(get_args(Workflow))
        raise ConnectionConfigError(f"connection {conn_id!r}: extra 'workflow' is {known}, not {text!r}")
    return cast(Workflow, word)


def _root(conn_id: str, text: str | None) -> str | None:
    if text and not text.strip().lower().startswith(("https://", "http://")):
        raise ConnectionConfigError(
            f"connection {conn_id!r}: extra 'download_base_url' is no URL such as https://..."
        )
    return text.strip() if text else None
