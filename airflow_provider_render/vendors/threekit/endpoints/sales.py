"""Saved configurations, orders and customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from airflow_provider_render.core.answers import one
from airflow_provider_render.core.calls import ByteSource, Call, Effect, Fetch, Operation
from airflow_provider_render.core.paths import AssumedPath, path
from airflow_provider_render.vendors.threekit.answers.base import Page, many
from airflow_provider_render.vendors.threekit.answers.records import Configuration, Customer, Order
from airflow_provider_render.vendors.threekit.endpoints.base import (
    PICTURES,
    fetch,
    given,
    part,
    post,
    read,
    texts,
)
from airflow_provider_render.vendors.threekit.org import Own
from airflow_provider_render.vendors.threekit.paging import PAGE, rows
from airflow_provider_render.vendors.threekit.paths import ASSUMED

Table = Mapping[str, Any]
Status = Literal["List", "In Cart", "New", "In Progress", "Complete"]


def save_configuration(
    product_id: str,
    variant: Table,
    *,
    short_id: str | None = None,
    product_version: str | None = None,
    metadata: Table | None = None,
    customer_id: str | None = None,
    session_id: str | None = None,
    scene_graph_state: str | None = None,
    attachments: Mapping[str, str] | None = None,
    files: Sequence[ByteSource] = (),
) -> Call[Configuration]:
    """Save a configuration of an item: ``POST /api/configurations``.

    :param variant: what is configured.
    :param short_id: 7 to 14 letters, digits, ``_`` or ``-``; by choosing it, it is found again.
    :param attachments: name of a file by key.
    :param files: the attached files.
    """
    form = texts(
        {
            "productId": product_id,
            "productVersion": product_version,
            "variant": dict(variant),
            "metadata": metadata,
            "shortId": short_id,
            "customerId": customer_id,
            "sessionId": session_id,
            "sceneGraphState": scene_graph_state,
            "attachments": attachments,
        }
    )
    parts = tuple(part("files", file) for file in files)
    query = {"orgId": Own.ORG}
    return Call(
        "POST", "/api/configurations", one(Configuration), Effect.ONCE, query=query, form=form, files=parts
    )


def list_configurations(
    *,
    product_id: str | None = None,
    product_version: str | None = None,
    short_id: str | None = None,
    sku: str | None = None,
    metadata: Table | None = None,
    full: bool | None = None,
    page: int = 1,
    per_page: int = PAGE,
) -> Call[Page[Configuration]]:
    """Read one page of saved configurations: ``GET /api/configurations``.

    :param full: whether defaults are filled in.
    """
    return read(
        "/api/configurations",
        many(Configuration, "configurations"),
        productId=product_id,
        productVersion=product_version,
        shortId=short_id,
        sku=sku,
        metadata=metadata,
        fullConfiguration=full,
        page=page,
        perPage=per_page,
    )


def all_configurations(**query: Any) -> Operation[list[Configuration]]:
    """Read all saved configurations that a query names, each once.

    :param query: as :func:`list_configurations` takes it.
    """
    return (yield from rows(lambda page: list_configurations(page=page, **query)))


def get_configuration(configuration_id: str) -> Call[Configuration]:
    """Read a saved configuration by its id or short id: ``GET /api/configurations/{id}``."""
    return read(path("/api/configurations/{id}", id=configuration_id), one(Configuration))


def configuration_file(configuration_id: str, key: str) -> Fetch:
    """Download an attached file: ``GET /api/configurations/{id}/files/{key}``."""
    return fetch(path("/api/configurations/{id}/files/{key}", id=configuration_id, key=key))


def configuration_thumbnail(configuration_id: str) -> Fetch:
    """Download the picture of a configuration: ``GET /api/configurations/{id}/thumbnail``."""
    return fetch(path("/api/configurations/{id}/thumbnail", id=configuration_id), PICTURES)


def create_order(
    cart: Sequence[Table],
    platform: Table,
    *,
    name: str | None = None,
    status: Status | None = None,
    metadata: Table | None = None,
    customer_id: str | None = None,
) -> Call[Order]:
    """Place an order: ``POST /api/orders``.

    :param cart: each ``{"configurationId": ..., "count": 1, "metadata": {...}}``.
    :param platform: the shop: ``id``, ``platform``, ``storeName``; by its id the order is found again.
    :param name: at most 255 characters.
    :param status: ``New`` by default.
    """
    body = given(
        orgId=Own.ORG,
        cart=[dict(one) for one in cart],
        platform=dict(platform),
        name=name,
        status=status,
        metadata=metadata,
        customerId=customer_id,
    )
    return post("/api/orders", one(Order), body)


def list_orders(
    *,
    short_id: str | None = None,
    origin_org_id: str | None = None,
    platform: Table | None = None,
    page: int = 1,
    per_page: int = PAGE,
) -> Call[Page[Order]]:
    """Read one page of orders: ``GET /api/orders``.

    :param platform: only orders of this shop, or with its id of an order.
    """
    return read(
        "/api/orders",
        many(Order, "orders"),
        shortId=short_id,
        originOrgId=origin_org_id,
        platform=platform,
        page=page,
        perPage=per_page,
    )


def all_orders(**query: Any) -> Operation[list[Order]]:
    """Read all orders that a query names, each once.

    :param query: as :func:`list_orders` takes it.
    """
    return (yield from rows(lambda page: list_orders(page=page, **query)))


def get_order(order_id: str) -> Call[Order]:
    """Read an order: ``GET /api/orders/{id}``."""
    return read(path("/api/orders/{id}", id=order_id), one(Order))


def update_order(order_id: str, changes: Table) -> Call[Order]:
    """Change an order: ``PUT /api/orders/{id}``.

    :param changes: fields with their new values, such as ``status``.
    """
    return Call("PUT", path("/api/orders/{id}", id=order_id), one(Order), json=dict(changes))


def add_to_cart(order_id: str, cart: Sequence[Table]) -> Call[Order]:
    """Add to an order: ``POST /api/orders/{id}/cart``.

    :param cart: as for :func:`create_order`.
    """
    return post(path("/api/orders/{id}/cart", id=order_id), one(Order), [dict(one) for one in cart])


def replace_cart(order_id: str, cart: Sequence[Table]) -> Call[Order]:
    """Replace what is in an order: ``PUT /api/orders/{id}/cart``.

    :param cart: as for :func:`create_order`.
    """
    where = path("/api/orders/{id}/cart", id=order_id)
    return Call("PUT", where, one(Order), json=[dict(one) for one in cart])


def add_items(order_id: str, items: Sequence[Table]) -> Call[Order]:
    """Add to an order by its id or short id: ``POST /api/orders/{id}/items``.

    :param items: as the cart of :func:`create_order`.
    """
    where = path("/api/orders/{id}/items", id=order_id)
    return post(where, one(Order), {"items": [dict(item) for item in items]})


def list_customers(
    *, platform: Table | None = None, page: int = 1, per_page: int = PAGE
) -> Call[Page[Customer]]:
    """Read one page of customers: ``GET /api/customers``.

    :param platform: only customers of this shop, or with its id of a customer.
    """
    return read("/api/customers", many(Customer, "customers"), platform=platform, page=page, perPage=per_page)


def all_customers(*, platform: Table | None = None) -> Operation[list[Customer]]:
    """Read all customers, each once.

    :param platform: only customers of this shop, or with its id of a customer.
    """
    return (yield from rows(lambda page: list_customers(platform=platform, page=page)))


def create_customer(**fields: Any) -> Call[Customer]:
    """Make a customer: ``POST /api/customers``.

    The path is assumed; the connection extra ``customer_create_path`` corrects it.

    :param fields: in the vendor's names, such as ``name``, ``email`` or ``platform``.
    """
    body = {"orgId": Own.ORG, **fields}
    return post(AssumedPath(ASSUMED, "customer_create_path"), one(Customer), body)


def get_customer(customer_id: str) -> Call[Customer]:
    """Read a customer: ``GET /api/customers/{id}``.

    The path is assumed; the connection extra ``customer_path`` corrects it.
    """
    return read(AssumedPath(ASSUMED, "customer_path", id=customer_id), one(Customer))
