"""The hook for Threekit."""

from __future__ import annotations

from functools import cached_property
from os import PathLike
from typing import Any, TypeVar, cast
from uuid import UUID

from airflow_provider_render.core.calls import Answer, Call, Fetch, Operation
from airflow_provider_render.core.errors import ConnectionConfigError
from airflow_provider_render.core.resource import Async, Fetched, Sync
from airflow_provider_render.hooks.aio import AsyncVendorClient
from airflow_provider_render.hooks.base import RenderHook, raw_call
from airflow_provider_render.hooks.connection import VendorConnection
from airflow_provider_render.vendors.threekit import resources
from airflow_provider_render.vendors.threekit.paths import ASSUMED, WORDS
from airflow_provider_render.vendors.threekit.resources import ThreekitApi
from airflow_provider_render.vendors.threekit.vendor import ThreekitVendor

T = TypeVar("T")

YES = frozenset({"true", "1", "yes"})
NO = frozenset({"false", "0", "no", "none", ""})


class ThreekitHook(RenderHook):
    """Threekit: every endpoint of its REST API, typed, for tasks and, under ``aio``, for event loops.

    ::

        hook = ThreekitHook("threekit_default")
        job = hook.jobs.get(job_id)
        job = await hook.aio.jobs.get(job_id)

    Besides what :class:`~airflow_provider_render.hooks.base.RenderHook` says, the connection takes the extras
    ``org_id`` (needed), ``branch``, ``auth_in_query``, and corrections of what Threekit does not document:
    :data:`~airflow_provider_render.vendors.threekit.paths.ASSUMED` and
    :data:`~airflow_provider_render.vendors.threekit.paths.WORDS`. The host may be left empty, and may end in
    ``/api`` or not. Every call names the organisation by itself.

    :param render_conn_id: id of the Airflow connection.
    """

    default_conn_name = "threekit_default"
    conn_type = "threekit"
    hook_name = "Threekit"

    @classmethod
    def make_vendor(cls, connection: VendorConnection) -> ThreekitVendor:
        """Build the vendor.

        :raises ConnectionConfigError: there is no password or no organisation, or an extra makes no sense.
        """
        token = connection.token(ThreekitVendor.title, "a private token from the organisation's settings")
        return ThreekitVendor(
            connection.url or ThreekitVendor.default_base_url,
            token,
            _org_id(connection),
            branch=str(connection.extra.get("branch") or ""),
            token_in_query=_flag(connection, "auth_in_query"),
            paths=connection.texts(*ASSUMED, *WORDS),
        )

    @property
    def vendor(self) -> ThreekitVendor:
        """Threekit, with credentials.

        :raises ConnectionConfigError: the connection lacks something.
        """
        return cast(ThreekitVendor, super().vendor)

    def run(self, work: Call[T] | Operation[T], /) -> T:
        """Carry out a call or an operation, for the connection's organisation.

        :raises VendorError: it failed for good.
        """
        return super().run(self.vendor.org.work(work))

    def download(self, fetch: Fetch, to: str | PathLike[str], /) -> Fetched:
        """Download a file; it appears under its name only when it is whole.

        :raises VendorError: it failed for good.
        """
        return super().download(self.vendor.org.fetch(fetch), to)

    async def arequest(self, method: str, path: str, **options: Any) -> Answer:
        """Send a call that this package does not know, from an event loop."""
        answer: Answer = await _OrgDriver(self).run(raw_call(method, path, **options))
        return answer

    @cached_property
    def aio(self) -> ThreekitApi[Async]:
        """The same endpoints as coroutines."""
        return ThreekitApi(_OrgDriver(self))

    @cached_property
    def api(self) -> ThreekitApi[Sync]:
        """All endpoints."""
        return ThreekitApi(self)

    @property
    def files(self) -> resources.Files[Sync]:
        """Files on the CDN."""
        return self.api.files

    @property
    def pictures(self) -> resources.Pictures[Sync]:
        """Pictures and documents that are made on the spot, without a job."""
        return self.api.pictures

    @property
    def asset_jobs(self) -> resources.AssetJobs[Sync]:
        """Imports, exports and renders. Renders use the render hours of the organisation's plan."""
        return self.api.asset_jobs

    @property
    def jobs(self) -> resources.Jobs[Sync]:
        """Jobs, their tasks and their runs."""
        return self.api.jobs

    @property
    def layers(self) -> resources.Layers[Sync]:
        """Pictures and AR files that were made before."""
        return self.api.layers

    @property
    def assets(self) -> resources.Assets[Sync]:
        """Everything that an organisation has, by version 1 of the service."""
        return self.api.assets

    @property
    def items(self) -> resources.Items[Sync]:
        """Items, by version 2 of the assets service."""
        return self.api.items

    @property
    def catalog(self) -> resources.Catalog[Sync]:
        """The catalog: data of all items by query."""
        return self.api.catalog

    @property
    def products(self) -> resources.Products[Sync]:
        """Items in and out as JSON."""
        return self.api.products

    @property
    def configurations(self) -> resources.Configurations[Sync]:
        """Saved configurations."""
        return self.api.configurations

    @property
    def orders(self) -> resources.Orders[Sync]:
        """Orders."""
        return self.api.orders

    @property
    def customers(self) -> resources.Customers[Sync]:
        """Customers."""
        return self.api.customers

    @property
    def analytics(self) -> resources.Analytics[Sync]:
        """What visitors did."""
        return self.api.analytics

    @property
    def alpha(self) -> resources.Alpha[Sync]:
        """Services on hosts of their own, which may vanish."""
        return self.api.alpha

    @property
    def webhooks(self) -> resources.Webhooks[Sync]:
        """Where Threekit tells of events."""
        return self.api.webhooks

    @property
    def datatables(self) -> resources.Datatables[Sync]:
        """Tables of data."""
        return self.api.datatables

    @property
    def tags(self) -> resources.Tags[Sync]:
        """Tags."""
        return self.api.tags

    @property
    def contents(self) -> resources.Contents[Sync]:
        """Variants, translations, and what assets are made of."""
        return self.api.contents

    @property
    def apps(self) -> resources.Apps[Sync]:
        """Apps."""
        return self.api.apps

    @property
    def accounts(self) -> resources.Accounts[Sync]:
        """Tokens, users, organisations, and whether services are up."""
        return self.api.accounts


class _OrgDriver:
    """Carries out calls in an event loop, for the connection's organisation.

    :param hook: finds the connection.
    """

    def __init__(self, hook: ThreekitHook) -> None:
        self._hook = hook

    async def run(self, work: Call[Any] | Operation[Any], /) -> Any:
        """Carry out a call or an operation."""
        client, vendor = await self._client()
        return await client.run(vendor.org.work(work))

    async def download(self, fetch: Fetch, to: str | PathLike[str], /) -> Fetched:
        """Download a file."""
        client, vendor = await self._client()
        return await client.download(vendor.org.fetch(fetch), to)

    async def _client(self) -> tuple[AsyncVendorClient, ThreekitVendor]:
        client = await self._hook.async_driver()
        return client, cast(ThreekitVendor, client.vendor)


def _org_id(connection: VendorConnection) -> str:
    given = str(connection.extra.get("org_id") or "").strip()
    try:
        return str(UUID(given))
    except ValueError:
        problem = f"is {given!r}, which is no UUID" if given else "is missing"
        raise ConnectionConfigError(
            f"connection {connection.conn_id!r}: extra 'org_id' {problem}; it is the id of the organisation, "
            "as the address of Threekit's settings page shows it"
        ) from None


def _flag(connection: VendorConnection, name: str) -> bool:
    word = str(connection.extra.get(name) or "").strip().lower()
    if word not in YES | NO:
        raise ConnectionConfigError(
            f"connection {connection.conn_id!r}: extra {name!r} is 'true' or 'false', not {word!r}"
        )
    return word in YES
