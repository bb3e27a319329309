"""The hook for DXGL."""

from __future__ import annotations

from functools import cached_property

from airflow_provider_render.core.resource import Async, Sync
from airflow_provider_render.hooks.aio import LazyDriver
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.hooks.connection import VendorConnection
from airflow_provider_render.vendors.dxgl.paths import ASSUMED
from airflow_provider_render.vendors.dxgl.resources import Account, Assets, DxglApi, Models, Overlays, Renders
from airflow_provider_render.vendors.dxgl.vendor import DxglVendor


class DxglHook(RenderHook):
    """DXGL: every endpoint of its Public API, typed, for tasks and, under ``aio``, for event loops.

    ::

        hook = DxglHook("dxgl_default")
        render = hook.renders.get(render_id)
        render = await hook.aio.renders.get(render_id)

    Besides what :class:`~airflow_provider_render.hooks.base.RenderHook` says, the connection takes the
    extras ``quote_path`` and ``dataset_path`` for two paths that DXGL does not document. The host may be
    left empty, and may end in ``/v1`` or not.

    :param render_conn_id: id of the Airflow connection.
    """

    default_conn_name = "dxgl_default"
    conn_type = "dxgl"
    hook_name = "DXGL"

    @classmethod
    def make_vendor(cls, connection: VendorConnection) -> DxglVendor:
        """Build the vendor.

        :raises ConnectionConfigError: the connection has no password.
        """
        token = connection.token(DxglVendor.title, "the portal shows it once, under API")
        return DxglVendor(connection.url or DxglVendor.default_base_url, token, connection.texts(*ASSUMED))

    @cached_property
    def aio(self) -> DxglApi[Async]:
        """The same endpoints as coroutines."""
        return DxglApi(LazyDriver(self.async_driver))

    @cached_property
    def api(self) -> DxglApi[Sync]:
        """All endpoints."""
        return DxglApi(self)

    @property
    def models(self) -> Models[Sync]:
        """3D models."""
        return self.api.models

    @property
    def renders(self) -> Renders[Sync]:
        """Renders."""
        return self.api.renders

    @property
    def assets(self) -> Assets[Sync]:
        """Files of finished renders."""
        return self.api.assets

    @property
    def overlays(self) -> Overlays[Sync]:
        """Pictures to put behind or before renders."""
        return self.api.overlays

    @property
    def account(self) -> Account[Sync]:
        """The account and the service."""
        return self.api.account
