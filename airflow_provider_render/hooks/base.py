"""The hook that neutral operators talk to, whichever vendor stands behind the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import cached_property
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from airflow.sdk import BaseHook

from airflow_provider_render.core.calls import Answer, Call, Effect, Fetch, Operation
from airflow_provider_render.core.errors import ConnectionConfigError
from airflow_provider_render.core.resource import Fetched
from airflow_provider_render.core.vendor import RenderVendor
from airflow_provider_render.hooks.aio import AsyncVendorClient, shared_client
from airflow_provider_render.hooks.binding import Binding, calling, naming
from airflow_provider_render.hooks.connection import AirflowConnection, VendorConnection, read
from airflow_provider_render.http.steps import Tally

if TYPE_CHECKING:
    from airflow_provider_render.http.sync import SyncDriver

T = TypeVar("T")

BUILT_IN: Mapping[str, str] = {
    "dxgl": "airflow_provider_render.hooks.dxgl.DxglHook",
    "glossi": "airflow_provider_render.hooks.glossi.GlossiHook",
    "imagine": "airflow_provider_render.hooks.imagine.ImagineHook",
    "threekit": "airflow_provider_render.hooks.threekit.ThreekitHook",
}
"""Hook class by connection type of this package; those of others come from Airflow's provider registry."""

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


class RenderHook(BaseHook):
    """Base of the hooks of all render vendors.

    A vendor's hook sets the class attributes of an Airflow hook and says how to make the vendor. Another
    package adds a vendor by deriving from this class and naming it in its provider's ``connection-types``.

    The connection: host (URL, or host name with ``https`` or the schema before it), port, password (the
    token), and the extras ``timeout`` (seconds), ``verify``, ``proxy``, ``max_concurrency``,
    ``rate_limit`` (calls a second) and ``retries``, numbers also as text. ``poll_first``, ``poll_start``
    and ``poll_cap`` (seconds) change how often renders are looked at. Other extras are ignored.

    The stock ``HttpSensor`` can use the same connection where the host is a full URL, the login is empty,
    ``timeout`` is a number, and every other extra is text: Airflow's HTTP hook sends extras as headers, so
    they must hold no secrets either. Of the proxy extras it understands ``proxies`` only.

    :param render_conn_id: id of the Airflow connection; the default of the hook without it.
    """

    conn_name_attr = "render_conn_id"
    default_conn_name: ClassVar[str] = "render_default"
    conn_type: ClassVar[str]
    hook_name: ClassVar[str]

    def __init__(self, render_conn_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.render_conn_id = render_conn_id or self.default_conn_name
        self._own_driver: SyncDriver | None = None
        self._tally = Tally()

    @classmethod
    def make_vendor(cls, connection: VendorConnection) -> RenderVendor:
        """Build the vendor; no I/O. Every vendor's hook defines it.

        :raises ConnectionConfigError: the connection lacks something.
        """
        raise NotImplementedError(f"{cls.__name__} does not say how to make its vendor")

    @classmethod
    def for_connection(cls, render_conn_id: str) -> RenderHook:
        """Return the hook that belongs to the type of a connection.

        :raises ConnectionConfigError: the type is not a render vendor's.
        """
        connection = cls.get_connection(render_conn_id)
        hook = _hook_for(connection)
        hook._take(connection)
        return hook

    @classmethod
    async def afor_connection(cls, render_conn_id: str) -> RenderHook:
        """Do :meth:`for_connection` from an event loop."""
        return await _ahook_for(await cls.aget_connection(render_conn_id))

    @classmethod
    async def adriver_for(cls, render_conn_id: str) -> AsyncVendorClient:
        """Return the vendor behind a connection for the running event loop, looked up at most every 5 min.

        :raises ConnectionConfigError: the type is not a render vendor's.
        """

        async def bind() -> Binding:
            connection = await cls.aget_connection(render_conn_id)
            hook = await _ahook_for(connection)
            return await hook._abind(connection)

        return await shared_client((RenderHook, render_conn_id), bind)

    async def async_driver(self) -> AsyncVendorClient:
        """Return the vendor of this hook for the running event loop, looked up at most every 5 minutes."""

        async def bind() -> Binding:
            return await self._abind(await self.aget_connection(self.render_conn_id))

        return await shared_client((type(self), self.render_conn_id), bind)

    @property
    def vendor(self) -> RenderVendor:
        """The vendor, with credentials.

        :raises ConnectionConfigError: the connection lacks something.
        """
        return self._binding.vendor

    def get_conn(self) -> SyncDriver:
        """Return the driver that carries out calls; it is shared by the process, so do not close it."""
        driver = self._own_driver or self._shared_driver()
        self._tally.add(driver.terms.meter)
        return driver

    @contextmanager
    def apart(self) -> Iterator[Self]:
        """Lend a hook of the same connection with a driver of its own, which is closed at the end.

        For ``on_kill``: the signal stops the worker amid a call, and another call by the shared driver could
        wait for ever for what the stopped one holds. The hook that is lent shares no lock with this one, no
        place among its calls, and no rate. It may be lent to another thread. What its calls cost is counted
        by both.

        ::

            with hook.apart() as apart:
                apart.run(apart.vendor.cancel(job))

        :raises ConnectionConfigError: the connection lacks something.
        """
        from airflow_provider_render.http.sync import SyncDriver

        binding = self._binding
        lent = type(self)(self.render_conn_id)
        lent.__dict__["_binding"] = binding
        with SyncDriver(binding.vendor, binding.connection.options) as lent._own_driver:
            self._tally.add(lent._own_driver.terms.meter)
            yield lent

    @property
    def metered(self) -> Decimal:
        """Credits that calls of this process have cost so far, beside the renders in them."""
        self.get_conn()
        return self._tally.credits

    def run(self, work: Call[T] | Operation[T], /) -> T:
        """Carry out a call or an operation.

        :raises VendorError: it failed for good. After an AuthError the next call reads the connection anew.
        """
        with calling(self.render_conn_id, self._forget):
            return self.get_conn().run(work)

    def download(self, fetch: Fetch, to: str | PathLike[str], /) -> Fetched:
        """Download a file; it appears under its name only when it is whole.

        :raises VendorError: it failed for good.
        """
        with calling(self.render_conn_id, self._forget):
            return self.get_conn().download(fetch, to)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | None] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        effect: Effect | None = None,
    ) -> Answer:
        """Send a call that this package does not know, with the connection's credentials.

        :param path: path below the connection's host, such as ``/v1/news``.
        :param query: query parameters; None values are left out.
        :param json: JSON body.
        :param headers: further headers.
        :param effect: what a second sending would do; POST and PATCH are not repeated without it.
        :returns: the answer; ``.json()`` gives its body.
        :raises VendorError: it failed for good.
        """
        return self.run(raw_call(method, path, query=query, json=json, headers=headers, effect=effect))

    async def arequest(self, method: str, path: str, **options: Any) -> Answer:
        """Do :meth:`request` from an event loop, with the same options."""
        return await (await self.async_driver()).run(raw_call(method, path, **options))

    def test_connection(self) -> tuple[bool, str]:
        """Look at the account; this is the *Test* button of the connection form.

        It costs nothing, except at vendors that charge for every call; the answer says so. It does not name
        the connection: Airflow tests a copy, whose id is made up.
        """
        try:
            account = self.run(self.vendor.account())
        except Exception as error:  # noqa: BLE001 - Airflow shows the text to the user
            return False, str(error).removeprefix(naming(self.render_conn_id))
        has = "" if account.credits is None else f" has {account.credits} credits"
        price = self.vendor.capabilities.call_price
        cost = f"; this test cost {price} of them" if price else ""
        return True, f"{self.vendor.title} account {account.id}{has}{cost}"

    @cached_property
    def _binding(self) -> Binding:
        return self._bind(self.get_connection(self.render_conn_id))

    def _take(self, connection: AirflowConnection) -> None:
        self.__dict__["_binding"] = self._bind(connection)

    def _bind(self, connection: AirflowConnection) -> Binding:
        from airflow.sdk.log import mask_secret

        binding = self._bound(connection)
        for secret in binding.secrets:
            mask_secret(secret)
        return binding

    async def _abind(self, connection: AirflowConnection) -> Binding:
        from airflow.sdk.log import amask_secret

        binding = self._bound(connection)
        for secret in binding.secrets:
            await amask_secret(secret)
        return binding

    def _bound(self, connection: AirflowConnection) -> Binding:
        found = read(connection)
        if found.conn_type and found.conn_type != self.conn_type:
            raise ConnectionConfigError(
                f"connection {found.conn_id!r} is of type {found.conn_type!r}, "
                f"{type(self).__name__} needs {self.conn_type!r}"
            )
        vendor = self.make_vendor(found)
        vendor.poll_policy = vendor.poll_policy.override(found.poll)
        return Binding(vendor, found)

    def _shared_driver(self) -> SyncDriver:
        from airflow_provider_render.http.registry import sync_driver

        binding = self._binding
        return sync_driver(binding.key, lambda: binding.vendor, binding.connection.options)

    def _forget(self) -> None:
        """Have the next call read the connection anew; any thread may, at any moment."""
        from airflow_provider_render.http.registry import forget

        binding = None if self._own_driver else self.__dict__.pop("_binding", None)
        if binding:
            forget(binding.key)


def raw_call(
    method: str,
    path: str,
    *,
    query: Mapping[str, str | int | None] | None = None,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    effect: Effect | None = None,
) -> Call[Answer]:
    """Describe a call that no endpoint of this package describes; see :meth:`RenderHook.request`."""
    method = method.upper()
    usual = Effect.REPEATABLE if method in REPEATABLE else Effect.ONCE
    return Call(
        method,
        path,
        lambda answer: answer,
        effect or usual,
        query=query or {},
        json=json,
        headers=headers or {},
    )


def _hook_for(connection: Any) -> RenderHook:
    """Make the hook of a connection's type; only types of other packages start Airflow's registry."""
    from airflow.sdk.exceptions import AirflowException

    if path := BUILT_IN.get(connection.conn_type):
        module, _, name = path.rpartition(".")
        hook: RenderHook = getattr(import_module(module), name)(connection.conn_id)
        return hook
    try:
        other = connection.get_hook()
    except AirflowException:
        other = None
    if not isinstance(other, RenderHook):
        raise ConnectionConfigError(
            f"connection {connection.conn_id!r} is of type {connection.conn_type!r}, which is no render "
            f"vendor: use {', '.join(sorted(BUILT_IN))}, or a type whose provider derives its hook from "
            "RenderHook"
        )
    return other


async def _ahook_for(connection: Any) -> RenderHook:
    """Do :func:`_hook_for`, with the imports of hook and driver away from the event loop: they take 0.2 s."""
    await asyncio.to_thread(import_module, "airflow_provider_render.http.registry")
    return await asyncio.to_thread(_hook_for, connection)
