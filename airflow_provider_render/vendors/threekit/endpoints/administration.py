"""Webhooks, apps, tokens, users and organisations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from airflow_provider_render.core.answers import one
from airflow_provider_render.core.calls import Call, Operation
from airflow_provider_render.core.paths import path
from airflow_provider_render.vendors.threekit.answers.base import Page, many, maybe, raw
from airflow_provider_render.vendors.threekit.answers.records import (
    AccessToken,
    App,
    Organisation,
    User,
    Webhook,
)
from airflow_provider_render.vendors.threekit.endpoints.base import delete, given, post, read
from airflow_provider_render.vendors.threekit.org import Own
from airflow_provider_render.vendors.threekit.paging import PAGE, rows

Table = Mapping[str, Any]
Told = Literal["success", "failed", "List", "In Cart", "New", "In Progress", "Complete"]


def list_webhooks(
    *, topic: str | None = None, address: str | None = None, page: int = 1, per_page: int = PAGE
) -> Call[Page[Webhook]]:
    """Read one page of webhooks: ``GET /api/webhooks``."""
    return read(
        "/api/webhooks",
        many(Webhook, "webhooks"),
        topic=topic,
        address=address,
        page=page,
        perPage=per_page,
    )


def all_webhooks(*, topic: str | None = None, address: str | None = None) -> Operation[list[Webhook]]:
    """Read all webhooks, each once."""
    return (yield from rows(lambda page: list_webhooks(topic=topic, address=address, page=page)))


def create_webhook(
    topic: str, address: str, *, status: Sequence[Told] = (), types: Sequence[str] = ()
) -> Call[Webhook]:
    """Have Threekit tell of events: ``POST /api/webhooks``.

    Topics, payload and signature are not documented: put a secret into the address, and read the job or
    order again when a call comes.

    :param topic: in the vendor's words.
    :param address: where Threekit calls.
    :param status: outcomes of jobs, or states of orders, that are told.
    :param types: types of jobs that are told.
    """
    wanted = {"status": list(status), **given(type=list(types) or None)}
    body = {"orgId": Own.ORG, "topic": topic, "address": address, "filter": wanted}
    return post("/api/webhooks", one(Webhook, "webhook"), body)


def get_webhook(webhook_id: str) -> Call[Webhook]:
    """Read a webhook: ``GET /api/webhooks/{id}``."""
    return read(path("/api/webhooks/{id}", id=webhook_id), one(Webhook, "webhook"))


def update_webhook(webhook_id: str, **changes: Any) -> Call[Webhook | None]:
    """Change a webhook: ``PUT /api/webhooks/{id}``.

    :param changes: ``topic``, ``address`` or ``filter`` with its new value.
    """
    where = path("/api/webhooks/{id}", id=webhook_id)
    return Call("PUT", where, maybe(Webhook, "webhook"), json=changes)


def delete_webhook(webhook_id: str) -> Call[Any]:
    """Delete a webhook: ``DELETE /api/webhooks/{id}``."""
    return delete("/api/webhooks", webhook_id)


def restore_webhook(webhook_id: str) -> Call[Webhook]:
    """Take the deletion of a webhook back: ``POST /api/webhooks/{id}/restore``."""
    where = path("/api/webhooks/{id}/restore", id=webhook_id)
    return post(where, one(Webhook, "webhook"), None)


def list_apps(*, page: int = 1, per_page: int = PAGE) -> Call[Page[App]]:
    """Read one page of apps: ``GET /api/apps``."""
    return read("/api/apps", many(App, "apps"), page=page, perPage=per_page)


def all_apps() -> Operation[list[App]]:
    """Read all apps, each once."""
    return (yield from rows(lambda page: list_apps(page=page)))


def create_app(
    name: str, url: str, *, configuration: Table | None = None, metadata: Table | None = None
) -> Call[App]:
    """Make an app: ``POST /api/apps``."""
    body = given(orgId=Own.ORG, name=name, url=url, configuration=configuration, metadata=metadata)
    return post("/api/apps", one(App), body)


def get_app(app_id: str) -> Call[App]:
    """Read an app: ``GET /api/apps/{id}``."""
    return read(path("/api/apps/{id}", id=app_id), one(App))


def update_app(app_id: str, **changes: Any) -> Call[App]:
    """Change an app: ``PUT /api/apps/{id}``.

    :param changes: ``name``, ``url``, ``configuration`` or ``metadata`` with its new value.
    """
    return Call("PUT", path("/api/apps/{id}", id=app_id), one(App), json=changes)


def delete_app(app_id: str) -> Call[Any]:
    """Delete an app: ``DELETE /api/apps/{id}``."""
    return delete("/api/apps", app_id)


def list_access_tokens(
    *, service_account_id: str | None = None, page: int = 1, per_page: int = PAGE
) -> Call[Page[AccessToken]]:
    """Read one page of tokens: ``GET /api/accesstokens``.

    :param service_account_id: only tokens of this account.
    """
    return read(
        "/api/accesstokens",
        many(AccessToken, "accesstokens"),
        serviceAccountId=service_account_id,
        page=page,
        perPage=per_page,
    )


def all_access_tokens(*, service_account_id: str | None = None) -> Operation[list[AccessToken]]:
    """Read all tokens, each once."""
    return (
        yield from rows(lambda page: list_access_tokens(service_account_id=service_account_id, page=page))
    )


def get_access_token(token: str) -> Call[AccessToken]:
    """Read what is known of a token: ``GET /api/accesstokens/{id}``.

    Threekit takes the token itself for its id, so it is part of the path, which is logged at DEBUG: look
    tokens up in the list where you can.
    """
    return read(path("/api/accesstokens/{id}", id=token), one(AccessToken))


def list_users(*, page: int = 1, per_page: int = PAGE) -> Call[Page[User]]:
    """Read one page of users: ``GET /api/users``."""
    return read("/api/users", many(User, "users"), page=page, perPage=per_page)


def all_users() -> Operation[list[User]]:
    """Read all users, each once."""
    return (yield from rows(lambda page: list_users(page=page)))


def get_user(user_id: str) -> Call[User]:
    """Read a user: ``GET /api/users/{id}``."""
    return read(path("/api/users/{id}", id=user_id), one(User))


def get_session() -> Call[User]:
    """Read who the token belongs to: ``GET /api/users/session``."""
    return Call("GET", "/api/users/session", one(User))


def list_orgs(*, page: int = 1, per_page: int = PAGE) -> Call[Page[Organisation]]:
    """Read one page of organisations: ``GET /api/orgs``."""
    return read("/api/orgs", many(Organisation, "orgs"), page=page, perPage=per_page)


def all_orgs() -> Operation[list[Organisation]]:
    """Read all organisations, each once."""
    return (yield from rows(lambda page: list_orgs(page=page)))


def get_org(org_id: str | None = None) -> Call[Organisation]:
    """Read an organisation and the limits of its plan: ``GET /api/orgs/{id}``.

    :param org_id: the connection's own if None.
    """
    where = path("/api/orgs/{id}", id=org_id) if org_id else f"/api/orgs/{Own.ORG}"
    return read(where, one(Organisation))


def list_pricebooks(org_id: str) -> Call[Any]:
    """Read the price books of an organisation: ``GET /api/orgs/{id}/pricebooks``."""
    return read(path("/api/orgs/{id}/pricebooks", id=org_id), raw)
