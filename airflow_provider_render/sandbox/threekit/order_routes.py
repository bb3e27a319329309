"""``/api/orders`` and ``/api/customers``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request

from airflow_provider_render.sandbox.identity import new_id
from airflow_provider_render.sandbox.threekit.access import (
    Account,
    Answer,
    AnyBody,
    Asked,
    Body,
    Paging,
    a_uuid,
    an_object,
    is_public,
    optional_object,
)
from airflow_provider_render.sandbox.threekit.assumed import CUSTOMERS
from airflow_provider_render.sandbox.threekit.documents import ALIVE, Document, is_, labelled, matching, shown
from airflow_provider_render.sandbox.threekit.errors import ApiError, malformed, missing

if TYPE_CHECKING:
    from airflow_provider_render.sandbox.threekit.double import Threekit

ORDER, CUSTOMER = "order", "customer"
STATUSES = ("List", "In Cart", "New", "In Progress", "Complete")
OPEN_TO_PUBLIC = ("List", "In Cart")
LONGEST_NAME = 255
CHANGEABLE = ("name", "status", "metadata", "customerId", "platform", "cart")
PERSON = ("name", "position", "city", "country", "company", "email", "phone", "ip", "address")

router = APIRouter()


@router.post("/orders")
async def create_order(account: Account, body: Body) -> Answer:
    """Place an order."""
    fields = {"name": None, "status": "New", "metadata": {}, "customerId": None, **_fields(body)}
    if not fields.get("cart"):
        raise malformed("cart must have at least one item")
    if "platform" not in fields:
        raise malformed("platform is missing")
    short_id = new_id(8)
    made = {"shortId": short_id, **fields, "items": [], "derivative": {}, "originOrgId": account.org_id}
    order = account.documents.add(ORDER, made, label=short_id)
    account.notices.order_changed(order)
    return shown(order)


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    fields = {name: body[name] for name in CHANGEABLE if body.get(name) is not None}
    if fields.get("status", "New") not in STATUSES:
        raise malformed(f"status must be one of {', '.join(STATUSES)}")
    if not isinstance(fields.get("name", ""), str) or len(fields.get("name", "")) > LONGEST_NAME:
        raise malformed(f"name must have at most {LONGEST_NAME} characters")
    for name in ("metadata", "platform"):
        if name in fields:
            fields[name] = an_object(name, fields[name])
    return {**fields, "cart": cart(fields["cart"])} if "cart" in fields else fields


def cart(given: Any) -> list[dict[str, Any]]:
    """
    Check the items of a cart.

    :raises ApiError: 422.
    """
    if not isinstance(given, list):
        raise malformed("cart must be a list")
    return [_line(f"cart[{index}]", each) for index, each in enumerate(given)]


def _line(place: str, given: Any) -> dict[str, Any]:
    line = an_object(place, given)
    count = line.get("count")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise malformed(f"{place}.count must be a whole number above 0")
    return {**line, "configurationId": a_uuid(f"{place}.configurationId", line.get("configurationId"))}


@router.get("/orders")
async def list_orders(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List orders."""
    names = ("shortId", "originOrgId", "status", "customerId", "name")
    where = [ALIVE, *(is_(name, value) for name in names if (value := asked.text(name)))]
    platform = matching("platform", asked.object("platform") or {})
    metadata = matching("metadata", asked.object("metadata") or {})
    return paging.listing(account, ORDER, "orders", [*where, *platform, *metadata])


def _order(account: Threekit, identity: str) -> Document:
    found = account.documents.find(ORDER, identity)
    if found is None:
        named = account.documents.every(ORDER, [labelled(identity), ALIVE], limit=1)
        found = named[0] if named else None
    if found is None:
        raise missing("Order", identity)
    return found


@router.get("/orders/{identity}")
async def get_order(account: Account, identity: str) -> Answer:
    """Read an order by its id or short id."""
    return shown(_order(account, identity))


@router.put("/orders/{identity}")
async def change_order(account: Account, body: Body, identity: str) -> Answer:
    """Change fields of an order."""
    order = _order(account, identity)
    account.documents.change(order["id"], **_fields(body))
    changed = _order(account, order["id"])
    if changed["status"] != order["status"]:
        account.notices.order_changed(changed)
    return shown(changed)


@router.post("/orders/{identity}/cart")
async def add_to_cart(account: Account, body: AnyBody, identity: str) -> Answer:
    """Add items to an order."""
    return _with_cart(account, _order(account, identity), _lines(body), keep=True)


@router.put("/orders/{identity}/cart")
async def replace_cart(account: Account, body: AnyBody, identity: str) -> Answer:
    """Replace the items of an order."""
    return _with_cart(account, _order(account, identity), _lines(body), keep=False)


@router.post("/orders/{identity}/items")
async def add_items(request: Request, account: Account, body: AnyBody, identity: str) -> Answer:
    """Add items to an order; a public token may while it is a list or a cart."""
    order = _order(account, identity)
    if is_public(request) and order["status"] not in OPEN_TO_PUBLIC:
        raise ApiError(403, f"An order that is {order['status']} is changed with a private token only")
    return _with_cart(account, order, _lines(body), keep=True)


def _lines(body: Any) -> list[dict[str, Any]]:
    given = body if isinstance(body, list) else body.get("cart") or body.get("items")
    return cart(given)


def _with_cart(account: Threekit, order: Document, lines: list[dict[str, Any]], *, keep: bool) -> Answer:
    account.documents.change(order["id"], cart=[*order["cart"], *lines] if keep else lines)
    return shown(_order(account, order["id"]))


@router.post(CUSTOMERS)
async def create_customer(account: Account, body: Body) -> Answer:
    """Remember a customer."""
    fields = {name: body.get(name) for name in PERSON}
    objects = {name: optional_object(body, name) for name in ("metadata", "platform")}
    return shown(account.documents.add(CUSTOMER, {**fields, **objects}))


@router.get(CUSTOMERS)
async def list_customers(account: Account, paging: Paging, asked: Asked) -> Answer:
    """List customers."""
    where = [is_(name, value) for name in ("name", "email", "company") if (value := asked.text(name))]
    platform = matching("platform", asked.object("platform") or {})
    return paging.listing(account, CUSTOMER, "customers", [ALIVE, *where, *platform])


@router.get(CUSTOMERS + "/{customer_id}")
async def get_customer(account: Account, customer_id: str) -> Answer:
    """Read a customer."""
    return shown(account.documents.get(CUSTOMER, customer_id))
