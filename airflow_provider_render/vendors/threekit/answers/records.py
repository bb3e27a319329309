"""Configurations, orders, customers, events, tables, webhooks, and what administers an organisation."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from airflow_provider_render.core.answers import CamelAnswer, Moment, Several
from airflow_provider_render.vendors.threekit.answers.base import Record, Table


class Configuration(Record):
    """A saved configuration of an item.

    :param short_id: 7 to 14 characters; whoever saves it may choose it.
    :param variant: what is configured.
    :param attachments: file ids by key.
    """

    short_id: str | None = None
    product_id: str | None = None
    product_version: str | None = None
    variant: Any = None
    metadata: Any = None
    customer_id: str | None = None
    session_id: str | None = None
    thumbnail: str | None = None
    attachments: Table = Field(default_factory=dict)


class Order(Record):
    """An order.

    :param status: ``List``, ``In Cart``, ``New``, ``In Progress`` or ``Complete``.
    :param platform: the shop that it comes from: ``id``, ``platform``, ``storeName``.
    :param cart: configurations with their number.
    """

    short_id: str | None = None
    name: str | None = None
    status: str | None = None
    metadata: Any = None
    platform: Table = Field(default_factory=dict)
    cart: Several[dict[str, Any]] = ()
    customer_id: str | None = None


class Customer(Record):
    """A customer.

    :param platform: the shop that knows them.
    """

    name: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    city: str | None = None
    country: str | None = None
    metadata: Any = None
    platform: Any = None
    address: Any = None


class Event(Record):
    """Something that a visitor did.

    :param event_type: such as ``product session start``.
    """

    event_type: str | None = None
    event_metadata: Any = None
    asset_id: str | None = None
    session_id: str | None = None
    configuration: Any = None
    device: str | None = None
    referer: str | None = None
    metric: float | None = None


class Views(CamelAnswer):
    """Views of a year, month or day.

    :param cumulative: views until then.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    views: int | None = None
    cumulative: int | None = None


class Datatable(Record):
    """A table.

    :param column_info: its columns; in lists an id.
    """

    name: str | None = None
    delimiter: str | None = None
    column_info: Any = None


class TableRow(Record):
    """A row of a table.

    :param value: its cells by column.
    """

    table_id: str | None = None
    value: Table = Field(default_factory=dict)


class Webhook(Record):
    """Where Threekit tells of events.

    :param filter: ``status`` and ``type`` that it is told of.
    """

    topic: str | None = None
    address: str | None = None
    filter: Table = Field(default_factory=dict)


class App(Record):
    """An app of the organisation."""

    name: str | None = None
    url: str | None = None
    configuration: Any = None
    metadata: Any = None


class AccessToken(Record):
    """A token; its id is the token itself.

    :param permissions: ``public`` or ``private``.
    """

    id: str = Field(repr=False)
    name: str | None = None
    domains: Several[str] = ()
    permissions: str | None = None
    service_account_id: str | None = None
    last_used_on: Moment = None


class User(Record):
    """A user, or the session behind a token."""

    username: str | None = None
    emails: Several[str] = ()
    orgs: tuple[Any, ...] = ()
    roles: tuple[Any, ...] = ()
    profile: Table = Field(default_factory=dict)


class Features(CamelAnswer):
    """What an organisation may use.

    :param render_hours_limit: hours of rendering in its plan.
    """

    render_hours_limit: float | None = None
    assets_limit: int | None = None
    products_limit: int | None = None
    rapid_compact_compression_token: SecretStr | None = None


class PlayerSettings(CamelAnswer):
    """How an organisation's assets are shown.

    :param default_stages: ids of stages by type of asset.
    """

    default_stages: Table = Field(default_factory=dict)


class Organisation(Record):
    """An organisation."""

    player_settings: Annotated[PlayerSettings, BeforeValidator(lambda value: value or {})] = Field(
        default_factory=PlayerSettings
    )
    name: str | None = None
    slug: str | None = None
    features: Annotated[Features, BeforeValidator(lambda value: value or {})] = Field(
        default_factory=Features
    )
