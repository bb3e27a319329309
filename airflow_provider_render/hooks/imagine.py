"""The hook for Imagine.io."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

from airflow_provider_render.core.errors import ConnectionConfigError
from airflow_provider_render.core.resource import Async, Sync
from airflow_provider_render.hooks.aio import LazyDriver
from airflow_provider_render.hooks.base import RenderHook
from airflow_provider_render.hooks.connection import VendorConnection
from airflow_provider_render.vendors.imagine.content import Disabled
from airflow_provider_render.vendors.imagine.products import Foreign
from airflow_provider_render.vendors.imagine.resources import Content, Images, ImagineApi, Products, Zapier
from airflow_provider_render.vendors.imagine.vendor import ImagineVendor

Choice = TypeVar("Choice", bound=str)

FOREIGN: tuple[Foreign, ...] = ("fail", "adopt", "replace")
DISABLED: tuple[Disabled, ...] = ("fail", "skip")
WHERE = "the app shows it under Settings, API"


class ImagineHook(RenderHook):
    """Imagine.io: every endpoint, typed, for tasks and, under ``aio``, for event loops.

    ::

        hook = ImagineHook("imagine_default")
        status = hook.content.status(sku_id="CHR-1001")
        status = await hook.aio.content.status(sku_id="CHR-1001")

    Every call costs a credit. Besides what :class:`~airflow_provider_render.hooks.base.RenderHook` says, the
    connection takes the extra ``origin``, which is required, and the extras ``public_key``, ``zapier_host``,
    ``existing_products`` and ``disabled``; the login is the Zapier token. The host may be left empty.

    :param render_conn_id: id of the Airflow connection.
    """

    default_conn_name = "imagine_default"
    conn_type = "imagine"
    hook_name = "Imagine.io"

    @classmethod
    def make_vendor(cls, connection: VendorConnection) -> ImagineVendor:
        """Build the vendor.

        :raises ConnectionConfigError: password or origin is missing, or a key stands in the wrong field.
        """
        extras = connection.texts("origin", "public_key", "zapier_host")
        key = connection.token(ImagineVendor.title, WHERE)
        _check_keys(connection.conn_id, key, public_key := extras.get("public_key", "").strip())
        return ImagineVendor(
            connection.url or ImagineVendor.default_base_url,
            key,
            _origin(connection.conn_id, extras.get("origin", "")),
            public_key=public_key,
            zapier_token=(connection.login or "").strip().removeprefix("Zapier ").strip(),
            zapier_host=_root(connection.conn_id, extras.get("zapier_host", "")),
            foreign=_choice(connection, "existing_products", FOREIGN),
            disabled=_choice(connection, "disabled", DISABLED),
        )

    @cached_property
    def aio(self) -> ImagineApi[Async]:
        """The same endpoints as coroutines."""
        return ImagineApi(LazyDriver(self.async_driver))

    @cached_property
    def api(self) -> ImagineApi[Sync]:
        """All endpoints."""
        return ImagineApi(self)

    @property
    def products(self) -> Products[Sync]:
        """Products and their files."""
        return self.api.products

    @property
    def content(self) -> Content[Sync]:
        """Viewers, spins and pictures of products alone."""
        return self.api.content

    @property
    def images(self) -> Images[Sync]:
        """Pictures of products in scenes."""
        return self.api.images

    @property
    def zapier(self) -> Zapier[Sync]:
        """The Zapier side."""
        return self.api.zapier


def _check_keys(conn_id: str, key: str, public_key: str) -> None:
    if key.startswith("pk_"):
        raise ConnectionConfigError(
            f"connection {conn_id!r}: its password is a public key, which may only read; fill in the secret"
            f" key (sk_...) there, and the public one as extra public_key. {WHERE.capitalize()}"
        )
    if public_key.startswith("sk_"):
        raise ConnectionConfigError(
            f"connection {conn_id!r}: extra 'public_key' is a secret key; extras are no place for secrets,"
            " it belongs into the password"
        )


def _origin(conn_id: str, given: str) -> str:
    origin = given.strip().rstrip("/")
    if not origin or not origin.isascii() or not origin.isprintable() or " " in origin:
        raise ConnectionConfigError(
            f"connection {conn_id!r}: extra 'origin' must be a domain that is registered for the key, such as"
            " yourdomain.com; Imagine.io refuses every call without it. The app shows the domains under"
            " Settings, API"
        )
    return origin


def _root(conn_id: str, given: str) -> str:
    host = given.strip().rstrip("/") or ImagineVendor.default_zapier_host
    url = host if "://" in host else f"https://{host}"
    if not url.startswith(("https://", "http://")) or "@" in url or "?" in url:
        raise ConnectionConfigError(
            f"connection {conn_id!r}: extra 'zapier_host' is not a URL such as https://prod.imagine.io"
        )
    return url


def _choice(connection: VendorConnection, name: str, allowed: tuple[Choice, ...]) -> Choice:
    """Return one of the allowed texts; the first one where nothing is given."""
    given = connection.texts(name).get(name, allowed[0])
    for choice in allowed:
        if given.strip().lower() == choice:
            return choice
    choices = ", ".join(allowed)
    raise ConnectionConfigError(
        f"connection {connection.conn_id!r}: extra {name!r} is one of {choices}, not {given!r}"
    )
